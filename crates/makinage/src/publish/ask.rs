//! The questions that the publisher asks Kafka: about topics, leaders and limits.

use std::time::{Duration, Instant};

use rdkafka::{
    admin::{ConfigResource, ResourceSpecifier},
    error::{KafkaError, RDKafkaErrorCode},
    metadata::{Metadata, MetadataTopic},
    producer::Producer,
};

use super::{client::Publisher, error::PublishError};
use crate::kafka::{
    denied::{Operation, Resource, is_denial_code},
    described::{self, Untold, reason},
    explained::Explained,
    reach,
};

/// The longest wait for any bootstrap server's first answer.
const CONNECT: Duration = Duration::from_secs(12);
/// The longest wait for a topic that the broker is about to create, or to find a leader for.
const TOPIC: Duration = Duration::from_secs(5);
/// The longest wait for the leader of a partition.
const LEADER: Duration = Duration::from_secs(8);
/// The longest wait for what a topic or broker takes.
const LIMIT: Duration = Duration::from_secs(5);
/// One attempt of several.
const ATTEMPT: Duration = Duration::from_secs(1);

/// A broker that leads partitions of a topic.
pub(super) struct Leader {
    pub(super) id: i32,
    /// Its address, as Kafka advertises it.
    pub(super) address: String,
    /// One of the partitions.
    partition: i32,
}

/// What one question about a topic brought.
enum Answer {
    Silence,
    Absent,
    /// For a reason that may pass.
    NotYet(String),
    /// Until somebody grants it.
    Denied(String),
    /// For good.
    Unusable(String),
    Leaders(Vec<Leader>),
}

impl Publisher {
    /// Asks for a topic until it is there, which makes a broker create it whose policy that is.
    pub(super) fn leaders(&self, topic: &str, deadline: Instant) -> Result<Vec<Leader>, PublishError> {
        let started = Instant::now();
        let mut answered_at = None;
        loop {
            let answer = self.ask(topic);
            let now = Instant::now();
            if !matches!(answer, Answer::Silence) {
                answered_at.get_or_insert(now);
            }
            let give_up_at = answered_at.map_or(started + CONNECT, |at| at + TOPIC).min(deadline);
            match answer {
                Answer::Leaders(leaders) => return Ok(leaders),
                Answer::Denied(reason) => return Err(self.denied(topic, &reason)),
                Answer::Unusable(reason) => return Err(self.unusable(topic, reason)),
                _ if now < give_up_at => {}
                Answer::NotYet(reason) => return Err(self.unusable(topic, reason)),
                Answer::Absent => {
                    let (topic, endpoints) = (topic.to_owned(), self.endpoints.clone());
                    return Err(if self.creates_topics {
                        PublishError::NoTopic { topic, endpoints }
                    } else {
                        PublishError::NoTopicYet { topic, endpoints }
                    });
                }
                Answer::Silence => {
                    return Err(self.unanswered(topic, now - started));
                }
            }
            self.listen(Duration::from_millis(200));
        }
    }

    fn ask(&self, topic: &str) -> Answer {
        match self.producer.client().fetch_metadata(Some(topic), ATTEMPT) {
            Err(_) => Answer::Silence,
            Ok(metadata) => match metadata.topics() {
                [about] => read_topic(about, &metadata),
                _ => Answer::Absent,
            },
        }
    }

    /// Nobody has answered: Kafka itself, or a broker that it has named.
    fn unanswered(&self, topic: &str, waited: Duration) -> PublishError {
        let endpoints = self.endpoints.clone();
        let failures = self.heard().failures();
        if let Some(explained) = failures.explained(&self.cluster.terms(), &endpoints) {
            return explained.into();
        }
        if let Some((broker, reason)) = failures.named(&endpoints) {
            let (topic, broker, reason) = (topic.to_owned(), broker.to_owned(), Some(reason.to_owned()));
            return PublishError::LeaderUnreachable { endpoints, topic, broker, reason };
        }
        let reason = failures.last().map(|(reason, _)| reason.to_owned());
        PublishError::Unreachable { endpoints, seconds: waited.as_secs(), reason }
    }

