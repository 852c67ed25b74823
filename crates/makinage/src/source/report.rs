//! What the source shows of its partitions: once a second, and when what is assigned has changed.

use std::time::{Duration, Instant};

use super::{assignment::Assignment, offsets::Holding, room::Room, standing::Standing};
use crate::{clock::Clock, telemetry::source::PartitionSeen};

/// Between two reports.
const EVERY: Duration = Duration::from_secs(1);

/// When what is read was shown last.
#[derive(Debug, Default)]
pub(super) struct Report {
    last: Option<Instant>,
}

impl Report {
    /// Whether it is time for one.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let due = self.last.is_none_or(|last| now.saturating_duration_since(last) >= EVERY);
        if due {
            self.last = Some(now);
        }
        due
    }
}

/// All partitions that are read, without their ends.
pub(super) fn partitions<K: Clock>(
    assignment: &Assignment<K>,
    room: &Room,
    standing: &Standing,
    now: Instant,
) -> Vec<PartitionSeen> {
    let seen = |holding: Holding| PartitionSeen {
        topic: assignment.topics[usize::from(holding.partition.0)].name.clone(),
        partition: holding.partition.1,
        start: holding.start,
        position: holding.position,
        first_open: holding.first.map(|(_, offset)| offset),
        open: holding.events,
        held_bytes: holding.held,
        held_seconds: standing.stands(&holding, now).as_secs_f64(),
        first_open_time: holding.time.filter(|time| *time >= 0),
        paused: room.is_paused(holding.assignment),
        end: None,
    };
    let mut partitions: Vec<_> = assignment.offsets().holdings().map(seen).collect();
    partitions.sort_by(|one, other| (&one.topic, one.partition).cmp(&(&other.topic, other.partition)));
    partitions
}
