//! Which models are on the topic, newest first, as far back as somebody asks. Asks for stretches of partitions, and reads none itself.

use std::{collections::VecDeque, ops::Range};

use crate::model::RecordPlace;

/// Models of one partition that are remembered; those before them are looked up again.
const REMEMBERED: usize = 256;
/// The first stretch that is looked at; each further one is twice as long, …
const FIRST_STRETCH: i64 = 2;
/// … up to this.
const LONGEST_STRETCH: i64 = 1024;

/// One partition's part of the history.
#[derive(Debug)]
struct Partition {
    /// Models, the oldest first.
    models: VecDeque<RecordPlace>,
    /// Where the partition began when it was last looked at.
    begin: i64,
    /// Nobody has looked below this offset.
    unread: i64,
    stretch: i64,
}

/// What is known of the models on the topic.
#[derive(Debug, Default)]
pub struct History {
    partitions: Vec<Partition>,
}

impl History {
    /// Of a topic whose partitions have these offsets, none of which has been looked at.
    pub fn new(partitions: impl IntoIterator<Item = Range<i64>>) -> Self {
        let mut history = Self::default();
        partitions.into_iter().for_each(|offsets| history.add(offsets));
        history
    }

    /// One more partition.
    pub fn add(&mut self, offsets: Range<i64>) {
        let Range { start, end } = offsets;
        self.partitions.push(Partition { models: VecDeque::new(), begin: start, unread: end, stretch: FIRST_STRETCH });
    }

    /// How many partitions are known.
    pub fn partitions(&self) -> usize {
        self.partitions.len()
    }

    /// There is a model in this place.
    pub fn remember(&mut self, place: RecordPlace) {
        let Some(partition) = partition_of(&mut self.partitions, &place) else { return };
        let models = &mut partition.models;
        let at = models.partition_point(|known| known.offset < place.offset);
        if models.get(at).is_some_and(|known| known.offset == place.offset) {
            models[at] = place;
        } else {
            models.insert(at, place);
        }
        if models.len() > REMEMBERED
            && let Some(forgotten) = models.pop_front()
        {
            partition.unread = forgotten.offset + 1;
        }
    }

    /// What is in this place is of no use.
    pub fn forget(&mut self, place: &RecordPlace) {
        if let Some(partition) = partition_of(&mut self.partitions, place) {
            partition.models.retain(|known| known.offset != place.offset);
        }
    }

    /// The newest model, or the newest before another. `look` returns the models of a stretch of a partition, in their order.
    pub fn newest<E>(
        &mut self,
        before: Option<&RecordPlace>,
        mut look: impl FnMut(i32, Range<i64>) -> Result<Vec<RecordPlace>, E>,
    ) -> Result<Option<RecordPlace>, E> {
        let mut newest: Option<RecordPlace> = None;
        for (number, partition) in (0..).zip(&mut self.partitions) {
            let found = loop {
                let fits = |place: &&RecordPlace| before.is_none_or(|before| is_older(place, before));
                if let Some(found) = partition.models.iter().rev().find(fits) {
                    break Some(found.clone());
                }
                let Some(stretch) = partition.next_stretch() else { break None };
                let models = look(number, stretch.clone())?;
                partition.looked_at(stretch.start, models);
            };
            if let Some(found) = found
                && newest.as_ref().is_none_or(|newest| is_older(newest, &found))
            {
                newest = Some(found);
            }
        }
        Ok(newest)
    }
}

impl Partition {
    fn next_stretch(&self) -> Option<Range<i64>> {
        let start = self.begin.max(self.unread - self.stretch);
        (start < self.unread).then_some(start..self.unread)
    }

    fn looked_at(&mut self, start: i64, models: Vec<RecordPlace>) {
        self.unread = start;
        self.stretch = (2 * self.stretch).min(LONGEST_STRETCH);
        for place in models.into_iter().rev() {
            self.models.push_front(place);
        }
    }
}

fn partition_of<'p>(partitions: &'p mut [Partition], place: &RecordPlace) -> Option<&'p mut Partition> {
    partitions.get_mut(usize::try_from(place.partition).ok()?)
}

/// By offset in one partition, where order is certain; else by the records' time.
pub fn is_older(one: &RecordPlace, other: &RecordPlace) -> bool {
    if one.partition == other.partition {
        return one.offset < other.offset;
    }
    (one.timestamp, one.offset) < (other.timestamp, other.offset)
}

#[cfg(test)]
mod tests;
