//! Deaths of a generation's workers since one of them has answered: what tells bad luck from a model that can't score.

use std::sync::atomic::{AtomicU32, Ordering};

/// Deaths in a row that say nothing yet: two events one after the other that each crash two workers, or one at which
/// they are killed.
const FEW: u32 = 5;

/// Shared by all workers of a generation.
#[derive(Debug, Default)]
pub(super) struct Streak(AtomicU32);

impl Streak {
    /// One of them has answered.
    pub(super) fn answered(&self) {
        // Nearly always there is nothing to write, and so nothing that the processors must agree about.
        if self.0.load(Ordering::Relaxed) > 0 {
            self.0.store(0, Ordering::Relaxed);
        }
    }

    /// One of them has died; whether that may still be bad luck.
    pub(super) fn died(&self) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed) < FEW
    }
}

#[cfg(test)]
mod tests {
    use super::Streak;

    #[test]
    fn a_few_deaths_in_a_row_are_bad_luck_until_one_answers() {
        let streak = Streak::default();
        let row = |deaths: usize| (0..deaths).map(|_| streak.died()).collect::<Vec<_>>();
        assert_eq!(row(7), [true, true, true, true, true, false, false]);
        streak.answered();
        assert_eq!(row(6), [true, true, true, true, true, false]);
    }
}
