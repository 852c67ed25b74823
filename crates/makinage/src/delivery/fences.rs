//! Whether a producer that was fenced off may begin again. Pure.
//!
//! Brokers fence for two reasons, and the client can't tell them apart: a transaction took longer than it may (an
//! instance that was frozen), or another producer has begun under the same name. The first comes once at most in the
//! time that a transaction may take. So whoever is fenced begins again, which fences the other one, if there is one;
//! and whoever is fenced twice in that time ends. Of two instances that is the older, since it was fenced first.

use std::time::{Duration, Instant};

/// When this instance was fenced.
#[derive(Debug)]
pub(super) struct Fences {
    /// How long a transaction may take.
    timeout: Duration,
    last: Option<Instant>,
}

impl Fences {
    /// Never yet.
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, last: None }
    }

    /// It was fenced; whether it may begin again.
    pub(super) fn fenced(&mut self, now: Instant) -> bool {
        let last = self.last.replace(now);
        last.is_none_or(|last| now.saturating_duration_since(last) >= self.timeout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_fenced_twice_in_the_time_of_a_transaction_has_a_namesake() {
        let (mut fences, begin) = (Fences::new(Duration::from_mins(1)), Instant::now());
        assert!(fences.fenced(begin));
        assert!(fences.fenced(begin + Duration::from_mins(1)));
        assert!(!fences.fenced(begin + Duration::from_secs(61)));
    }
}