    /// The right to publish is missing.
    pub(super) fn denied(&self, topic: &str, reason: &str) -> PublishError {
        let operations = [Operation::Write, Operation::Describe];
        Explained(self.cluster.rights().missing(reason, Resource::Topic(topic), &operations)).into()
    }

    fn unusable(&self, topic: &str, reason: String) -> PublishError {
        PublishError::UnusableTopic { topic: topic.to_owned(), reason, endpoints: self.endpoints.clone() }
    }

    /// Makes sure that a leader answers: its advertised address may be another than the one that answered so far.
    pub(super) fn reach(&self, topic: &str, leader: &Leader, deadline: Instant) -> Result<(), PublishError> {
        let give_up_at = (Instant::now() + LEADER).min(deadline);
        loop {
            let asked = self.producer.client().fetch_watermarks(topic, leader.partition, ATTEMPT);
            match asked {
                Ok(_) => return Ok(()),
                Err(error) if !is_silence(&error) => {
                    return Err(self.unusable(topic, reason(&error)));
                }
                Err(_) if Instant::now() >= give_up_at => {
                    return Err(PublishError::LeaderUnreachable {
                        endpoints: self.endpoints.clone(),
                        topic: topic.to_owned(),
                        broker: leader.address.clone(),
                        reason: self.heard().failures().about(&leader.address).map(str::to_owned),
                    });
                }
                Err(_) => self.listen(Duration::from_millis(200)),
            }
        }
    }

    /// Asks for the settings of a topic or broker.
    pub(super) fn describe(&self, what: ResourceSpecifier<'_>, deadline: Instant) -> Result<ConfigResource, Untold> {
        let timeout = LIMIT.min(deadline.saturating_duration_since(Instant::now()));
        described::describe(&self.admin, &what, timeout)
    }

    /// Takes in what librdkafka has to tell, for as long as there is something or the time lasts.
    pub(super) fn listen(&self, time: Duration) {
        let until = Instant::now() + time;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            self.producer.poll(left);
        }
    }
}

fn read_topic(about: &MetadataTopic, metadata: &Metadata) -> Answer {
    match about.error().map(RDKafkaErrorCode::from) {
        None => {}
        Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
            return Answer::Absent;
        }
        Some(code @ RDKafkaErrorCode::LeaderNotAvailable) => {
            return Answer::NotYet(code.to_string());
        }
        Some(code) if is_denial_code(code) => return Answer::Denied(code.to_string()),
        Some(code) => return Answer::Unusable(code.to_string()),
    }
    let mut leaders: Vec<Leader> = Vec::new();
    for partition in about.partitions() {
        let Some(broker) = metadata.brokers().iter().find(|broker| broker.id() == partition.leader()) else {
            return Answer::NotYet(format!("partition {} has no leader", partition.id()));
        };
        if leaders.iter().all(|leader| leader.id != broker.id()) {
            leaders.push(Leader {
                id: broker.id(),
                address: format!("{}:{}", broker.host(), broker.port()),
                partition: partition.id(),
            });
        }
    }
    if leaders.is_empty() {
        return Answer::Absent;
    }
    Answer::Leaders(leaders)
}

/// Whether the broker didn't answer, or not as the leader yet.
fn is_silence(error: &KafkaError) -> bool {
    reach::is_silence(error)
        || matches!(
            error.rdkafka_error_code(),
            Some(
                RDKafkaErrorCode::UnknownPartition
                    | RDKafkaErrorCode::LeaderNotAvailable
                    | RDKafkaErrorCode::NotLeaderForPartition
                    | RDKafkaErrorCode::UnknownTopicOrPartition
            )
        )
}
