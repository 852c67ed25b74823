//! What is done when a partition can't be read on where it was: events were deleted before they were read, its log ends
//! before that place, or its name stands for another topic. Runs inside the source thread's `poll`.
//!
//! A partition that is read again from its beginning gets a new assignment: what is under way of the old one settles
//! into nothing, so that no offset of before is stored over those of now.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use rdkafka::error::KafkaResult;

use super::{
    Intake,
    assignment::Assignment,
    consumer::{Consumer, Partition, Start},
    known::{AGAIN, GONE, TopicId},
    offsets::Position,
    start::{is_missing, tell_made_anew},
    unanswered::Unanswered,
};
use crate::clock::Clock;

/// Brokers that answer all else and not this for so long don't know topics by ids.
const KNOWING: Duration = Duration::from_secs(10);

/// The client could not read on at an offset, which the broker doesn't have: it goes on at the partition's beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reset {
    pub partition: Partition,
    /// The offset that is not there.
    pub from: i64,
}

impl<K: Clock> Assignment<K> {
    /// Takes in that the client has reset a partition. The partitions that are read again for it: records of them that
    /// the client has handed out meanwhile are of before.
    pub(crate) fn reset(
        &self,
        consumer: &impl Consumer,
        Reset { partition, from }: Reset,
    ) -> KafkaResult<Vec<Partition>> {
        let (source, number) = partition;
        if self.offsets().assignment(source, number).is_none() || self.is_of_before(partition, from) {
            return Ok(vec![]);
        }
        let name = &self.topics[usize::from(source)].name;
        let (low, high) = consumer.watermarks(partition)?;
        if from < low {
            self.acks.lost(low.abs_diff(from));
            tracing::error!(
                code = "R004",
                topic = name.as_str(),
                partition = number,
                offset = from,
                "{name}/{number}: up to {} events are lost: they were deleted before they were read, by the topic's retention or by hand (offsets {from} to {}); \
                 reading goes on at {low}; give the topic a longer retention.ms or more retention.bytes, or add instances",
                low - from,
                low - 1
            );
            return Ok(vec![]);
        }
        if let Some(id) = consumer.identify(source)? {
            let again = self.identified(consumer, source, id)?;
            if !again.is_empty() {
                return Ok(again);
            }
        }
        self.read_again(consumer, &[(partition, low)])?;
        tracing::error!(
            code = "R005",
            topic = name.as_str(),
            partition = number,
            offset = from,
            "{name}/{number}: its log ends at {high}, and reading was at {from}: the topic was deleted and made anew, or the log was truncated; \
             all of it is read, from its beginning at {low}, and what was there before {from} and isn't now is lost"
        );
        Ok(vec![partition])
    }

    /// Whether a partition is read again already, so that the client has said this before it heard of that: as long as
    /// nothing has come in, it can only be where it was told to begin.
    fn is_of_before(&self, (source, number): Partition, from: i64) -> bool {
        let begun = self.begun_again.lock().get(&(source, number)).copied();
        begun.is_some_and(|begun| begun != from) && !self.offsets().has_received(source, number)
    }

    /// Takes in which topic a name stands for. Where that is another than before, all that is assigned of it is read
    /// again: these partitions.
    pub(crate) fn identified(&self, consumer: &impl Consumer, source: u16, id: TopicId) -> KafkaResult<Vec<Partition>> {
        if self.known.lock().before(source, &id).is_none() {
            self.known.lock().identified(source, id);
            return Ok(vec![]);
        }
        let assigned: Vec<Partition> = self.offsets().partitions().filter(|partition| partition.0 == source).collect();
        let name = &self.topics[usize::from(source)].name;
        let (mut beginnings, mut told) = (vec![], vec![]);
        for &partition in &assigned {
            let (low, high) = consumer.watermarks(partition)?;
            beginnings.push((partition, low));
            let position = self.offsets().position(source, partition.1);
            let read =
                position.map_or_else(String::new, |position| format!("was finished up to {}, and ", position.offset));
            told.push(format!("{name}/{} {read}ends at {high}", partition.1));
        }
        // What is committed from now on is of this topic.
        let before = self.known.lock().identified(source, id);
        if let Err(error) = self.read_again(consumer, &beginnings) {
            // The next question finds the other topic again. What is committed until then is not said to be of it.
            self.known.lock().forget(source, before);
            return Err(error);
        }
        tell_made_anew(name, &told);
        Ok(assigned)
    }

