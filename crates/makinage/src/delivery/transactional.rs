//! What exactly-once delivery asks of Kafka's transactional producer.
//!
//! Outputs are sent at any time; what a broker has to be waited for is a [`Call`], of which there is one at a time, and
//! whose [`Outcome`] comes by itself.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use rdkafka::error::{KafkaError, KafkaResult};

use crate::{
    event::Ticket,
    sink::{
        bell::Bell,
        producer::{LookUp, NotTaken, Record},
    },
    source::{known::TopicId, mandate::Granted, offsets::Position},
};

/// A partition of a data topic: the topic's place, the partition's number.
pub type Partition = (u16, i32);

/// What takes a broker's time.
#[derive(Debug)]
pub enum Call {
    /// Ends what a producer of this name has left open, fences it off, and opens a transaction. What the group has
    /// committed of these partitions, of these topics where that is known, is asked after that.
    Start(Vec<Partition>, Vec<Option<TopicId>>),
    /// Adds these positions to the transaction, in that member's name, commits it, and opens the next one.
    Commit(Vec<Position>, Granted),
    /// Aborts the transaction, and opens the next one.
    Abort,
}

/// What has come of a call. But for the failures, a transaction is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// So far is the group, where it has committed anything.
    Started(BTreeMap<Partition, i64>),
    /// Not yet: the same may be asked again, or only of another producer.
    NotStarted {
        /// In the client's words, with what to do.
        why: String,
        /// The same producer may be asked again.
        again: bool,
    },
    /// All of it is there.
    Committed,
    /// Nothing of it is there.
    Aborted,
    /// The transaction is not committed, and can only be aborted.
    Refused(Refusal),
    /// It isn't known what has become of it, or this producer can do nothing more.
    Unsure(String),
    /// A producer of the same name has begun since, or the brokers have given this one up.
    Fenced(String),
}

/// Why a transaction can't be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// In the client's words.
    pub why: String,
    /// Whom it is for.
    pub of: Of,
}

/// What a transaction could not be committed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Outputs that were not taken: their reports say why.
    Outputs,
    /// The group knows no such member, or not in its present round.
    Member,
    /// Something else, that may pass.
    Brokers,
}

/// A producer whose outputs are in transactions.
pub trait Transactional: LookUp {
    /// Takes a record for the open transaction, or hands it back.
    fn send<'r>(&self, record: Record<'r>) -> Result<(), NotTaken<'r>>;

    /// Begins with a call; the one before has had its outcome.
    fn call(&self, call: Call);

    /// The outcome, once it is there.
    fn outcome(&self) -> Option<Outcome>;

    /// Whether a commit that is under way has its positions taken by brokers, and waits for all else.
    fn has_sent_positions(&self) -> bool;

    /// Waits for the outcome, which nobody takes.
    fn wait(&self, timeout: Duration);

    /// Whether it was made with certificates that are others now.
    fn is_out_of_date(&self) -> bool {
        false
    }

    /// Outputs that were not taken, since the last look.
    fn take_undelivered(&self) -> Vec<(Ticket, KafkaError)>;
}

/// Makes them, all of one name.
pub trait Transactions {
    /// What it makes.
    type Producer: Transactional;

    /// A new one, whose batches have at most so many bytes. What it has to say rings the bell.
    fn create(&self, batch_size: usize, bell: &Bell) -> KafkaResult<Self::Producer>;

    /// Their name.
    fn name(&self) -> &str;

    /// One that is not needed any more comes to its end, whatever it is at.
    fn end(&self, producer: Arc<Self::Producer>) {
        drop(producer);
    }
}
