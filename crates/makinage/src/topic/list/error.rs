//! Why the models of a topic can't be listed.

use rdkafka::error::KafkaError;

use crate::kafka::{reach::unreachable, topics};

/// Why the topic can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CatalogueError {
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
    /// Broker and client don't come together.
    #[error("{line}")]
    Insecure {
        /// Why, and what to do.
        line: String,
    },
    /// A right is missing.
    #[error("{line}")]
    Denied {
        /// Which, and what to do.
        line: String,
    },
    /// Kafka answers, but not a broker that it names.
    #[error("{}", unreachable(endpoint, broker, Some(topic), reason.as_deref()))]
    BrokerUnreachable {
        topic: String,
        /// The bootstrap servers.
        endpoint: String,
        /// The broker's address as Kafka advertises it; several with commas.
        broker: String,
        /// The last connection's failure, where there was one.
        reason: Option<String>,
    },
    /// No topic.
    #[error(
        "model topic {topic} is not on Kafka at {endpoint}; create it with: {}",
        topics::create_command(endpoint, topic)
    )]
    NoTopic {
        topic: String,
        /// The bootstrap servers.
        endpoint: String,
    },
    /// Anything else.
    #[error("model topic {topic} can't be read ({source}); check the broker, and the rights on the topic")]
    Unreadable {
        topic: String,
        /// What the client says.
        source: KafkaError,
    },
}
