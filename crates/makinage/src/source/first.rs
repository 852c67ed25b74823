//! Positions of a first start, chosen before this instance is a member of its group: what arrives from then on is never
//! skipped, however long the first model takes.
//!
//! While a group has no members anybody may commit for it. Once it has some this fails, and then it is their business.
//! A topic that isn't there at the first look is read from its beginning when it appears.

use std::time::{Duration, Instant};

use super::{assignment::is_no_member, consumer::Consumer, start};
use crate::{
    config::{DataStart, DataTopic},
    kafka::topics::Topic,
    said::Seldom,
};

/// Between two looks at topics of which it isn't known yet where reading starts.
const LOOK: Duration = Duration::from_secs(1);

/// The data topics, and of which of them it is known where reading starts.
#[derive(Debug)]
pub(super) struct First {
    /// Where those that were not there would be read from, if they appeared.
    topics: Vec<DataTopic>,
    seen: Vec<Seen>,
    looks: Seldom,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// No broker has answered.
    Nothing,
    /// It isn't there.
    Missing,
    /// Its positions are committed, here or elsewhere.
    Known,
}

impl First {
    /// Nothing has been looked at yet.
    pub(super) fn new(topics: &[DataTopic]) -> Self {
        Self { topics: topics.to_vec(), seen: vec![Seen::Nothing; topics.len()], looks: Seldom::new(LOOK) }
    }

    /// Looks at those of which it isn't known yet, where that is due; names those that are missed for a second time, as
    /// a broker that makes topics by itself takes a moment for it.
    pub(super) fn look(&mut self, consumer: &impl Consumer, now: Instant) -> Vec<String> {
        let mut missed = vec![];
        if self.seen.iter().all(|seen| *seen == Seen::Known) || !self.looks.is_due(now) {
            return missed;
        }
        for place in 0..self.topics.len() {
            let before = self.seen[place];
            if before == Seen::Known {
                continue;
            }
            let name = self.topics[place].name.clone();
            match consumer.look_up(&name) {
                Topic::Partitions(count) => self.choose(consumer, place, count),
                Topic::Missing if before == Seen::Missing => missed.push(name),
                Topic::Missing => {
                    self.seen[place] = Seen::Missing;
                    self.topics[place].start_from = DataStart::Beginning;
                }
                Topic::Unknown(error) => tracing::debug!("asking again for topic {name}: {error}"),
            }
        }
        missed
    }

    fn choose(&mut self, consumer: &impl Consumer, place: usize, count: i32) {
        let Ok(source) = u16::try_from(place) else { return };
        let all: Vec<_> = (0..count).map(|partition| (source, partition)).collect();
        match start::choose(consumer, &self.topics, &all) {
            Ok(_) => self.seen[place] = Seen::Known,
            Err(error) if is_no_member(&error) => {
                tracing::debug!("the group's members choose where to start ({error})");
                self.seen[place] = Seen::Known;
            }
            Err(error) => tracing::debug!("asking again where to start reading: {error}"),
        }
    }
}

#[cfg(test)]
mod tests;
