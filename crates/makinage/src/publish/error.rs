//! Why a model wasn't published.

use std::{io, path::PathBuf};

use rdkafka::error::KafkaError;

use crate::kafka::{
    explained::Explained,
    reach::{because, unreachable},
};

/// Why a model wasn't published. Nothing was sent, unless the variant says otherwise.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishError {
    /// librdkafka refuses the settings.
    #[error("can't set up the Kafka client ({0}); correct the kafka section of the configuration")]
    Client(KafkaError),
    /// No bootstrap server answers.
    #[error(
        "no answer from Kafka at {endpoints} within {seconds} s{}; start it, or correct kafka.endpoint",
        because(reason.as_deref())
    )]
    Unreachable {
        /// The bootstrap servers.
        endpoints: String,
        /// For how long.
        seconds: u64,
        /// The last connection's failure, where there was one.
        reason: Option<String>,
    },
    /// The topic isn't there.
    #[error(
        "the topic {topic:?} isn't there, and Kafka at {endpoints} doesn't create it by itself; create it with: \
         kafka-topics.sh --bootstrap-server {endpoints} --create --topic {topic} --partitions 1"
    )]
    NoTopic {
        topic: String,
        /// The bootstrap servers.
        endpoints: String,
    },
    /// The topic isn't there, and was not asked for in a way that creates it.
    #[error(
        "the topic {topic:?} isn't there; publishing creates it where the broker's auto.create.topics.enable is on, else create it with: \
         kafka-topics.sh --bootstrap-server {endpoints} --create --topic {topic} --partitions 1"
    )]
    NoTopicYet {
        topic: String,
        /// The bootstrap servers.
        endpoints: String,
    },
    /// The topic can't be used: its name, rights, a partition without leader.
    #[error(
        "the topic {topic:?} can't be used ({reason}); look at it with: kafka-topics.sh --bootstrap-server {endpoints} --describe --topic {topic}"
    )]
    UnusableTopic {
        topic: String,
        /// The broker's answer.
        reason: String,
        /// The bootstrap servers.
        endpoints: String,
    },
    /// A bootstrap server answers, but the broker that it names for the topic doesn't.
    #[error("{}", unreachable(endpoints, broker, Some(topic), reason.as_deref()))]
    LeaderUnreachable {
        /// The bootstrap servers.
        endpoints: String,
        topic: String,
        /// Address of the broker, as Kafka advertises it.
        broker: String,
        /// The last connection's failure, where there was one.
        reason: Option<String>,
    },
    /// Not even in chunks.
    #[error(
        "the model takes records of {needed} bytes even in chunks, and the topic {topic:?} takes {limit} (max.message.bytes); raise it with: \
         kafka-configs.sh --bootstrap-server {endpoints} --alter --entity-type topics --entity-name {topic} --add-config max.message.bytes=1048588"
    )]
    AboveLimits {
        topic: String,
        /// Bytes of the smallest chunk's record.
        needed: u64,
        /// Bytes that it takes.
        limit: u64,
        /// The bootstrap servers.
        endpoints: String,
    },
    /// The file that was checked can't be read any more.
    #[error("can't read {}: {source}", path.display())]
    Read {
        /// The zip.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The file isn't the one that was checked.
    #[error("{} changed while it was being published; publish it again once it is complete", path.display())]
    Changed {
        /// The zip.
        path: PathBuf,
    },
    /// Broker and client don't come together, or a right is missing.
    #[error(transparent)]
    Explained(#[from] Explained),
    /// The broker refused the record.
    #[error(
        "Kafka refuses the model's record of {bytes} bytes for the topic {topic:?} ({reason}); look at the topic's and the broker's settings and rights"
    )]
    Refused {
        topic: String,
        /// Bytes of the record.
        bytes: u64,
        /// The broker's answer.
        reason: String,
    },
    /// The record was being sent, and no acknowledgement came.
    #[error(
        "Kafka hasn't acknowledged the model: {reason}, after {sent} of {bytes} bytes{}; the topic {topic:?} {} have it: publish it again",
        because(cause.as_deref()),
        if sent < bytes { "doesn't" } else { "may or may not" }
    )]
    Unacknowledged {
        topic: String,
        /// What ended the wait.
        reason: &'static str,
        /// Bytes that went out.
        sent: u64,
        /// Bytes of the record.
        bytes: u64,
        /// The last connection's failure, where there was one.
        cause: Option<String>,
    },
}
