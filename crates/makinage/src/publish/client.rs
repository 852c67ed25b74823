//! The Kafka client of the publisher, and what it hears.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rdkafka::{
    ClientConfig, ClientContext, Message, Statistics,
    admin::AdminClient,
    config::RDKafkaLogLevel,
    consumer::ConsumerContext,
    error::KafkaError,
    producer::{BaseProducer, DeliveryResult, ProducerContext},
    types::RDKafkaErrorCode,
};

use super::{error::PublishError, flow::Traffic, size::CLIENT_LIMIT};
use crate::{config::PublishConfig, kafka::reach::Failures};

/// Room that `message.max.bytes` leaves for a record's key and headers.
const RECORD_SLACK: u64 = 64 << 10;
/// librdkafka's own default, below which there is no reason to go.
const USUAL_LIMIT: u64 = 1_000_000;
/// The time to send a record and have it acknowledged: this, and its size at the slowest rate that is waited for …
const ATTEMPT_MS: u64 = 60_000;
const SLOWEST_BYTES_PER_MS: u64 = 64;
/// … but never more than the upper end of librdkafka's `socket.timeout.ms`, which caps each request.
const LONGEST_ATTEMPT_MS: u64 = 300_000;

/// Publishes models on the topics of one Kafka cluster.
pub struct Publisher {
    pub(super) producer: BaseProducer<Events>,
    pub(super) admin: AdminClient<Events>,
    /// The bootstrap servers, for messages and commands.
    pub(super) endpoints: String,
    /// The client's name in requests.
    pub(super) client_id: String,
    /// Whether asking for a topic may create it.
    pub(super) creates_topics: bool,
    /// The settings that all clients share.
    pub(super) base: ClientConfig,
}

impl Publisher {
    /// Sets up the clients for models of at most `largest` bytes; nothing is sent yet. A topic that isn't there may be created by being asked for,
    /// where that is the broker's policy.
    pub fn new(config: &PublishConfig, largest: u64) -> Result<Self, PublishError> {
        Self::create(config, largest, true)
    }

    /// The same for asking only: no topic is created.
    pub fn for_asking(config: &PublishConfig, largest: u64) -> Result<Self, PublishError> {
        Self::create(config, largest, false)
    }

    fn create(config: &PublishConfig, largest: u64, creates_topics: bool) -> Result<Self, PublishError> {
        let endpoints = config.kafka.endpoints.join(",");
        let mut settings = ClientConfig::new();
        settings
            .set("client.id", &config.application)
            .set("socket.connection.setup.timeout.ms", "10000")
            .set("reconnect.backoff.max.ms", "1000")
            // Java's, so that any tool that publishes with the same key reaches the same partition.
            .set("partitioner", "murmur2_random");
        for (name, value) in &config.kafka.properties {
            settings.set(name, value);
        }
        settings.set("bootstrap.servers", &endpoints);
        // Broken connections are told at this level, and a failure names the last one.
        settings.set_log_level(RDKafkaLogLevel::Info);
        let base = settings.clone();
        let admin = create(&settings)?;
        let attempt = attempt_ms(largest);
        settings
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("allow.auto.create.topics", creates_topics.to_string())
            // A zip doesn't get smaller, and the attempt would hold a second copy of it.
            .set("compression.codec", "none")
            .set("linger.ms", "0")
            .set("statistics.interval.ms", "250")
            .set("message.max.bytes", record_limit(largest).to_string())
            .set("socket.timeout.ms", attempt.to_string())
            .set("message.timeout.ms", (2 * attempt).to_string());
        let producer = create(&settings)?;
        Ok(Self { producer, admin, endpoints, client_id: config.application.clone(), creates_topics, base })
    }

    pub(super) fn events(&self) -> &Events {
        use rdkafka::producer::Producer;
        self.producer.context()
    }
}

fn create<T: rdkafka::config::FromClientConfigAndContext<Events>>(settings: &ClientConfig) -> Result<T, PublishError> {
    settings.create_with_context(Events::default()).map_err(PublishError::Client)
}

fn record_limit(largest: u64) -> u64 {
    (largest + RECORD_SLACK).clamp(USUAL_LIMIT, CLIENT_LIMIT)
}

fn attempt_ms(largest: u64) -> u64 {
    (ATTEMPT_MS + largest / SLOWEST_BYTES_PER_MS).min(LONGEST_ATTEMPT_MS)
}

/// librdkafka's names for log messages that say why a connection ended.
const BROKEN_CONNECTION: [&str; 2] = ["FAIL", "REQTMOUT"];

/// Where the record ended: partition and offset.
pub(super) type Acknowledgement = Result<(i32, i64), KafkaError>;

/// What librdkafka tells while it is polled.
#[derive(Default)]
pub(super) struct Events {
    failures: Mutex<Failures>,
    traffic: Mutex<Traffic>,
    acknowledgement: Mutex<Option<Acknowledgement>>,
}

impl Events {
    /// The last connection's failure.
    pub(super) fn failure(&self) -> Option<String> {
        self.failures().last().map(|(reason, _)| reason.to_owned())
    }

    /// Why connections ended.
    pub(super) fn failures(&self) -> MutexGuard<'_, Failures> {
        lock(&self.failures)
    }

    pub(super) fn traffic(&self) -> Traffic {
        *lock(&self.traffic)
    }

    /// The outcome of the one record that is on its way.
    pub(super) fn take_acknowledgement(&self) -> Option<Acknowledgement> {
        lock(&self.acknowledgement).take()
    }
}

impl ClientContext for Events {
    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(target: "librdkafka", facility, "{message}");
        // A request that timed out before it was sent follows from a connection that was not made.
        if BROKEN_CONNECTION.contains(&facility) && !message.contains("Timed out 0 in-flight") {
            self.failures().note(message);
        }
    }

    fn stats(&self, statistics: Statistics) {
        *lock(&self.traffic) = statistics.brokers.values().fold(Traffic::default(), |sum, broker| Traffic {
            bytes: sum.bytes + broker.txbytes,
            disconnects: sum.disconnects + broker.disconnects.and_then(|n| n.try_into().ok()).unwrap_or(0),
        });
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // That all brokers are down follows from what was said of each.
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            self.failures().note(reason);
        }
    }
}

impl ConsumerContext for Events {}

impl ProducerContext for Events {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        *lock(&self.acknowledgement) = Some(match result {
            Ok(message) => Ok((message.partition(), message.offset())),
            Err((error, _)) => Err(error.clone()),
        });
    }
}

/// What a panicking thread left behind is still the last that was heard.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
