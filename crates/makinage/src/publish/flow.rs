//! Whether a record is still on its way: bytes that flow, and connections that hold.

use std::time::{Duration, Instant};

/// What the client has sent so far, and how often it lost a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Traffic {
    pub(super) bytes: u64,
    pub(super) disconnects: u64,
}

/// Follows one record. The clock is passed in.
#[derive(Debug)]
pub(super) struct Flow {
    start: Traffic,
    last: Traffic,
    moved_at: Instant,
}

impl Flow {
    /// The longest silence: no byte leaves, and no acknowledgement comes. Above the 30 s that a broker waits for its
    /// replicas.
    pub(super) const STALL: Duration = Duration::from_mins(1);
    /// So often the connection may break. A broker closes it each time where a request is above its limit.
    pub(super) const DISCONNECTS: u64 = 5;

    pub(super) fn new(start: Traffic, now: Instant) -> Self {
        Self { start, last: start, moved_at: now }
    }

    /// Bytes sent since the start, those sent again after a broken connection included.
    pub(super) fn sent(&self) -> u64 {
        self.last.bytes - self.start.bytes
    }

    /// Takes note of the traffic; a reason to give up, if there is one.
    pub(super) fn observe(&mut self, traffic: Traffic, now: Instant) -> Option<&'static str> {
        if traffic.bytes > self.last.bytes {
            self.moved_at = now;
        }
        self.last = traffic;
        if traffic.disconnects - self.start.disconnects >= Self::DISCONNECTS {
            return Some("the connection broke each time");
        }
        (now - self.moved_at >= Self::STALL).then_some("nothing moved for a minute")
    }
}

#[cfg(test)]
mod tests;
