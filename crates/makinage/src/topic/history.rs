//! Which models are on the topic, newest first, as far back as somebody asks. Asks for stretches of partitions, and
//! reads none itself.

use std::{collections::VecDeque, ops::Range};

use crate::model::{Rank, RecordPlace, newer};

/// Models of one partition that are remembered; those before them are looked up again.
const REMEMBERED: usize = 256;
/// The first stretch that is looked at; each further one is twice as long, …
const FIRST_STRETCH: i64 = 2;
/// … up to this.
const LONGEST_STRETCH: i64 = 1024;

/// One partition's part of the history.
#[derive(Debug)]
struct Partition {
    /// All models from `unread` on, the oldest first.
    models: VecDeque<Known>,
    /// Where the partition began when it was last looked at.
    begin: i64,
    /// Nobody has looked below this offset.
    unread: i64,
    stretch: i64,
}

#[derive(Debug)]
struct Known {
    place: RecordPlace,
    is_useful: bool,
}

/// What is known of the models on the topic.
#[derive(Debug, Default)]
pub(crate) struct History {
    partitions: Vec<Partition>,
}

impl History {
    /// Of a topic whose partitions have these offsets, none of which has been looked at.
    pub(crate) fn new(partitions: impl IntoIterator<Item = Range<i64>>) -> Self {
        let mut history = Self::default();
        partitions.into_iter().for_each(|offsets| history.add(offsets));
        history
    }

    /// One more partition.
    pub(crate) fn add(&mut self, offsets: Range<i64>) {
        let Range { start, end } = offsets;
        self.partitions.push(Partition { models: VecDeque::new(), begin: start, unread: end, stretch: FIRST_STRETCH });
    }

    /// How many partitions are known.
    pub(crate) fn partitions(&self) -> usize {
        self.partitions.len()
    }

    /// There is a model in this place.
    pub(crate) fn remember(&mut self, place: RecordPlace) {
        let Some(partition) = partition_of(&mut self.partitions, &place) else { return };
        let models = &mut partition.models;
        let at = models.partition_point(|known| known.place.offset < place.offset);
        if models.get(at).is_some_and(|known| known.place.offset == place.offset) {
            models[at] = Known::new(place);
        } else {
            models.insert(at, Known::new(place));
        }
        if models.len() > REMEMBERED
            && let Some(forgotten) = models.pop_front()
        {
            partition.unread = forgotten.place.offset + 1;
        }
    }

    /// There is nothing in this place any more.
    pub(crate) fn forget(&mut self, place: &RecordPlace) {
        if let Some(partition) = partition_of(&mut self.partitions, place) {
            partition.models.retain(|known| known.place.offset != place.offset);
        }
    }

    /// The model in this place is of no use, and is passed over from now on. Its time still counts for the order, since
    /// others, who haven't tried it, go by it.
    pub(crate) fn pass_over(&mut self, place: &RecordPlace) {
        let Some(partition) = partition_of(&mut self.partitions, place) else { return };
        let mut same = partition.models.iter_mut().filter(|known| known.place.offset == place.offset);
        if let Some(known) = same.next() {
            known.is_useful = false;
        }
    }

    /// How new a model is, as far as the models after it are known: the newest ones always are.
    fn rank(&self, place: &RecordPlace) -> Rank {
        let partition = usize::try_from(place.partition).ok().and_then(|number| self.partitions.get(number));
        place.rank(partition.and_then(|partition| partition.rank_after(place.offset)))
    }

    /// The newest model, or the newest before another. `look` returns the models of a stretch of a partition, in their
    /// order.
    pub(crate) fn newest<E>(
        &mut self,
        before: Option<&RecordPlace>,
        mut look: impl FnMut(i32, Range<i64>) -> Result<Vec<RecordPlace>, E>,
    ) -> Result<Option<RecordPlace>, E> {
        let before = match before {
            Some(place) => {
                self.read_back_to(place, &mut look)?;
                Some(self.rank(place))
            }
            None => None,
        };
        let mut newest: Option<(Rank, RecordPlace)> = None;
        for (number, partition) in (0..).zip(&mut self.partitions) {
            let found = loop {
                let found = partition.newest_before(before);
                if found.is_some() || !partition.look(number, &mut look)? {
                    break found;
                }
            };
            if let Some((rank, place)) = found
                && newest.as_ref().is_none_or(|(newest, _)| newer(rank, *newest))
            {
                newest = Some((rank, place));
            }
        }
        Ok(newest.map(|(_, place)| place))
    }

    /// All models after one are known then, which its rank takes.
    fn read_back_to<E>(
        &mut self,
        place: &RecordPlace,
        look: &mut impl FnMut(i32, Range<i64>) -> Result<Vec<RecordPlace>, E>,
    ) -> Result<(), E> {
        if let Some(partition) = partition_of(&mut self.partitions, place) {
            while partition.unread > place.offset + 1 && partition.look(place.partition, look)? {}
        }
        Ok(())
    }
}

impl Known {
    fn new(place: RecordPlace) -> Self {
        Self { place, is_useful: true }
    }
}

impl Partition {
    /// Looks at one more stretch; says whether there was one.
    fn look<E>(
        &mut self,
        number: i32,
        look: &mut impl FnMut(i32, Range<i64>) -> Result<Vec<RecordPlace>, E>,
    ) -> Result<bool, E> {
        let start = self.begin.max(self.unread - self.stretch);
        if start >= self.unread {
            return Ok(false);
        }
        let models = look(number, start..self.unread)?;
        self.unread = start;
        self.stretch = (2 * self.stretch).min(LONGEST_STRETCH);
        for place in models.into_iter().rev() {
            self.models.push_front(Known::new(place));
        }
        Ok(true)
    }

    /// Models with their ranks, the newest first.
    fn ranked(&self) -> impl Iterator<Item = (Rank, &Known)> {
        self.models.iter().rev().scan(None, |later, known| {
            let rank = known.place.rank(*later);
            *later = Some(rank);
            Some((rank, known))
        })
    }

    /// The rank of the model that comes next after an offset.
    fn rank_after(&self, offset: i64) -> Option<Rank> {
        self.ranked().take_while(|(_, known)| known.place.offset > offset).last().map(|(rank, _)| rank)
    }

    fn newest_before(&self, before: Option<Rank>) -> Option<(Rank, RecordPlace)> {
        let fits = |rank: Rank| before.is_none_or(|before| newer(before, rank));
        let mut fitting = self.ranked().filter(|(rank, known)| known.is_useful && fits(*rank));
        fitting.next().map(|(rank, known)| (rank, known.place.clone()))
    }
}

fn partition_of<'p>(partitions: &'p mut [Partition], place: &RecordPlace) -> Option<&'p mut Partition> {
    partitions.get_mut(usize::try_from(place.partition).ok()?)
}

#[cfg(test)]
mod tests;
