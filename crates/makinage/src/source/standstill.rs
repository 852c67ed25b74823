//! Whether this instance's membership of its group has come to a standstill that it can't leave by itself, as the
//! client's statistics show it: alive, with brokers that answer, and reading nothing for good. Pure.
//!
//! Kafka's client reports a failed rebalance as an event that `rdkafka` drops, so that nobody answers it; and what the
//! client has is by mistake not what the source reads. Both have one cure, a new client.

use std::{
    fmt,
    time::{Duration, Instant},
};

use rdkafka::statistics::ConsumerGroup;

/// No state that passes by itself lasts so long while the coordinator answers.
const LONG: Duration = Duration::from_mins(2);

/// What stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standstill {
    /// The client waits for an answer to a rebalance that nobody was asked about.
    Unanswered,
    /// The client doesn't ask to join.
    Outside,
    /// It has other partitions than the source reads.
    Unread,
}

impl Standstill {
    fn of(group: &ConsumerGroup, read: usize) -> Option<Self> {
        match group.join_state.as_str() {
            _ if group.state != "up" => None,
            "wait-assign-call" | "wait-unassign-call" => Some(Self::Unanswered),
            "init" => Some(Self::Outside),
            "steady" if usize::try_from(group.assignment_size) != Ok(read) => Some(Self::Unread),
            _ => None,
        }
    }
}

impl fmt::Display for Standstill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unanswered => "a rebalance has not come to its end",
            Self::Outside => "this instance is no member and does not become one",
            Self::Unread => "partitions that this instance was given are not read",
        })
    }
}

/// Since when it has stood still.
#[derive(Debug, Default)]
pub(super) struct Watch {
    since: Option<(Standstill, Instant)>,
}

impl Watch {
    /// Takes in what the client says of its group, which this instance has asked to join; `read` is how many partitions
    /// the source reads. What stands still, once that has been so for long.
    pub(super) fn look(&mut self, group: Option<&ConsumerGroup>, read: usize, now: Instant) -> Option<Standstill> {
        let standstill = group.and_then(|group| Standstill::of(group, read));
        let Some(standstill) = standstill else {
            self.since = None;
            return None;
        };
        let since = self.since.filter(|(known, _)| *known == standstill).map_or(now, |(_, since)| since);
        let is_long = now.saturating_duration_since(since) >= LONG;
        self.since = (!is_long).then_some((standstill, since));
        is_long.then_some(standstill)
    }
}

#[cfg(test)]
mod tests;
