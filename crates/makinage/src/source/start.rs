//! Where reading of a data topic starts when partitions are assigned.
//!
//! From the group's committed offsets. When the group has none for *any* partition of a topic, this is its first start:
//! the positions that `start_from` chooses are committed at once, for *all* partitions, so that what arrives from now
//! on is never skipped, whoever reads it. When it has some, a partition without one is new and starts at its beginning.
//!
//! **Who chooses.** Kafka can't commit an offset only where there is none, so one member chooses for all: whoever is
//! given the topic's first partition. A group takes no commit of members of an earlier generation, and the others of
//! this one commit nothing before they have a start: they wait for the choice. Nobody overwrites it, and it overwrites
//! nobody. Only one that has waited in vain for as long as it takes a group to give a member up chooses by itself.
//!
//! **A topic that is new**, since this instance saw that it wasn't there or was another, starts at its beginning
//! whatever `start_from` says. There is nothing to choose, so each member commits that for its own partitions.
//!
//! **Offsets of another topic** of the same name, which was deleted, mean nothing: what is committed says which topic
//! it is of, where brokers tell.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::{
    consumer::{Committed, Partition, Positions, Start},
    known::{GONE, Known},
    offsets::Position,
    unanswered::Unanswered,
};
use crate::config::{DataStart, DataTopic};

/// A group gives a member up that it has not heard of for `session.timeout.ms`, 45 s unless it is set: whoever has
/// waited longer than that for another's choice waits for one that may have gone, and whose commits are refused then.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where all is read, a partition that says for so long where it begins to nobody holds up no others.
const LEADERLESS: Duration = Duration::from_secs(10);
/// After so many of them, nobody is asked any more: the rest begins without a commit too.
const SILENT: usize = 3;

type Offsets = BTreeMap<i32, Option<Committed>>;

/// Partitions that have been assigned.
pub(super) struct Assigned<'a> {
    pub topics: &'a [DataTopic],
    pub known: &'a Mutex<Known>,
    pub partitions: &'a [Partition],
    /// For how long it has been asked where they start.
    pub waited: Duration,
    pub now: Instant,
}

/// Where each assigned partition starts; `None` while another member is to choose.
pub(super) fn choose(consumer: &impl Positions, assigned: &Assigned<'_>) -> Result<Option<Vec<Start>>, Unanswered> {
    let mut starts = Vec::with_capacity(assigned.partitions.len());
    let mut waits = false;
    for (source, topic) in (0_u16..).zip(assigned.topics) {
        let mine = assigned.partitions.iter().filter(|partition| partition.0 == source).map(|partition| partition.1);
        let of_topic = OfTopic { source, topic, assigned, mine: mine.collect() };
        if of_topic.mine.is_empty() {
            continue;
        }
        match of_topic.choose(consumer)? {
            Some(chosen) => starts.extend(chosen),
            // Another member may wait for this one's choice in the next topic.
            None => waits = true,
        }
    }
    Ok((!waits).then_some(starts))
}

/// The assigned partitions of one topic.
struct OfTopic<'a> {
    source: u16,
    topic: &'a DataTopic,
    assigned: &'a Assigned<'a>,
    mine: Vec<i32>,
}

