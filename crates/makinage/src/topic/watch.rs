//! Whether the topic is still the one that is read: it may be deleted, made anew, or get more partitions.

use std::time::{Duration, Instant};

use super::log::Log;
use crate::{kafka::topics::Topic, model::RecordPlace};

const EVERY: Duration = Duration::from_secs(10);
/// After a sign that something happened to the topic.
const SOON: Duration = Duration::from_secs(1);

/// What a look at the topic shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// What was there before.
    Same,
    /// So many partitions, more than before.
    More(usize),
    /// Another topic of that name, or none.
    Another,
}

/// Looks from time to time. The clock is passed in.
#[derive(Debug)]
pub(super) struct Watch {
    /// What is read next, of each partition.
    next: Vec<i64>,
    due: Instant,
    /// A record that was read again, since the times of those before it are later.
    verified: Option<RecordPlace>,
}

impl Watch {
    /// Reading begins at these offsets.
    pub(super) fn new(next: Vec<i64>, now: Instant) -> Self {
        Self { next, due: now + EVERY, verified: None }
    }

    /// A record was read.
    pub(super) fn read(&mut self, place: &RecordPlace) {
        if let Some(next) = usize::try_from(place.partition).ok().and_then(|partition| self.next.get_mut(partition)) {
            *next = place.offset + 1;
        }
    }

    /// A partition was added; it is read from its beginning.
    pub(super) fn add(&mut self) {
        self.next.push(0);
    }

    /// Something happened to the topic: the next look is due.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.due = self.due.min(now + SOON);
    }

    /// Looks, where it is time, also for a model's record that was there. A broker that is away shows nothing.
    pub(super) fn look(&mut self, log: &impl Log, model: Option<&RecordPlace>, now: Instant) -> Shown {
        if now < self.due {
            return Shown::Same;
        }
        self.due = now + EVERY;
        let found = match log.look_up() {
            Topic::Partitions(count) => usize::try_from(count).unwrap_or(0),
            Topic::Missing => return Shown::Another,
            Topic::Unknown(_) => return Shown::Same,
        };
        // Only another topic has fewer partitions, or ends before what has been read.
        let ends_before = |(partition, next): (i32, &i64)| log.end(partition).is_ok_and(|end| end < *next);
        if found < self.next.len()
            || (0..).zip(&self.next).any(ends_before)
            || model.is_some_and(|model| self.is_replaced(log, model))
        {
            return Shown::Another;
        }
        if found > self.next.len() { Shown::More(found) } else { Shown::Same }
    }

    /// Whether another record has this place: a topic that was made anew may end where the one before it did, but its
    /// records are later.
    fn is_replaced(&mut self, log: &impl Log, model: &RecordPlace) -> bool {
        if model.timestamp == 0 || self.verified.as_ref() == Some(model) {
            return false;
        }
        let first_after = log.first_after(model.partition, model.timestamp);
        if !first_after.is_ok_and(|first| first.is_some_and(|first| first <= model.offset)) {
            return false;
        }
        // Publishers' clocks may differ too.
        let is_there = log.is_there(model);
        if is_there == Ok(true) {
            self.verified = Some(model.clone());
        }
        is_there == Ok(false)
    }
}

#[cfg(test)]
mod tests;
