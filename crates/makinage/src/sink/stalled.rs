//! Partitions of the sink that take nothing: each is named once when that has lasted for a minute. Pure: no I/O.

use std::{
    fmt::Display,
    time::{Duration, Instant},
};

use super::lane::Progress;

/// How long outputs wait before they are named.
const LONG: Duration = Duration::from_mins(1);
/// The pause between two looks at all partitions.
const LOOK: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
struct Seen {
    /// Outputs that were ever taken, and since when no more were while some waited.
    taken: u64,
    since: Option<Instant>,
    told: bool,
    why: Option<String>,
}

/// What was seen of each partition.
#[derive(Debug, Default)]
pub(super) struct Stalled {
    lanes: Vec<Seen>,
    look_at: Option<Instant>,
}

impl Stalled {
    fn of(&mut self, partition: i32) -> &mut Seen {
        let place = usize::try_from(partition).unwrap_or(0);
        if self.lanes.len() <= place {
            self.lanes.resize_with(place + 1, Seen::default);
        }
        &mut self.lanes[place]
    }

    /// Why a partition's outputs came back last.
    pub(super) fn why(&mut self, partition: i32, error: &dyn Display) {
        self.of(partition).why = Some(error.to_string());
    }

    /// What was remembered of that.
    #[cfg(test)]
    pub(super) fn last(&self, partition: i32) -> Option<&str> {
        self.lanes.get(usize::try_from(partition).ok()?)?.why.as_deref()
    }

    /// Whether all partitions are to be looked at now, and not again for a while.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let due = self.look_at.is_none_or(|at| at <= now);
        if due {
            self.look_at = Some(now + LOOK);
        }
        due
    }

    /// What is to be said of a partition.
    pub(super) fn look(&mut self, topic: &str, partition: i32, progress: Progress, now: Instant) -> Option<String> {
        let Progress { waiting, taken } = progress;
        let seen = self.of(partition);
        let since = match seen.since {
            Some(since) if waiting > 0 && seen.taken == taken => since,
            _ => {
                let why = seen.why.take().filter(|_| waiting > 0);
                *seen = Seen { taken, since: (waiting > 0).then_some(now), told: false, why };
                return None;
            }
        };
        let lasts = now.saturating_duration_since(since);
        if lasts < LONG || std::mem::replace(&mut seen.told, true) {
            return None;
        }
        let why = seen.why.as_deref().unwrap_or("no broker has answered for them");
        Some(format!(
            "{waiting} outputs wait for topic {topic}, partition {partition}, for {} s already ({why}): they are produced \
             until Kafka takes them, the offsets of their events are not committed meanwhile, and other partitions go on; \
             look at the partition's leader (kafka-topics.sh --describe --topic {topic}) and at the brokers' logs",
            lasts.as_secs()
        ))
    }
}

#[cfg(test)]
mod tests;
