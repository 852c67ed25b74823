//! Why the models of a topic can't be listed, or one of them not be had.

use std::io;

use rdkafka::error::KafkaError;

use crate::{kafka::topics, model::RecordPlace};

/// Why the topic can't be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The client.
    #[error("kafka.properties: {0}")]
    Client(KafkaError),
    /// No broker.
    #[error("Kafka at {endpoint}: no broker answers ({source}); check that Kafka runs there, and kafka.endpoint")]
    Unreachable {
        /// The bootstrap servers.
        endpoint: String,
        /// What the client says.
        source: KafkaError,
    },
    /// No topic.
    #[error(
        "model topic {topic} is not on Kafka at {endpoint}; create it with: {}",
        topics::create_command(endpoint, topic)
    )]
    NoTopic {
        /// The topic.
        topic: String,
        /// The bootstrap servers.
        endpoint: String,
    },
    /// Anything else.
    #[error("model topic {topic} can't be read ({source}); check the broker, and the rights on the topic")]
    Unreadable {
        /// The topic.
        topic: String,
        /// What the client says.
        source: KafkaError,
    },
    /// The record is gone, or isn't a zip.
    #[error("{place} holds no zip of a model any more; list what there is with: makinage model list")]
    Gone {
        /// The record.
        place: RecordPlace,
    },
    /// The file that the model is written to.
    #[error("cannot write a model to the temporary folder: {0}; check free space, or set TMPDIR")]
    Write(io::Error),
}
