//! How long calls are waited for that may never return: whoever makes them is given up then, with its client. Pure.

use std::time::{Duration, Instant};

use crate::backoff::Backoff;

/// A call takes at most so many times as long as a transaction may: the client itself gives up before.
const CALLS: u32 = 3;
/// Positions are brokers' to take within moments, and librdkafka waits for that for ever where the group's coordinator
/// moves at the wrong moment, whatever time it is given. Where brokers need longer, it is longer the next time.
const POSITIONS: Duration = Duration::from_secs(10);

/// How long calls are waited for.
#[derive(Debug)]
pub(super) struct Watchdog {
    calls: Duration,
    longer: Backoff,
    positions: Duration,
}

impl Watchdog {
    /// Of transactions that may take so long.
    pub(super) fn new(timeout: Duration) -> Self {
        let calls = timeout.saturating_mul(CALLS);
        let mut longer = Backoff::new(POSITIONS, calls);
        Self { calls, positions: longer.failed(), longer }
    }

    /// When one is given up that began then; or before it has come past the sending of positions.
    pub(super) fn until(&self, called: Instant, sends_positions: bool) -> Instant {
        called + if sends_positions { self.positions } else { self.calls }
    }

    /// One was given up.
    pub(super) fn gave_up(&mut self) {
        self.positions = self.longer.failed();
    }

    /// A transaction is committed.
    pub(super) fn succeeded(&mut self) {
        self.longer.succeeded();
        self.positions = self.longer.failed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_waited_for_longer_each_time_and_never_longer_than_calls() {
        let (mut watchdog, called) = (Watchdog::new(Duration::from_secs(10)), Instant::now());
        let waits = |watchdog: &Watchdog| (watchdog.until(called, true) - called).as_secs();
        assert_eq!((watchdog.until(called, false) - called).as_secs(), 30);
        let mut all = vec![waits(&watchdog)];
        for _ in 0..3 {
            watchdog.gave_up();
            all.push(waits(&watchdog));
        }
        assert_eq!(all, [10, 20, 30, 30]);
        watchdog.succeeded();
        assert_eq!(waits(&watchdog), 10);
    }
}
