//! When a change counts: once it has been still for one look, so that what is half written isn't read. Pure.

/// Remembers what was seen.
#[derive(Debug)]
pub(super) struct Stillness<T> {
    settled: T,
    moving: Option<T>,
}

impl<T: PartialEq> Stillness<T> {
    /// What is there to begin with.
    pub(super) fn new(settled: T) -> Self {
        Self { settled, moving: None }
    }

    /// Takes in a look; whether a change counts now.
    pub(super) fn look(&mut self, seen: T) -> bool {
        if seen == self.settled {
            self.moving = None;
            return false;
        }
        if self.moving.as_ref() == Some(&seen) {
            self.moving = None;
            self.settled = seen;
            return true;
        }
        self.moving = Some(seen);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_counts_once_when_two_looks_agree() {
        let mut still = Stillness::new(1);
        assert_eq!([1, 2, 2, 2, 2].map(|seen| still.look(seen)), [false, false, true, false, false]);
    }

    #[test]
    fn what_still_moves_does_not_count_until_it_stops() {
        let mut still = Stillness::new(1);
        assert_eq!([2, 3, 4, 4].map(|seen| still.look(seen)), [false, false, false, true]);
    }

    #[test]
    fn what_was_away_for_one_look_has_not_changed() {
        let mut still = Stillness::new(Some(1));
        assert_eq!([None, Some(1), None, Some(1)].map(|seen| still.look(seen)), [false; 4]);
    }

    #[test]
    fn going_back_and_forth_counts_each_time_that_it_stops() {
        let mut still = Stillness::new(1);
        assert_eq!([2, 2, 1, 1].map(|seen| still.look(seen)), [false, true, false, true]);
    }
}
