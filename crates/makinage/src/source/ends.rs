//! Where partitions end that are paused, by hand or for want of room: the client hears of an end only with what it
//! fetches, and nobody shall see a lag that stands still while events come.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use super::{
    assignment::Assignment,
    consumer::{Partition, Positions},
};
use crate::clock::Clock;

/// Between two times that brokers are asked, and before they are asked first: most pauses are short.
const AGAIN: Duration = Duration::from_secs(2);
/// So long is asked at a time, and then the group is heard.
const LONGEST: Duration = Duration::from_millis(500);
/// After a partition that doesn't answer, on which seconds are spent in which the group is not heard.
const REST: Duration = Duration::from_secs(30);

/// Asks for them.
#[derive(Debug, Default)]
pub(super) struct Ends {
    /// Those that aren't read, and since when.
    unread: BTreeMap<Partition, Instant>,
    asked: Option<Instant>,
    rests_until: Option<Instant>,
    /// How many partitions were asked for in this round.
    done: usize,
}

impl Ends {
    /// These are the partitions that aren't read now.
    pub(super) fn unread_are<K: Clock>(
        &mut self,
        unread: impl Iterator<Item = Partition>,
        assignment: &Assignment<K>,
        now: Instant,
    ) {
        let before = std::mem::take(&mut self.unread);
        self.unread = unread.map(|partition| (partition, before.get(&partition).copied().unwrap_or(now))).collect();
        for (source, partition) in before.into_keys().filter(|partition| !self.unread.contains_key(partition)) {
            assignment.telemetry.source.reads_on(&assignment.topics[usize::from(source)].name, partition);
        }
    }

    /// Asks for some, where that is due.
    pub(super) fn look<K: Clock>(&mut self, consumer: &impl Positions, assignment: &Assignment<K>, now: Instant) {
        let is_in_time = |since: Instant| now.saturating_duration_since(since) < AGAIN;
        if self.unread.is_empty() || self.rests_until.is_some_and(|until| now < until) {
            return;
        }
        if self.done == 0 && self.asked.is_some_and(is_in_time) {
            return;
        }
        let due = self.unread.iter().filter(|(_, since)| !is_in_time(**since));
        let partitions: Vec<Partition> = due.map(|(partition, _)| *partition).collect();
        for partition in partitions.iter().skip(self.done) {
            self.asked = Some(now);
            let name = &assignment.topics[usize::from(partition.0)].name;
            match consumer.watermarks(*partition) {
                Ok((_, end)) => assignment.telemetry.source.ends_unread(name, partition.1, end),
                Err(error) => {
                    tracing::debug!("asking again where {name}/{} ends: {error}", partition.1);
                    // The next ones may answer.
                    (self.done, self.rests_until) = (self.done + 1, Some(now + REST));
                    break;
                }
            }
            self.done += 1;
            if assignment.clock.now().saturating_duration_since(now) >= LONGEST {
                break;
            }
        }
        if self.done >= partitions.len() {
            self.done = 0;
        }
    }
}
