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
mod tests {
    use super::*;

    fn group(state: &str, join_state: &str, assignment_size: i32) -> ConsumerGroup {
        ConsumerGroup { state: state.into(), join_state: join_state.into(), assignment_size, ..Default::default() }
    }

    /// What is told of each second's state.
    fn told(states: impl IntoIterator<Item = ConsumerGroup>) -> Vec<(u64, Standstill)> {
        let (mut watch, begin) = (Watch::default(), Instant::now());
        let look = |(second, group)| {
            let standstill = watch.look(Some(&group), 2, begin + Duration::from_secs(second))?;
            Some((second, standstill))
        };
        (0..).zip(states).filter_map(look).collect()
    }

    #[test]
    fn what_stands_still_for_two_minutes_is_told_and_told_again_after_two_more() {
        for (join_state, size, what) in [
            ("wait-assign-call", 2, Standstill::Unanswered),
            ("wait-unassign-call", 2, Standstill::Unanswered),
            ("init", 0, Standstill::Outside),
            ("steady", 3, Standstill::Unread),
        ] {
            let states = std::iter::repeat_n(group("up", join_state, size), 242);
            assert_eq!(told(states), [(120, what), (241, what)], "{join_state}");
        }
    }

    #[test]
    fn what_passes_or_is_as_it_should_be_or_waits_for_others_or_for_a_broker_is_no_standstill() {
        for (state, join_state, size) in
            [("up", "steady", 2), ("up", "wait-join", 0), ("up", "wait-sync", 0), ("wait-coord", "init", 0)]
        {
            assert_eq!(told(std::iter::repeat_n(group(state, join_state, size), 1000)), [], "{state} {join_state}");
        }
        let passing = (0..1000).map(|second| group("up", if second % 100 == 99 { "steady" } else { "init" }, 2));
        assert_eq!(told(passing), []);
        assert_eq!(Watch::default().look(None, 0, Instant::now()), None);
    }
}
