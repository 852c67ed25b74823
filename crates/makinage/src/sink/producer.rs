//! What the sink asks of Kafka's producer.
//!
//! Records, messages and errors are rdkafka's: plain data, which anyone can make. What a producer does with them is
//! behind [`Producer`].

use std::time::Duration;

use rdkafka::{
    error::{KafkaError, KafkaResult},
    producer::BaseRecord,
};

use super::reports::{Reports, Undelivered};
use crate::{clock::Clock, kafka::topics::Topic};

/// A record as the sink produces it; its opaque value is its event's ticket.
pub(crate) type Record<'r> = BaseRecord<'r, [u8], [u8], usize>;

/// A record that was not taken, and why.
pub(crate) type NotTaken<'r> = (KafkaError, Record<'r>);

/// What a producer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Outputs as they come: it stops at the first that it can't deliver.
    Ordinary,
    /// Outputs that go alone, one a batch: it goes on when one is refused.
    Alone,
}

/// Which of a producer's records are handed back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purge {
    /// Those that wait.
    Queue,
    /// Those that wait, and those that are on their way.
    All,
}

/// A producer, whose reports come by themselves.
pub trait Producer {
    /// Takes a record, or hands it back.
    fn send<'r>(&self, record: Record<'r>) -> Result<(), NotTaken<'r>>;

    /// Lets room come about in a full queue.
    fn poll(&self, timeout: Duration);

    /// Records that it holds, and reports that have not come out yet.
    fn under_way(&self) -> usize;

    /// Hands records back, as undelivered.
    fn purge(&self, what: Purge);

    /// Waits until nothing is under way; `false` when that takes longer.
    fn flush(&self, timeout: Duration) -> bool;

    /// Why it takes nothing any more.
    fn fatal_error(&self) -> Option<String>;

    /// Its reports.
    fn reports(&self) -> &Reports;

    /// What a broker says of a topic.
    fn look_up(&self, topic: &str) -> Topic;
}

/// Makes producers.
pub trait Producers {
    /// What it makes.
    type Producer: Producer;

    /// A new one, whose batches have at most so many bytes.
    fn create(&self, kind: Kind, batch_size: usize) -> KafkaResult<Self::Producer>;
}

/// Whether everything that has been reported was taken, and the producer goes on taking.
pub(super) fn is_well(producer: &impl Producer) -> bool {
    !has_given_up(producer) && producer.reports().is_empty()
}

/// Whether the producer takes nothing any more.
pub(super) fn has_given_up(producer: &impl Producer) -> bool {
    producer.reports().has_given_up() || producer.fatal_error().is_some()
}

/// Everything that a producer still holds. What is on its way to a broker is waited for, so that nothing is produced
/// twice that arrives; for at most `patience`.
pub(super) fn take_back(producer: &impl Producer, clock: &impl Clock, patience: Duration) -> Vec<Undelivered> {
    let until = clock.now() + patience;
    while producer.under_way() > 0 && clock.now() < until {
        // Each time: what a broker refuses for what came before it goes back into the queue.
        producer.purge(Purge::Queue);
        clock.sleep(Duration::from_millis(1));
    }
    producer.purge(Purge::All);
    producer.flush(Duration::from_secs(5));
    producer.reports().take_undelivered()
}
