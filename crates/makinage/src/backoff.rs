//! How long to wait before something that failed is tried again. Pure: who waits, and how, is the caller's business.

use std::time::Duration;

/// Pauses that double from the first to the longest, until a success begins them anew.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    /// `first` after the first failure; never more than `longest`.
    pub(crate) const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, next: first }
    }

    /// The pause after one more failure.
    pub(crate) fn failed(&mut self) -> Duration {
        let pause = self.next.min(self.longest);
        self.next = pause.saturating_mul(2);
        pause
    }

    /// The next failure is a first one again.
    pub(crate) fn succeeded(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Backoff;

    #[test]
    fn pauses_double_up_to_the_longest_until_something_succeeds() {
        let seconds = |backoff: &mut Backoff| (0..6).map(|_| backoff.failed().as_secs()).collect::<Vec<_>>();
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(10));
        assert_eq!(seconds(&mut backoff), [1, 2, 4, 8, 10, 10]);
        backoff.succeeded();
        assert_eq!(seconds(&mut backoff), [1, 2, 4, 8, 10, 10]);
    }

    #[test]
    fn a_first_pause_beyond_the_longest_is_the_longest_and_no_pause_overflows() {
        let mut backoff = Backoff::new(Duration::MAX, Duration::from_secs(1));
        assert_eq!(backoff.failed(), Duration::from_secs(1));
        let mut backoff = Backoff::new(Duration::MAX, Duration::MAX);
        assert_eq!((backoff.failed(), backoff.failed()), (Duration::MAX, Duration::MAX));
    }
}