    /// Asks which topics these partitions are of; for how long that has been asked, `waited` says.
    pub(super) fn identify(
        &self,
        consumer: &impl Consumer,
        partitions: &[Partition],
        waited: Duration,
    ) -> Result<(), Unanswered> {
        let sources: BTreeSet<u16> = partitions.iter().map(|partition| partition.0).collect();
        for source in sources {
            let unanswered = Unanswered::of_topic(&self.topics[usize::from(source)].name);
            match consumer.identify(source) {
                Ok(None) => {}
                Ok(Some(id)) => drop(self.identified(consumer, source, id).map_err(unanswered)?),
                Err(error) if is_missing(&error) => {
                    if self.known.lock().missed(source, self.clock.now()) < GONE {
                        return Err(unanswered(error));
                    }
                    self.missing(source);
                }
                Err(error) if waited < KNOWING => return Err(unanswered(error)),
                Err(error) => tracing::debug!("it is not known which topic is read: {error}"),
            }
        }
        Ok(())
    }

    /// A broker says that the topic is not there. Whether that counts: it does when it has been said before.
    pub(super) fn missed(&self, source: u16, now: Instant) -> bool {
        let mut known = self.known.lock();
        let counts = known.missed(source, now) >= AGAIN || known.is_new(source);
        if counts {
            known.missing(source);
        }
        counts
    }

    /// A broker says that the topic is there.
    pub(super) fn there(&self, source: u16) {
        self.known.lock().there(source);
    }

    /// The topic is not there now.
    pub(crate) fn missing(&self, source: u16) {
        self.known.lock().missing(source);
    }

    /// Which topic a name stands for, where that is known.
    pub(crate) fn topic_id(&self, source: u16) -> Option<TopicId> {
        self.known.lock().id(source).cloned()
    }

    /// Begins new assignments of these partitions at these offsets, and commits those: what was committed is of before.
    fn read_again(&self, consumer: &impl Consumer, beginnings: &[(Partition, i64)]) -> KafkaResult<()> {
        if beginnings.is_empty() {
            return Ok(());
        }
        let number = |&((source, partition), _): &(Partition, i64)| self.offsets().assignment(source, partition);
        let over: Vec<u32> = beginnings.iter().filter_map(number).collect();
        self.hand_over();
        self.end_mandate(&over);
        // The pipeline is gone only when the service is ending.
        let _ = self.intake.send(Intake::Revoked(over.clone()));
        if !self.commits() {
            // No transaction may say how far a topic is that is gone.
            let _ = self.intake.send(Intake::Over(over));
        }
        for &((source, partition), _) in beginnings {
            self.offsets().assign(source, partition);
        }
        self.renew_mandate(consumer);
        // What the client says of them until the seek is done is of their places now.
        self.begun_again.lock().retain(|partition, _| beginnings.iter().all(|(again, _)| again != partition));
        let starts: Vec<Start> =
            beginnings.iter().map(|&(partition, low)| Start { partition, offset: Some(low) }).collect();
        consumer.seek(&starts)?;
        self.begun_again.lock().extend(beginnings.iter().copied());
        self.uncommitted.lock().extend(beginnings.iter().map(|(partition, _)| *partition));
        if let Err(error) = self.commit_begun(consumer) {
            tracing::warn!(
                code = "R006",
                "the beginnings of partitions that are read again could not be committed ({error}): this is tried again until it succeeds; \
                 leave this instance running until then, as one that took them over could go on at their old offsets"
            );
        }
        Ok(())
    }

    /// Commits how far partitions are that are read again, where that has failed so far: by itself, the client commits
    /// only what is beyond its last commit.
    pub(super) fn commit_begun(&self, consumer: &impl Consumer) -> KafkaResult<()> {
        let due = self.uncommitted.lock().clone();
        let positions: Vec<Position> = due.into_iter().filter_map(|partition| self.begun(partition)).collect();
        if !positions.is_empty() {
            if self.commits() {
                consumer.store(&positions)?;
            }
            consumer.commit(&positions)?;
        }
        self.uncommitted.lock().clear();
        Ok(())
    }

    /// Whether partitions are read again of which that has failed so far.
    pub(super) fn has_uncommitted(&self) -> bool {
        !self.uncommitted.lock().is_empty()
    }

    /// How far a partition is that is read again; `None` where it isn't assigned any more, or others say that.
    fn begun(&self, (source, partition): Partition) -> Option<Position> {
        let offset = self.begun_again.lock().get(&(source, partition)).copied()?;
        let offsets = self.offsets();
        offsets.assignment(source, partition)?;
        // What has come in is committed in a transaction, which this could come after.
        if !self.commits() && offsets.has_received(source, partition) {
            return None;
        }
        Some(offsets.position(source, partition).unwrap_or(Position { source, partition, offset }))
    }
}

#[cfg(test)]
mod tests;
