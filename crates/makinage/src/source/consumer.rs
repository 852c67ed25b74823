//! What the source asks of Kafka's consumer, in its own words: partitions are named by topic (its place in the
//! operator's data topics) and number.

use std::{collections::BTreeMap, time::Duration};

use rdkafka::error::{KafkaError, KafkaResult};

use super::{known::TopicId, mandate::Words, offsets::Position};
use crate::{
    event::Headers,
    kafka::{pulse::Membership, topics::Topic},
};

/// A partition of a data topic: the topic's place, the partition's number.
pub(crate) type Partition = (u16, i32);

/// A record as the client holds it.
#[derive(Debug)]
pub struct Record<'r> {
    /// Its partition.
    pub partition: Partition,
    /// Its offset.
    pub offset: i64,
    /// Its key.
    pub key: Option<&'r [u8]>,
    /// Its value; `None` for a tombstone.
    pub value: Option<&'r [u8]>,
    /// Its headers.
    pub headers: Option<Headers>,
    /// Its time, as an event has it.
    pub time: i64,
}

impl Record<'_> {
    /// Bytes of key, value and headers.
    pub(super) fn size(&self) -> usize {
        let headers = self.headers.as_ref().map_or(0, size_of_all);
        self.key.map_or(0, <[u8]>::len) + self.value.map_or(0, <[u8]>::len) + headers
    }
}

fn size_of_all(headers: &Headers) -> usize {
    let Ok(headers) = headers else { return 0 };
    kafka_headers::iter(headers.as_borrowed()).map(|(name, value)| name.len() + value.map_or(0, <[u8]>::len)).sum()
}

/// Where an assigned partition is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// The partition.
    pub partition: Partition,
    /// The first offset; `None` for the partition's beginning.
    pub offset: Option<i64>,
}

/// What a group has committed of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The offset to read next.
    pub offset: i64,
    /// The topic that it is of, where whoever committed it has said so.
    pub topic: Option<TopicId>,
}

/// What stands before a topic's id beside a committed offset.
const OF_TOPIC: &str = "topic ";

/// The topic that a committed offset is of, by what is written beside it.
pub(crate) fn topic_of(note: &[u8]) -> Option<TopicId> {
    std::str::from_utf8(note).ok()?.strip_prefix(OF_TOPIC).map(TopicId::new)
}

/// What is written beside a committed offset of this topic.
pub(crate) fn note_of(topic: &TopicId) -> String {
    format!("{OF_TOPIC}{topic}")
}

/// Where a group is and may begin: what is asked of brokers, by members and by others alike.
pub trait Positions {
    /// Commits these, and waits for the broker's word.
    fn commit(&self, positions: &[Position]) -> KafkaResult<()>;

    /// The group's committed offset of every partition of a topic, which is there and has some.
    fn committed(&self, source: u16) -> KafkaResult<BTreeMap<i32, Option<Committed>>>;

    /// Which topic a name stands for; `None` where brokers don't tell.
    fn identify(&self, source: u16) -> KafkaResult<Option<TopicId>>;

    /// The first offset of a partition, and the one behind its last.
    fn watermarks(&self, partition: Partition) -> KafkaResult<(i64, i64)>;

    /// What a broker says of a topic.
    fn look_up(&self, topic: &str) -> Topic;
}

/// A member of a consumer group, once it has joined.
///
/// What the group says comes inside [`Consumer::poll`], through
/// [`Assignment::assigned`](super::assignment::Assignment::assigned) and
/// [`Assignment::revoked`](super::assignment::Assignment::revoked), and once more when it is dropped. Inside it comes
/// too what happens to the partitions that are read: [`Assignment::reset`](super::assignment::Assignment::reset) and
/// [`Assignment::identified`](super::assignment::Assignment::identified).
pub trait Consumer: Positions {
    /// Becomes a member of the group. Until then nothing is read, and the group's offsets can be asked for, and
    /// committed as long as it has no members.
    fn join(&self) -> KafkaResult<()>;

    /// Waits up to `timeout` for a record, which `read` takes.
    fn poll<T>(&self, timeout: Duration, read: impl FnOnce(Record<'_>) -> T) -> Option<KafkaResult<T>>;

    /// The partitions that are read.
    fn assignment(&self) -> KafkaResult<Vec<Partition>>;

    /// Reads no more of these for a while; what was fetched of them is forgotten.
    fn pause(&self, partitions: &[Partition]) -> KafkaResult<()>;

    /// Reads on.
    fn resume(&self, partitions: &[Partition]) -> KafkaResult<()>;

    /// Takes these on.
    fn assign(&self, starts: &[Start]) -> KafkaResult<()>;

    /// Gives these up.
    fn unassign(&self, partitions: &[Partition]) -> KafkaResult<()>;

    /// Whether what is being revoked was given to others already.
    fn is_lost(&self) -> bool;

    /// Has these committed before long.
    fn store(&self, positions: &[Position]) -> KafkaResult<()>;

    /// Reads these, which are assigned, from elsewhere; what was fetched of them is forgotten.
    fn seek(&self, starts: &[Start]) -> KafkaResult<()>;

    /// What a transaction says of this member beside offsets; `None` where it is none.
    fn words(&self) -> Option<Words>;

    /// How far this instance is in its group.
    fn membership(&self) -> Membership;

    /// Whether brokers answer, as far as is known.
    fn is_reached(&self) -> bool;

    /// Reading failed: told where it is worth a line; the service ends where that can't be mended.
    fn tell(&self, error: &KafkaError);
}

/// A member that can be replaced.
pub trait Member: Consumer {
    /// Joins the group anew where this member has come to a standstill for good.
    fn mend(&mut self);
}