impl OfTopic<'_> {
    fn choose(&self, consumer: &impl Positions) -> Result<Option<Vec<Start>>, Unanswered> {
        let unanswered = Unanswered::of_topic(&self.topic.name);
        let committed = match consumer.committed(self.source) {
            // It has gone since it was assigned, which the client learns by itself.
            Err(error) if is_missing(&error) => {
                let mut known = self.assigned.known.lock();
                if known.missed(self.source, self.assigned.now) < GONE {
                    return Err(unanswered(error));
                }
                known.missing(self.source);
                return Ok(Some(self.starts(&BTreeMap::new())));
            }
            committed => committed.map_err(unanswered)?,
        };
        self.assigned.known.lock().there(self.source);
        if committed.values().all(Option::is_none) {
            return self.first_start(consumer, &committed);
        }
        Ok(Some(self.starts(&self.of_this_topic(consumer, committed))))
    }

    /// Where there is no offset, at the beginning.
    fn starts(&self, offsets: &BTreeMap<i32, i64>) -> Vec<Start> {
        let start =
            |partition: &i32| Start { partition: (self.source, *partition), offset: offsets.get(partition).copied() };
        self.mine.iter().map(start).collect()
    }

    fn first_start(&self, consumer: &impl Positions, committed: &Offsets) -> Result<Option<Vec<Start>>, Unanswered> {
        let unanswered = Unanswered::of_topic(&self.topic.name);
        let mut first = if self.is_new() {
            self.beginnings(consumer)
        } else if committed.keys().next().is_some_and(|first| self.mine.contains(first))
            || self.assigned.waited >= PATIENCE
        {
            self.chosen(consumer, committed)?
        } else {
            return Ok(None);
        };
        // Another instance may have chosen meanwhile, one that knew more: its choice stands.
        for (partition, theirs) in consumer.committed(self.source).map_err(&unanswered)? {
            if let (Some(committed), Some(mine)) = (theirs, first.offsets.get_mut(&partition)) {
                *mine = committed.offset;
                first.uncommitted.retain(|position| position.partition != partition);
            }
        }
        if !first.uncommitted.is_empty() {
            consumer.commit(&first.uncommitted).map_err(unanswered)?;
            self.tell(first.waiting);
        }
        Ok(Some(self.starts(&first.offsets)))
    }

    /// The positions that `start_from` chooses, of all partitions.
    fn chosen(&self, consumer: &impl Positions, committed: &Offsets) -> Result<First, Unanswered> {
        let (mut first, mut silent) = (First::default(), 0);
        for &partition in committed.keys() {
            let at_end = self.topic.start_from == DataStart::End;
            let (low, high) = match consumer.watermarks((self.source, partition)) {
                Ok(marks) => marks,
                // Without a commit beside those of others it is new, whenever it is there: read from its beginning.
                Err(_) if !at_end && self.assigned.waited >= LEADERLESS => {
                    silent += 1;
                    // Each takes its time, in which the group hears nothing of this member.
                    if silent == SILENT {
                        break;
                    }
                    continue;
                }
                Err(error) => return Err(Unanswered::of_partition(&self.topic.name, partition)(error)),
            };
            first.add(self.source, partition, if at_end { high } else { low });
            first.waiting += high - low;
        }
        Ok(first)
    }

    /// The beginnings of its own partitions. One that has no leader yet is begun without a commit.
    fn beginnings(&self, consumer: &impl Positions) -> First {
        let mut first = First::default();
        for &partition in &self.mine {
            if let Ok((low, high)) = consumer.watermarks((self.source, partition)) {
                first.add(self.source, partition, low);
                first.waiting += high - low;
            }
        }
        first
    }

    /// The committed offsets less those of a topic that had this name before.
    fn of_this_topic(&self, consumer: &impl Positions, committed: Offsets) -> BTreeMap<i32, i64> {
        let id = self.assigned.known.lock().id(self.source).cloned();
        let is_stale =
            |committed: &Committed| committed.topic.as_ref().zip(id.as_ref()).is_some_and(|(of, id)| of != id);
        let committed = committed.into_iter().filter_map(|(partition, committed)| Some((partition, committed?)));
        let (stale, current): (Vec<_>, Vec<_>) = committed.partition(|(_, committed)| is_stale(committed));
        let mine: Vec<String> = stale
            .iter()
            .filter(|(partition, _)| self.mine.contains(partition))
            .map(|(partition, committed)| {
                let ends =
                    consumer.watermarks((self.source, *partition)).map(|(_, high)| format!(", and ends at {high}"));
                format!(
                    "{}/{partition} was committed at {}{}",
                    self.topic.name,
                    committed.offset,
                    ends.unwrap_or_default()
                )
            })
            .collect();
        if !mine.is_empty() && !self.assigned.known.lock().is_another(self.source) {
            tell_made_anew(&self.topic.name, &mine);
        }
        current.into_iter().map(|(partition, committed)| (partition, committed.offset)).collect()
    }

    fn is_new(&self) -> bool {
        self.assigned.known.lock().is_new(self.source)
    }

    fn tell(&self, waiting: i64) {
        let name = &self.topic.name;
        match self.topic.start_from {
            _ if self.is_new() => tracing::info!(
                "topic {name}: it was made while this instance waited for it, so reading starts at its beginning, with the {waiting} events that are there"
            ),
            // What is read doesn't depend on where it begins.
            start if waiting == 0 => tracing::info!(
                "topic {name}: this consumer group has no committed offsets, and nothing is there yet, so reading starts at the {} \
                 (start_from)",
                match start {
                    DataStart::End => "end",
                    DataStart::Beginning => "beginning",
                }
            ),
            DataStart::End => tracing::warn!(
                code = "R001",
                topic = name.as_str(),
                "topic {name}: this consumer group has no committed offsets, so reading starts at the end, after the {waiting} events that are there; \
                 to read those too, set start_from: beginning on the topic before the first start, or reset the group with kafka-consumer-groups.sh"
            ),
            DataStart::Beginning => tracing::warn!(
                code = "R002",
                topic = name.as_str(),
                "topic {name}: this consumer group has no committed offsets, so reading starts at the beginning, with the {waiting} events that are there \
                 (start_from: beginning)"
            ),
        }
    }
}

/// The group's first positions.
#[derive(Default)]
struct First {
    offsets: BTreeMap<i32, i64>,
    uncommitted: Vec<Position>,
    /// Events that are there.
    waiting: i64,
}

impl First {
    fn add(&mut self, source: u16, partition: i32, offset: i64) {
        self.offsets.insert(partition, offset);
        self.uncommitted.push(Position { source, partition, offset });
    }
}

/// Tells that a topic isn't the one that was read; `partitions` say how far each was that is held, and where it ends
/// now.
pub(super) fn tell_made_anew(name: &str, partitions: &[String]) {
    let places = if partitions.is_empty() { String::new() } else { format!(" ({})", partitions.join("; ")) };
    tracing::error!(
        code = "R003",
        topic = name,
        "topic {name} was deleted and made anew: all of it is read, from its beginning{places}; \
         what was not read of the old one is lost"
    );
}

/// Whether the topic isn't there.
pub(super) fn is_missing(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic)
    )
}

#[cfg(test)]
mod tests;
