//! What the source says of itself: its place in the group, its partitions, how long events took.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use parking_lot::Mutex;
use serde::Serialize;

use super::{
    beat::Beat,
    histogram::{Histogram, Range},
};
use crate::kafka::pulse::Membership;

/// A partition that is read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct PartitionSeen {
    /// Its topic.
    pub topic: String,
    /// Its number.
    pub partition: i32,
    /// Where its reading began, where that is known.
    pub start: Option<i64>,
    /// The next offset to commit, where anything has finished since it was assigned.
    pub position: Option<i64>,
    /// The offset of its first event that hasn't finished.
    pub first_open: Option<i64>,
    /// Events from there on that have been read.
    pub open: usize,
    /// Bytes that these count for.
    pub held_bytes: usize,
    /// For how long that first one has been the first, in seconds, as far as was looked.
    pub held_seconds: f64,
    /// When that first event was produced, in milliseconds since 1970.
    pub first_open_time: Option<i64>,
    /// Whether it is paused since too much of it is open.
    pub paused: bool,
    /// Its end: the offset that the next event gets, and, read committed, no open transaction is before it.
    pub end: Option<i64>,
}

impl PartitionSeen {
    /// Events that have not finished, read or not; at most, as not every offset is an event.
    pub(crate) fn lag(&self) -> Option<u64> {
        let next = self.first_open.or(self.position).or(self.start)?;
        u64::try_from(self.end?.saturating_sub(next)).ok()
    }

    /// How long ago the first event was produced that was read and hasn't finished, in seconds; `None` where all have.
    pub(crate) fn lag_seconds(&self, now_ms: i64) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of some years")]
        self.first_open_time.map(|time| now_ms.saturating_sub(time).max(0) as f64 / 1000.0)
    }
}

/// What the group has given this instance, and what became of that.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct GroupSeen {
    /// How far it is in its group.
    pub membership: Membership,
    /// How often the group has shared out its partitions since this instance began to join.
    pub rebalances: u64,
    /// Whether brokers answer.
    pub reached: bool,
    /// The partitions that are read.
    pub partitions: Vec<PartitionSeen>,
}

/// What the source says of itself.
#[derive(Debug)]
pub(crate) struct SourceTelemetry {
    /// The thread that reads.
    pub beat: Beat,
    /// From an event's time, as its record has it, until its output was acknowledged; in seconds.
    pub latency: Histogram,
    group: Mutex<GroupSeen>,
    /// The ends of partitions, by topic and number, as brokers told them last.
    ends: Mutex<BTreeMap<(String, i32), i64>>,
    /// The same of those that are not read, of which the client hears nothing.
    ends_unread: Mutex<BTreeMap<(String, i32), i64>>,
    joined: Mutex<(Membership, u64)>,
    commits: [AtomicU64; 2],
    pauses: AtomicU64,
}

impl Default for SourceTelemetry {
    fn default() -> Self {
        Self {
            beat: Beat::default(),
            latency: Histogram::new(Range::SECONDS),
            group: Mutex::default(),
            ends: Mutex::default(),
            ends_unread: Mutex::default(),
            joined: Mutex::default(),
            commits: Default::default(),
            pauses: AtomicU64::default(),
        }
    }
}

impl SourceTelemetry {
    /// The client has committed, or has failed to.
    pub(crate) fn committed(&self, well: bool) {
        self.commits[usize::from(well)].fetch_add(1, Ordering::Relaxed);
    }

    /// Commits since the start: those that failed, and those that didn't.
    pub(crate) fn commits(&self) -> (u64, u64) {
        let [failed, done] = self.commits.each_ref().map(|count| count.load(Ordering::Relaxed));
        (failed, done)
    }

    /// So many partitions are paused from now on, since too much of them is open.
    pub(crate) fn paused(&self, partitions: usize) {
        self.pauses.fetch_add(partitions as u64, Ordering::Relaxed);
    }

    /// How often a partition was paused for that.
    pub(crate) fn pauses(&self) -> u64 {
        self.pauses.load(Ordering::Relaxed)
    }

    /// How it stands with the group, from the client's statistics.
    pub(crate) fn in_group(&self, membership: Membership, rebalances: u64) {
        *self.joined.lock() = (membership, rebalances);
    }

    /// Where a topic's partitions end now, from the client's statistics.
    pub(crate) fn ends(&self, topic: &str, ends: impl Iterator<Item = (i32, i64)>) {
        let mut known = self.ends.lock();
        for (partition, end) in ends {
            known.insert((topic.to_owned(), partition), end);
        }
    }

    /// Where a partition ends that isn't read, which counts until it is.
    pub(crate) fn ends_unread(&self, topic: &str, partition: i32, end: i64) {
        self.ends_unread.lock().insert((topic.to_owned(), partition), end);
    }

    /// A partition is read again, and the client hears by itself where it ends.
    pub(crate) fn reads_on(&self, topic: &str, partition: i32) {
        self.ends_unread.lock().remove(&(topic.to_owned(), partition));
    }

    /// Outputs of events of these times, in milliseconds since 1970, were acknowledged `now`.
    pub(crate) fn acknowledged(&self, times: impl Iterator<Item = i64>, now: i64) {
        // Most have the time of the one before.
        let (mut last, mut count) = (0, 0);
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of some years")]
        let observe = |time: i64, count| {
            if count > 0 {
                self.latency.observe(now.saturating_sub(time) as f64 / 1000.0, count);
            }
        };
        // What is below zero is no time: so Kafka says that a record has none.
        for time in times.filter(|time| *time >= 0) {
            if time != last {
                observe(last, count);
                (last, count) = (time, 0);
            }
            count += 1;
        }
        observe(last, count);
    }

    /// Whether brokers answer, while it waits for them.
    pub(crate) fn reached(&self, reached: bool) {
        self.group.lock().reached = reached;
    }

    /// What is read now, without the ends.
    pub(crate) fn reads(&self, reached: bool, partitions: Vec<PartitionSeen>) {
        let mut group = self.group.lock();
        (group.reached, group.partitions) = (reached, partitions);
    }

    /// What was seen last.
    pub(crate) fn group(&self) -> GroupSeen {
        let mut group = self.group.lock().clone();
        (group.membership, group.rebalances) = *self.joined.lock();
        if !group.reached {
            // Nobody knows what has come meanwhile: what was told last is no end.
            return group;
        }
        let (ends, unread) = (self.ends.lock(), self.ends_unread.lock());
        for partition in &mut group.partitions {
            let key = (partition.topic.clone(), partition.partition);
            // What has finished meanwhile shows that there is more.
            partition.end = unread
                .get(&key)
                .or_else(|| ends.get(&key))
                .map(|end| partition.position.map_or(*end, |position| position.max(*end)));
        }
        group
    }
}

#[cfg(test)]
mod tests;
