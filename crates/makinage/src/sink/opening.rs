//! Opens what an operator writes to: waits for its topics, and looks what they take.

use std::{cell::RefCell, sync::Arc, time::Duration};

use kafka_headers::tokens::Supplied;
use rdkafka::{ClientConfig, error::KafkaResult};

use super::{
    bell::Bell,
    client::{KafkaProducers, OutputProducer},
    dead_letters::DeadLetters,
    kafka::{Destination, KafkaSink, Limits},
    operator::OperatorSink,
    partitions::Partitions,
    producer::LookUp,
    purpose::Purpose,
    rereading::Rereader,
};
use crate::{
    clock::SystemClock,
    config::{DataTopic, Operator, SinkTopic},
    event::Fate,
    kafka::{
        client::Cluster,
        clients::Settings,
        limits,
        renewal::MadeWith,
        settings::{CLIENT_LIMIT, METADATA_REFRESH_MS},
        topics::Topic,
    },
    letters::Letterhead,
    source::acks::Acks,
};

/// The longest that an answer is waited for.
const ANSWER: Duration = Duration::from_secs(5);
/// librdkafka's default of `queue.buffering.max.messages`: more than the source lets be open.
const CLIENT_QUEUE: u64 = 100_000;
/// librdkafka's default of `batch.size`.
const CLIENT_BATCH: usize = 1_000_000;

/// The sink of one operator.
pub(crate) type KafkaOperatorSink = OperatorSink<KafkaProducers, SystemClock, Rereader>;

/// What the topics have in common that are opened to be written to.
pub(crate) struct Opening<'o> {
    pub cluster: &'o Cluster,
    /// The data topics.
    pub sources: &'o [DataTopic],
    pub acks: &'o Arc<Acks>,
    /// Ends the wait for topics.
    pub stopped: &'o dyn Fn() -> bool,
}

/// The largest record that a topic takes, and the largest batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Largest {
    Known(usize),
    /// Brokers don't say, and refuse what is too large.
    Unknown,
}

/// What is known of a topic once it is there.
pub(crate) struct Opened<P> {
    /// The sizes of all topics.
    pub partitions: Partitions<P>,
    /// Of the producers that write to it.
    pub settings: Settings,
    pub limits: Limits,
    /// How often sizes are asked again.
    pub interval: Duration,
}

impl Opening<'_> {
    /// What an operator writes to. Waits for those topics and for the data topics, since the partition rule needs their
    /// sizes. `None` when `stopped` says so first.
    pub(crate) fn operator(&self, operator: &Operator) -> KafkaResult<Option<KafkaOperatorSink>> {
        let (bell, _) = Bell::new();
        let Some(outputs) = self.sink(&operator.sink.name, Purpose::Outputs, &bell)? else { return Ok(None) };
        let Some(topic) = &operator.dead_letter else { return Ok(Some(OperatorSink::new(outputs, None))) };
        let Some(letters) = self.sink(topic, Purpose::DeadLetters, &bell)? else { return Ok(None) };
        let originals = Rereader::new(self.cluster, self.names(), bell);
        let letters = DeadLetters::new(letters, self.head(&operator.name), originals, Arc::clone(self.acks));
        Ok(Some(OperatorSink::new(outputs, Some(letters))))
    }

    /// What letters of an operator's begin with.
    pub(crate) fn head(&self, operator: &str) -> Letterhead {
        Letterhead::new(self.cluster.application(), operator, self.names())
    }

    /// The data topics' names.
    pub(crate) fn names(&self) -> Vec<String> {
        self.sources.iter().map(|source| source.name.clone()).collect()
    }

    /// Waits for a topic, and for the data topics. `None` when `stopped` says so first.
    pub(crate) fn topic<P: LookUp>(&self, topic: &str, purpose: Purpose) -> KafkaResult<Option<Opened<P>>> {
        let cluster = self.cluster;
        let producers = self.producers(topic, purpose, cluster.producer());
        let asking = Asking { producers: &producers, client: RefCell::new(producers.asking()?) };
        let sources = self.sources.iter().map(|source| source.name.as_str());
        let Some(partitions) = Partitions::wait_for(&asking, &cluster.connection, topic, sources, self.stopped) else {
            return Ok(None);
        };
        let anything = usize::try_from(CLIENT_LIMIT).unwrap_or(usize::MAX);
        let (max_record, max_batch) = match largest(&producers.settings, topic) {
            Largest::Known(limit) => (limit, limit),
            Largest::Unknown => (anything, limits::DEFAULT_MAX_MESSAGE_BYTES),
        };
        let settings = cluster.output_producer(match purpose {
            Purpose::Outputs => max_record,
            // The broker alone decides: its limit may be raised while one waits that is above it.
            Purpose::DeadLetters => anything,
        });
        let batch_size = batch_size(&settings, max_batch);
        let limits = Limits { max_record, batch_size, share: share(&settings) };
        let interval = refresh_interval(&settings);
        Ok(Some(Opened { partitions, settings, limits, interval }))
    }

    fn producers(&self, topic: &str, purpose: Purpose, settings: Settings) -> KafkaProducers {
        let fate = match purpose {
            Purpose::Outputs => Fate::Finished,
            Purpose::DeadLetters => Fate::DeadLetter,
        };
        let (acks, connection) = (Arc::clone(self.acks), Arc::clone(&self.cluster.connection));
        KafkaProducers { settings, topic: topic.into(), acks, fate, connection }
    }

    /// What writes to one topic.
    fn sink(&self, topic: &str, purpose: Purpose, bell: &Bell) -> KafkaResult<Option<KafkaSink<KafkaProducers>>> {
        let Some(opened) = self.topic(topic, purpose)? else { return Ok(None) };
        let Opened { partitions, settings, limits, interval } = opened;
        let destination = Destination { topic: topic.into(), partitions, limits, purpose };
        let sink = KafkaSink::with(self.producers(topic, purpose, settings), destination, bell.clone(), SystemClock)?;
        // Topics that grow are noticed as soon as the client itself would.
        if let Err(error) = sink.partitions.watch(interval) {
            tracing::warn!(
                code = "K014",
                topic,
                "topics that get more partitions are not noticed before a restart: {error}"
            );
        }
        Ok(Some(sink))
    }
}

