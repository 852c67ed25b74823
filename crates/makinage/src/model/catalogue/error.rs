//! Why the models of a topic can't be listed.

use rdkafka::error::KafkaError;

use crate::kafka::topics;

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
}
