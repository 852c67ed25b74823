//! Topics that may not be there yet: how many partitions they have, and the line that says what to do.

use std::{
    mem,
    time::{Duration, Instant},
};

use rdkafka::{
    client::{Client, ClientContext},
    error::{KafkaError, RDKafkaErrorCode},
};

use crate::said::Said;

/// How long a request for metadata may take.
const METADATA_TIMEOUT: Duration = Duration::from_secs(5);
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

/// The command that makes a topic, for messages.
pub fn create_command(endpoint: &str, topic: &str) -> String {
    format!("kafka-topics.sh --bootstrap-server {endpoint} --create --topic {topic}")
}

/// Waits for a topic, which `look_up` asks for: how many partitions it has. `pause` lets time pass between two looks,
/// and says whether there is to be another; `None` once there isn't. `endpoint` is how the user named the brokers.
pub fn wait_for(
    endpoint: &str,
    topic: &str,
    mut look_up: impl FnMut() -> Topic,
    mut pause: impl FnMut() -> bool,
) -> Option<i32> {
    let mut waiting = Waiting::new(endpoint, topic);
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
    endpoint: &'a str,
    topic: &'a str,
    since: Instant,
    said: Said<mem::Discriminant<Topic>>,
}

impl<'a> Waiting<'a> {
    /// Nothing has been told yet.
    fn new(endpoint: &'a str, topic: &'a str) -> Self {
        Self { endpoint, topic, since: Instant::now(), said: Said::default() }
    }

    /// The topic, or the broker, isn't there.
    fn tell(&mut self, found: &Topic) {
        if self.since.elapsed() < PATIENCE || !self.said.is_news(mem::discriminant(found)) {
            return;
        }
        let (endpoint, topic) = (self.endpoint, self.topic);
        match found {
            Topic::Missing => tracing::warn!(
                "topic {topic} is not on Kafka at {endpoint}: waiting for it; create it with: {}",
                create_command(endpoint, topic)
            ),
            Topic::Unknown(error) => tracing::warn!(
                "Kafka at {endpoint} does not answer for topic {topic} ({error}): waiting; check that Kafka runs there, and kafka.endpoint"
            ),
            Topic::Partitions(_) => {}
        }
    }

    /// It is there now.
    fn over(&mut self) {
        if self.said.over().is_some() {
            tracing::info!("topic {} is there now", self.topic);
        }
    }
}