impl KafkaSink<KafkaProducers> {
    /// The sink topic alone, without dead letters. `None` when `stopped` says so first.
    pub fn open(
        cluster: &Cluster,
        sink: &SinkTopic,
        sources: &[DataTopic],
        acks: &Arc<Acks>,
        stopped: &dyn Fn() -> bool,
    ) -> KafkaResult<Option<Self>> {
        Opening { cluster, sources, acks, stopped }.sink(&sink.name, Purpose::Outputs, &Bell::new().0)
    }
}

/// A client that asks what topics are like, made anew once the files have changed that it was made with: brokers may
/// answer to none but the new ones.
struct Asking<'p> {
    producers: &'p KafkaProducers,
    client: RefCell<(Supplied<OutputProducer>, MadeWith)>,
}

impl LookUp for Asking<'_> {
    fn look_up(&self, topic: &str) -> Topic {
        let mut client = self.client.borrow_mut();
        if client.1.is_out_of_date() {
            match self.producers.asking() {
                Ok(made) => *client = made,
                Err(error) => return Topic::Unknown(error),
            }
        }
        client.0.look_up(topic)
    }
}

fn refresh_interval(settings: &ClientConfig) -> Duration {
    let interval = settings.get("topic.metadata.refresh.interval.ms").and_then(|ms| ms.parse().ok());
    Duration::from_millis(interval.filter(|ms| *ms > 0).unwrap_or(METADATA_REFRESH_MS))
}

/// The topic's `max.message.bytes`; where brokers don't know the question, or don't tell us, Kafka's default.
fn largest(settings: &Settings, topic: &str) -> Largest {
    match limits::max_message_bytes(settings, topic, ANSWER) {
        Ok(limit) => Largest::Known(limit.unwrap_or(limits::DEFAULT_MAX_MESSAGE_BYTES)),
        // What the topic takes must not fail by a guess.
        Err(why) => {
            tracing::debug!("no broker says how large a record topic {topic} takes ({why}): it decides for itself");
            Largest::Unknown
        }
    }
}

/// Half of what the producer holds.
fn share(settings: &ClientConfig) -> u64 {
    // 0 is no bound.
    let queue = settings.get("queue.buffering.max.messages").and_then(|messages| messages.parse().ok());
    let queue = queue.filter(|messages| *messages > 0).unwrap_or(CLIENT_QUEUE);
    (queue / 2).max(1)
}

/// The broker holds `max.message.bytes` against a whole batch, and would refuse all records of a larger one.
fn batch_size(settings: &ClientConfig, max_batch: usize) -> usize {
    let wanted = settings.get("batch.size").and_then(|bytes| bytes.parse().ok()).unwrap_or(CLIENT_BATCH);
    wanted.min(max_batch)
}
