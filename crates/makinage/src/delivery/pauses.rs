//! How long nothing is written after a transaction that brokers have refused: what refuses it mostly lasts, and each
//! time all outputs of it are sent again. Pure.

use std::time::{Duration, Instant};

use crate::backoff::Backoff;

/// The pause after the first refusal, and the longest: somebody may be waiting for a revoke, or for a stop.
const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(2);

/// Until when nothing is written.
#[derive(Debug)]
pub(super) struct Pauses {
    backoff: Backoff,
    until: Option<Instant>,
}

impl Default for Pauses {
    fn default() -> Self {
        Self { backoff: Backoff::new(FIRST, LONGEST), until: None }
    }
}

impl Pauses {
    /// A transaction could not be committed, for nothing that is its outputs' own.
    pub(super) fn failed(&mut self, now: Instant) {
        if self.until(now).is_none() {
            self.until = Some(now + self.backoff.failed());
        }
    }

    /// One is committed.
    pub(super) fn succeeded(&mut self) {
        self.backoff.succeeded();
        self.until = None;
    }

    /// The end of the pause, where there is one.
    pub(super) fn until(&self, now: Instant) -> Option<Instant> {
        self.until.filter(|until| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_with_each_refusal_and_what_fails_within_one_counts_once() {
        let (mut pauses, begin) = (Pauses::default(), Instant::now());
        pauses.failed(begin);
        pauses.failed(begin);
        assert_eq!(pauses.until(begin), Some(begin + FIRST));
        let later = begin + FIRST;
        assert_eq!(pauses.until(later), None);
        pauses.failed(later);
        assert_eq!(pauses.until(later), Some(later + 2 * FIRST));
        pauses.succeeded();
        pauses.failed(later);
        assert_eq!(pauses.until(later), Some(later + FIRST));
    }
}
