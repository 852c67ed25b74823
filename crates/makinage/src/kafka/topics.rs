//! Topics that may not be there yet: how many partitions they have, and the line that says what to do.

use std::{
    mem,
    time::{Duration, Instant},
};

use rdkafka::{
    client::{Client, ClientContext},
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    metadata::MetadataTopic,
};

use super::{
    context::Connection,
    denied::{Operation, Resource, Wanted},
    reach::is_silence,
};
use crate::said::Said;

/// How long a request for metadata may take.
const METADATA_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one may take in whose time nothing else is looked at.
const MOMENT: Duration = Duration::from_millis(500);
/// A shorter wait is not told: a broker that makes topics by itself takes a moment for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a broker says of a topic.
#[derive(Debug)]
pub enum Topic {
    /// It is there, with so many partitions.
    Partitions(i32),
    /// It isn't there.
    Missing,
    /// No broker answered, or it refused.
    Unknown(KafkaError),
}

/// Asks for one topic. Where the broker makes topics by itself, this makes it.
pub fn look_up<C: ClientContext>(client: &Client<C>, topic: &str) -> Topic {
    let metadata = match client.fetch_metadata(Some(topic), METADATA_TIMEOUT) {
        Ok(metadata) => metadata,
        Err(error) => return Topic::Unknown(error),
    };
    match metadata.topics().iter().find(|found| found.name() == topic) {
        Some(found) if found.error().is_none() && !found.partitions().is_empty() => {
            Topic::Partitions(i32::try_from(found.partitions().len()).unwrap_or(i32::MAX))
        }
        Some(found) => match found.error().map(RDKafkaErrorCode::from) {
            None | Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::LeaderNotAvailable) => {
                Topic::Missing
            }
            Some(code) => Topic::Unknown(KafkaError::MetadataFetch(code)),
        },
        None => Topic::Missing,
    }
}

/// How many partitions a topic has. An error where it isn't there, and where that isn't known for sure: a broker that
/// answers with an error, or without partitions, says nothing of the topic.
pub fn count_partitions<C: ClientContext>(client: &Client<C>, topic: &str) -> KafkaResult<i32> {
    let metadata = client.fetch_metadata(Some(topic), METADATA_TIMEOUT)?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    counted(found.map(|found| (found.error().map(RDKafkaErrorCode::from), found.partitions().len())))
}

fn counted(found: Option<(Option<RDKafkaErrorCode>, usize)>) -> KafkaResult<i32> {
    match found {
        Some((None, partitions @ 1..)) => Ok(i32::try_from(partitions).unwrap_or(i32::MAX)),
        Some((Some(code), _)) => Err(KafkaError::MetadataFetch(code)),
        Some((None, 0)) | None => Err(KafkaError::MetadataFetch(RDKafkaErrorCode::LeaderNotAvailable)),
    }
}

/// Asks for one topic, for a moment: whether it is there. An error where no broker has answered.
pub fn is_there<C: ClientContext>(client: &Client<C>, topic: &str) -> KafkaResult<bool> {
    let metadata = client.fetch_metadata(Some(topic), MOMENT)?;
    let error = |found: &MetadataTopic| found.error().map(RDKafkaErrorCode::from);
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    Ok(!matches!(
        found.and_then(error),
        Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::LeaderNotAvailable)
    ))
}

/// The command that makes a topic, for messages.
pub fn create_command(endpoint: &str, topic: &str) -> String {
    format!("kafka-topics.sh --bootstrap-server {endpoint} --create --topic {topic}")
}

/// Waits for a topic, which `look_up` asks for: how many partitions it has. `pause` lets time pass between two looks,
/// and says whether there is to be another; `None` once there isn't.
pub fn wait_for(
    connection: &Connection,
    wanted: Wanted<'_>,
    mut look_up: impl FnMut() -> Topic,
    mut pause: impl FnMut() -> bool,
) -> Option<i32> {
    let mut waiting = Waiting::new(connection, wanted);
    loop {
        let found = look_up();
        if let Topic::Partitions(count) = found {
            waiting.over();
            return Some(count);
        }
        waiting.tell(&found);
        if !pause() {
            return None;
        }
    }
}

/// Tells once what is waited for, a topic or first the broker, and once that the wait is over.
struct Waiting<'a> {
    connection: &'a Connection,
    wanted: Wanted<'a>,
    since: Instant,
    said: Said<mem::Discriminant<Topic>>,
}

impl<'a> Waiting<'a> {
    /// Nothing has been told yet.
    fn new(connection: &'a Connection, wanted: Wanted<'a>) -> Self {
        Self { connection, wanted, since: Instant::now(), said: Said::default() }
    }

    /// The topic, or the broker, isn't there.
    fn tell(&mut self, found: &Topic) {
        // Why no broker answers may have been told already, and is no fault of the topic's.
        let is_explained = matches!(found, Topic::Unknown(error) if is_silence(error)) && self.connection.is_refused();
        if is_explained || self.since.elapsed() < PATIENCE || !self.said.is_news(mem::discriminant(found)) {
            return;
        }
        let (endpoint, Wanted { topic, operation }) = (&self.connection.rights.endpoint, self.wanted);
        match found {
            Topic::Missing => tracing::warn!(
                code = "K007",
                topic,
                "topic {topic} is not on Kafka at {endpoint}: waiting for it; create it with: {}",
                create_command(endpoint, topic)
            ),
            Topic::Unknown(error)
                if self.connection.denied(error, Resource::Topic(topic), &[operation, Operation::Describe]) => {}
            Topic::Unknown(error) => tracing::warn!(
                code = "K008",
                topic,
                "Kafka at {endpoint} does not answer for topic {topic} ({error}): waiting; check that Kafka runs there, and kafka.endpoint"
            ),
            Topic::Partitions(_) => {}
        }
    }

    /// It is there now.
    fn over(&mut self) {
        if self.said.over().is_some() {
            tracing::info!(topic = self.wanted.topic, "topic {} is there now", self.wanted.topic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_an_error_nor_a_topic_without_partitions_is_taken_for_a_count() {
        use RDKafkaErrorCode::{LeaderNotAvailable, TopicAuthorizationFailed, UnknownTopicOrPartition};
        assert_eq!(counted(Some((None, 3))), Ok(3));
        for code in [UnknownTopicOrPartition, TopicAuthorizationFailed, LeaderNotAvailable] {
            assert_eq!(counted(Some((Some(code), 0))), Err(KafkaError::MetadataFetch(code)));
            assert_eq!(counted(Some((Some(code), 3))), Err(KafkaError::MetadataFetch(code)));
        }
        assert_eq!(counted(Some((None, 0))), Err(KafkaError::MetadataFetch(LeaderNotAvailable)));
        assert_eq!(counted(None), Err(KafkaError::MetadataFetch(LeaderNotAvailable)));
    }
}
