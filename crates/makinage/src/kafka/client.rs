//! The settings of the program's Kafka clients.

use std::{sync::Arc, time::Duration};

use rdkafka::ClientConfig;

use super::context::Connection;
use crate::config::Kafka;

/// How often clients ask again which topics and partitions there are: the default of 5 minutes would be the wait for one that appears.
pub const METADATA_REFRESH_MS: u64 = 10_000;

/// How often consumers tell of their connections: twice within the time after which a silent broker is told.
pub const STATISTICS_MS: &str = "2000";
/// librdkafka's default of `fetch.wait.max.ms`.
const FETCH_WAIT: Duration = Duration::from_millis(500);

/// The Kafka cluster as one application meets it: what all its clients have in common.
#[derive(Debug, Clone)]
pub struct Cluster {
    kafka: Kafka,
    application: String,
    /// Whether its brokers answer: one word of all clients, so that it is told once.
    pub connection: Arc<Connection>,
}

impl Cluster {
    /// The cluster of the `kafka` section, met as `application`, which is also the consumer group.
    pub fn new(kafka: &Kafka, application: &str) -> Self {
        let wait = kafka.properties.get("fetch.wait.max.ms").and_then(|ms| ms.parse().ok());
        let wait = wait.map_or(FETCH_WAIT, Duration::from_millis);
        let connection = Arc::new(Connection::new(&kafka.endpoints, wait));
        Self { kafka: kafka.clone(), application: application.to_owned(), connection }
    }

    /// The application's name.
    pub fn application(&self) -> &str {
        &self.application
    }

    /// The bootstrap servers, for messages and commands.
    pub fn endpoint(&self) -> String {
        self.kafka.endpoints.join(",")
    }

    /// Settings that all clients share; the user's properties are in, what a promise rests on is set over them by each client.
    pub fn base(&self) -> ClientConfig {
        let mut client = ClientConfig::new();
        client
            .set("client.id", &self.application)
            // A silent broker must not keep a reconnect waiting for long once it is back.
            .set("reconnect.backoff.max.ms", "2000")
            .set("socket.keepalive.enable", "true")
            .set("topic.metadata.refresh.interval.ms", METADATA_REFRESH_MS.to_string())
            // The broker's policy decides whether a topic is made: the page never creates one.
            .set("allow.auto.create.topics", "true")
            .set("log.connection.close", "false");
        for (name, value) in &self.kafka.properties {
            client.set(name, value);
        }
        client.set("bootstrap.servers", self.endpoint());
        client
    }

    /// Settings of the consumer of the data topics.
    pub fn data_consumer(&self) -> ClientConfig {
        let mut client = self.base();
        client
            .set("group.id", &self.application)
            // Commits are made of what is stored, and only finished offsets are stored.
            .set("enable.auto.commit", "true")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "earliest")
            .set("isolation.level", "read_committed")
            .set("partition.assignment.strategy", "cooperative-sticky")
            // What tells of a broker that is frozen: its requests time out only after a minute. Nobody else sees them.
            .set("statistics.interval.ms", STATISTICS_MS);
        self.default(&mut client, "auto.commit.interval.ms", "1000");
        // The default second stalls a fast consumer whenever its queue has been full: measured 122 k/s against 204 k/s.
        self.default(&mut client, "fetch.queue.backoff.ms", "5");
        // Prefetched records are memory beside the pipeline's own bound.
        self.default(&mut client, "queued.max.messages.kbytes", "32768");
        client
    }

    /// Settings of what reads the model topic.
    pub fn model_consumer(&self) -> ClientConfig {
        let mut client = self.base();
        client
            // Needed to assign partitions; nothing is committed, and no group is joined.
            .set("group.id", format!("{}-models", self.application))
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            // Where a position is gone, what is there was never read: no model is skipped.
            .set("auto.offset.reset", "earliest")
            .set("isolation.level", "read_committed")
            // One record may hold a whole model: whatever the topic takes must pass, and a broker sends a first record above what it is asked for.
            .set("receive.message.max.bytes", "2147483647")
            // Beside the record at hand so much may wait: chunks pass through memory by the thousand.
            .set("fetch.message.max.bytes", "1048576")
            .set("fetch.max.bytes", "4194304")
            .set("queued.min.messages", "1")
            .set("queued.max.messages.kbytes", "1024")
            // The default second would be a wait after nearly every chunk.
            .set("fetch.queue.backoff.ms", "5");
        client
    }

    /// Settings of the producer of predictions.
    pub fn producer(&self) -> ClientConfig {
        let mut client = self.base();
        client
            .set("enable.idempotence", "true")
            .set("acks", "all")
            // A broker that is away is waited for, however long; see KIP-91 for what this bounds.
            .set("message.timeout.ms", "0")
            // Java's default partitioner, so that keys land where other producers put them.
            .set("partitioner", "murmur2_random")
            .set("topic.metadata.propagation.max.ms", "3600000");
        // The default 5 ms is a floor under every prediction's latency; batches grow by themselves under load.
        self.default(&mut client, "linger.ms", "1");
        self.default(&mut client, "queue.buffering.max.kbytes", "262144");
        client
    }

    /// What the user may set otherwise.
    fn default(&self, client: &mut ClientConfig, name: &str, value: &str) {
        if !self.kafka.properties.contains_key(name) {
            client.set(name, value);
        }
    }
}
