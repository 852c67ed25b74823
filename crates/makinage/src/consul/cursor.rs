//! Where a chain of blocking queries is, and when its next query may be. Pure but for the jitter.
//!
//! The rules are those of Consul's documentation: an index that goes backwards begins anew, one below 1 would make a
//! busy loop, and queries are limited whatever Consul answers.

use std::time::Duration;

use crate::backoff::Backoff;

/// The least time from one query to the next.
const PACE: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// What is remembered from one query to the next.
#[derive(Debug)]
pub(super) struct Cursor {
    index: Option<u64>,
    backoff: Backoff,
    /// After a failure.
    pause: Option<Duration>,
}

impl Default for Cursor {
    fn default() -> Self {
        Self { index: None, backoff: Backoff::new(PACE, LONGEST), pause: None }
    }
}

impl Cursor {
    /// What to wait for; `None` to be answered at once.
    pub(super) fn index(&self) -> Option<u64> {
        self.index
    }

    /// An answer came with this index.
    pub(super) fn answered(&mut self, index: Option<u64>) {
        self.backoff.succeeded();
        self.pause = None;
        self.index = match (self.index, index) {
            (Some(before), Some(now)) if now < before => None,
            (_, Some(now)) => Some(now.max(1)),
            (_, None) => None,
        };
    }

    /// There was no answer: whoever answers next may not be the one who gave the index.
    pub(super) fn failed(&mut self) {
        self.index = None;
        // Spread so that many services don't come at once.
        self.pause = Some(self.backoff.failed().mul_f64(0.75 + fastrand::f64() / 2.0));
    }

    /// The least time from the beginning of a query to the next one's: longer with each failure.
    pub(super) fn pace(&self) -> Duration {
        self.pause.unwrap_or(PACE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(indices: &[Option<u64>]) -> Option<u64> {
        let mut cursor = Cursor::default();
        for index in indices {
            cursor.answered(*index);
        }
        cursor.index()
    }

    #[test]
    fn the_index_follows_consul_s_rules() {
        assert_eq!(after(&[]), None);
        assert_eq!(after(&[Some(7)]), Some(7));
        assert_eq!(after(&[Some(7), Some(9)]), Some(9));
        assert_eq!(after(&[Some(7), Some(3)]), None, "an index that goes backwards begins anew");
        assert_eq!(after(&[Some(7), Some(3), Some(3)]), Some(3));
        assert_eq!(after(&[Some(0)]), Some(1), "0 would not block");
        assert_eq!(after(&[Some(7), None]), None);
    }

    #[test]
    fn failures_begin_anew_and_wait_longer_each_time_up_to_a_limit() {
        let mut cursor = Cursor::default();
        cursor.answered(Some(7));
        assert_eq!(cursor.pace(), PACE);
        for least in [0.75, 1.5, 3.0, 6.0, 12.0, 22.5, 22.5, 22.5] {
            cursor.failed();
            let pace = cursor.pace().as_secs_f64();
            assert!((least..=least * 5.0 / 3.0).contains(&pace), "{pace}, not from {least} on");
        }
        assert_eq!(cursor.index(), None);
        cursor.answered(Some(1));
        assert_eq!(cursor.pace(), PACE);
    }
}
