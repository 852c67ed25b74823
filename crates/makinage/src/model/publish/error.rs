//! Why a model wasn't published.

use std::{io, path::PathBuf};

use rdkafka::error::KafkaError;

use super::size::CLIENT_LIMIT;

/// Why a model wasn't published. Nothing was sent, unless the variant says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// librdkafka refuses the settings.
    #[error("can't set up the Kafka client ({0}); correct the kafka section of the configuration")]
    Client(KafkaError),
    /// No bootstrap server answers.
    #[error(
        "no answer from Kafka at {endpoints} within {seconds} s{}; start it, or correct kafka.endpoint",
        because(reason.as_ref())
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
        /// The topic.
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
        /// The topic.
        topic: String,
        /// The bootstrap servers.
        endpoints: String,
    },
    /// The topic can't be used: its name, rights, a partition without leader.
    #[error(
        "the topic {topic:?} can't be used ({reason}); look at it with: kafka-topics.sh --bootstrap-server {endpoints} --describe --topic {topic}"
    )]
    UnusableTopic {
        /// The topic.
        topic: String,
        /// The broker's answer.
        reason: String,
        /// The bootstrap servers.
        endpoints: String,
    },
    /// A bootstrap server answers, but the broker that it names for the topic doesn't.
    #[error(
        "Kafka answers, but not the broker {broker}, which leads the topic {topic:?}{}; \
         if it runs, make its advertised.listeners an address that this machine reaches",
        because(reason.as_ref())
    )]
    LeaderUnreachable {
        /// The topic.
        topic: String,
        /// Address of the broker, as Kafka advertises it.
        broker: String,
        /// The last connection's failure, where there was one.
        reason: Option<String>,
    },
    /// The topic takes only smaller records.
    #[error(
        "the model takes a record of {needed} bytes, and the topic {topic:?} takes {limit} (max.message.bytes); raise it with: \
         kafka-configs.sh --bootstrap-server {endpoints} --alter --entity-type topics --entity-name {topic} --add-config max.message.bytes={needed}"
    )]
    AboveTopicLimit {
        /// The topic.
        topic: String,
        /// Bytes of the record.
        needed: u64,
        /// Bytes that the topic takes.
        limit: u64,
        /// The bootstrap servers.
        endpoints: String,
    },
    /// The broker would close the connection.
    #[error(
        "the model takes a request of {needed} bytes, and the broker {broker} takes {limit} (socket.request.max.bytes); \
         write socket.request.max.bytes={needed} into each broker's server.properties, and restart it"
    )]
    AboveBrokerLimit {
        /// Address of the broker.
        broker: String,
        /// Bytes of the request.
        needed: u64,
        /// Bytes that the broker takes.
        limit: u64,
    },
    /// No Kafka client sends this.
    #[error(
        "the model takes a record of {needed} bytes, and one record has at most {CLIENT_LIMIT}; make the model smaller"
    )]
    AboveClientLimit {
        /// Bytes of the record.
        needed: u64,
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
    /// The broker refused the record.
    #[error(
        "Kafka refuses the model's record of {bytes} bytes for the topic {topic:?} ({reason}); look at the topic's and the broker's settings and rights"
    )]
    Refused {
        /// The topic.
        topic: String,
        /// Bytes of the record.
        bytes: u64,
        /// The broker's answer.
        reason: String,
    },
    /// The record was being sent, and no acknowledgement came.
    #[error(
        "Kafka hasn't acknowledged the model: {reason}, after {sent} of {bytes} bytes{}; the topic {topic:?} {} have it: publish it again",
        because(cause.as_ref()),
        if sent < bytes { "doesn't" } else { "may or may not" }
    )]
    Unacknowledged {
        /// The topic.
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

fn because(reason: Option<&String>) -> String {
    reason.map_or_else(String::new, |reason| format!(" ({reason})"))
}
