//! Why a topic can't be visited.

use std::fmt;

use rdkafka::error::KafkaError;

use crate::kafka::{explained::Explained, reach::unreachable, topics};

/// What a topic is to its visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Models come from it.
    Model,
    /// Events come from it.
    Data,
    /// Dead letters go to it.
    DeadLetter,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Model => "model topic",
            Self::Data => "data topic",
            Self::DeadLetter => "dead-letter topic",
        })
    }
}

/// Why the topic can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VisitError {
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
    /// Broker and client don't come together, or a right is missing.
    #[error(transparent)]
    Explained(#[from] Explained),
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
        "{role} {topic} is not on Kafka at {endpoint}; create it with: {}",
        topics::create_command(endpoint, topic)
    )]
    NoTopic {
        /// What it would be.
        role: Role,
        topic: String,
        /// The bootstrap servers.
        endpoint: String,
    },
    /// Anything else.
    #[error("{role} {topic} can't be read ({source}); check the broker, and the rights on the topic")]
    Unreadable {
        /// What it is.
        role: Role,
        topic: String,
        /// What the client says.
        source: KafkaError,
    },
}
