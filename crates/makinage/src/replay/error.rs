//! Why letters can't be read, or not all of them were replayed.

use std::time::Duration;

use rdkafka::error::KafkaError;

use crate::{kafka::described::reason, topic::visited::VisitError};

/// Why it ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayError {
    /// The topic.
    #[error(transparent)]
    Visit(#[from] VisitError),
    /// A signal.
    #[error("stopped by a signal")]
    Stopped,
    /// The client.
    #[error("can't set up the Kafka client ({0}); correct the kafka section of the configuration")]
    Client(KafkaError),
    /// No transactions.
    #[error(
        "Kafka gives no transactions as {id} ({}); check that it runs, and that WRITE and DESCRIBE of that transactional id are allowed",
        reason(source)
    )]
    NoTransactions {
        /// The transactional id.
        id: String,
        /// What the client says.
        source: KafkaError,
    },
    /// What was written before can't be seen yet.
    #[error(
        "the topic {topic} can't be read to its end: partition {partition} has a transaction that hasn't ended for {} s, so what was replayed before isn't known; end its producer, or wait until its transaction.timeout.ms has passed",
        waited.as_secs()
    )]
    Unended {
        topic: String,
        /// The partition.
        partition: i32,
        /// For how long.
        waited: Duration,
    },
    /// Another took over.
    #[error(
        "another `makinage dead-letter replay` has begun as {id}: it goes on with what is left, and nothing is sent twice"
    )]
    Fenced {
        /// The transactional id.
        id: String,
    },
    /// A transaction failed.
    #[error(
        "Kafka didn't take the events ({reason}); of the last transaction none is there, and what was replayed before is known: try again when that is mended"
    )]
    Failed {
        /// What the client says, and of which topic.
        reason: String,
    },
    /// A transaction's end isn't known.
    #[error(
        "Kafka hasn't said whether it took the last {count} events ({reason}); replay again: what was taken is known there, and isn't sent twice"
    )]
    Unanswered {
        /// Events of the transaction.
        count: usize,
        /// What the client says.
        reason: String,
    },
}
