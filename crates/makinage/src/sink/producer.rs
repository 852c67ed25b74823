//! What the sink asks of Kafka's producer.
//!
//! Records, messages and errors are rdkafka's: plain data, which anyone can make. What a producer does with them is
//! behind [`Producer`].

use std::{sync::Arc, time::Duration};

use rdkafka::{
    error::{KafkaError, KafkaResult},
    producer::BaseRecord,
};

use super::{bell::Bell, reports::Reports};
use crate::kafka::topics::Topic;

/// A record as the sink produces it; its opaque value is its event's ticket.
pub(crate) type Record<'r> = BaseRecord<'r, [u8], [u8], usize>;

/// A record that was not taken, and why.
pub(crate) type NotTaken<'r> = (KafkaError, Record<'r>);

/// Why a producer takes nothing any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fatal {
    /// It could not deliver an output, whose report says why.
    pub is_gap: bool,
    /// It may not write, which is told already, with the right that is missing.
    pub is_denied: bool,
    /// In the client's words.
    pub reason: String,
}

/// What a producer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Outputs as they come: it stops at the first that it can't deliver.
    Ordinary,
    /// Outputs that go alone, one a batch: it goes on when one is refused.
    Alone,
}

/// A client that can be asked what topics are like.
pub trait LookUp {
    /// What a broker says of a topic.
    fn look_up(&self, topic: &str) -> Topic;
}

/// A producer, whose reports come by themselves.
pub trait Producer: LookUp {
    /// Takes a record, which names its partition, or hands it back.
    fn send<'r>(&self, record: Record<'r>) -> Result<(), NotTaken<'r>>;

    /// Records that it holds, and reports that have not come out yet.
    fn under_way(&self) -> usize;

    /// Hands those records back, as undelivered, that are not on their way to a broker.
    fn purge(&self);

    /// Waits until nothing is under way; `false` when that takes longer.
    fn flush(&self, timeout: Duration) -> bool;

    /// Why it takes nothing any more, where that is so.
    fn fatal_error(&self) -> Option<Fatal>;

    /// Its reports.
    fn reports(&self) -> &Reports;
}

/// Makes producers.
pub trait Producers {
    /// What it makes.
    type Producer: Producer;

    /// A new one, whose batches have at most so many bytes. What it reports rings the bell.
    fn create(&self, kind: Kind, batch_size: usize, bell: &Bell) -> KafkaResult<Self::Producer>;

    /// One that holds nothing any more comes to its end.
    fn end(&self, producer: Arc<Self::Producer>) {
        drop(producer);
    }
}
