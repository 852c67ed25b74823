//! The settings of all Kafka clients, service and commands alike; only the demo's own, beside its mock cluster, are set
//! up elsewhere.
//!
//! What is in `base` is every client's; the user's `kafka.properties` are set over it, what secures connections beside
//! them, and what a promise rests on is set over them. What only `default` sets is the user's to change.

use std::sync::Arc;

mod letters;

use rdkafka::{ClientConfig, config::RDKafkaLogLevel};

use super::{client::Cluster, clients::Settings, denied::Rights, pulse::STATISTICS, terms::Terms};

/// How often clients ask again which topics and partitions there are: the default of 5 minutes would be the wait for
/// one that appears.
pub const METADATA_REFRESH_MS: u64 = 10_000;
/// The largest record that librdkafka sends: the upper end of its `message.max.bytes`.
pub const CLIENT_LIMIT: u64 = 1_000_000_000;

/// The longest wait before a broker is tried again.
const LONGEST_BACKOFF_MS: u64 = 1000;
/// Room that `message.max.bytes` leaves for a record's key and headers.
const RECORD_SLACK: u64 = 64 << 10;
/// librdkafka's own default of `message.max.bytes`, below which there is no reason to go.
const USUAL_LIMIT: u64 = 1_000_000;
/// The lower end of `message.max.bytes`.
const LEAST_LIMIT: u64 = 1000;
/// What the producers of outputs hold, at least: more than the source lets be open, with what an output may have more
/// than its event. One partition that takes nothing would fill a smaller queue for all. The first is librdkafka's
/// default, the second that of here.
const LEAST_QUEUED: u64 = 100_000;
const LEAST_QUEUED_KBYTES: u64 = 262_144;
/// The time to send a model's record and have it acknowledged: this, and its size at the slowest rate that is waited
/// for …
const ATTEMPT_MS: u64 = 60_000;
const SLOWEST_BYTES_PER_MS: u64 = 64;
/// … but never more than the upper end of librdkafka's `socket.timeout.ms`, which caps each request.
const LONGEST_ATTEMPT_MS: u64 = 300_000;

impl Cluster {
    fn base(&self) -> Settings {
        let mut client = Settings::new(self.tokens.clone(), Arc::clone(&self.renewal));
        client
            .set("client.id", self.application())
            // A silent broker must not keep a reconnect waiting for long once it is back.
            .set("reconnect.backoff.max.ms", self.longest_backoff_ms().to_string())
            .set("socket.keepalive.enable", "true")
            .set("topic.metadata.refresh.interval.ms", METADATA_REFRESH_MS.to_string())
            // The broker's policy decides whether a topic is made: Maki Nage's documentation never says that one is.
            .set("allow.auto.create.topics", "true")
            .set("log.connection.close", "false");
        for (name, value) in &self.kafka.properties {
            client.set(name, value);
        }
        for (name, value) in &self.kafka.security.properties {
            client.set(name, value.reveal());
        }
        client.set("bootstrap.servers", self.endpoint());
        client
    }

    /// How all clients come to brokers, and as whom.
    pub fn terms(&self) -> Terms {
        Terms::of(&self.base())
    }

    /// As whom they come, for words about rights.
    pub fn rights(&self) -> Rights {
        Rights { endpoint: self.endpoint(), principal: self.terms().principal() }
    }

    /// Of the consumer of the data topics.
    pub fn data_consumer(&self) -> Settings {
        let mut client = self.base();
        client
            .set("group.id", self.application())
            // Commits are made of what is stored, and only finished offsets are stored.
            .set("enable.auto.commit", "true")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "earliest")
            .set("isolation.level", "read_committed")
            .set("partition.assignment.strategy", "cooperative-sticky")
            // What tells of a broker that is frozen: its requests time out only after a minute. Nobody else sees them.
            .set("statistics.interval.ms", statistics_ms());
        self.default(&mut client, "auto.commit.interval.ms", "1000");
        // The default second stalls a fast consumer whenever its queue has been full: measured 122 k/s against 204 k/s.
        self.default(&mut client, "fetch.queue.backoff.ms", "5");
        // Prefetched records are memory beside the pipeline's own bound, whose queue is what keeps the pipeline busy:
        // the client's needs to last for a round trip. A record takes 400 bytes there beside its own, so that the usual
        // megabyte of small ones in each partition would be hundreds of megabytes. A larger batch comes by itself.
        self.default(&mut client, "queued.max.messages.kbytes", "32768");
        self.default(&mut client, "queued.min.messages", "2000");
        self.default(&mut client, "fetch.max.bytes", "524288");
        // librdkafka refuses one above `fetch.max.bytes`; of a consumer it means nothing else but the first guess at
        // what a batch unpacks to.
        let fetched = client.get("fetch.max.bytes").and_then(|bytes| bytes.trim().parse().ok()).unwrap_or(USUAL_LIMIT);
        client.set("message.max.bytes", fetched.clamp(LEAST_LIMIT, USUAL_LIMIT).to_string());
        client
    }

    /// Of who asks how far the group is, once no transaction is about to change that, and isn't a member.
    pub fn offsets_reader(&self) -> Settings {
        let mut client = self.asker();
        client
            .set("group.id", self.application())
            .set("enable.auto.commit", "false")
            .set("isolation.level", "read_committed");
        client
    }

    /// Of what follows the model topic.
    pub fn model_consumer(&self) -> Settings {
        let mut client = self.model_reader();
        // The other pulse beside the data topics' consumer: this one fetches while a group waits for its members.
        client.set("statistics.interval.ms", statistics_ms());
        client
    }

    /// Of what reads stretches of the model topic, one after the other.
    pub fn model_stretches(&self) -> Settings {
        let mut client = self.model_consumer();
        // A fetch that waits behind a stretch's end holds up the next stretch: a broker is asked for one at a time.
        self.default(&mut client, "fetch.wait.max.ms", "50");
        client
    }

    /// Of what looks at the model topic once, and has no topic created by that.
    pub fn model_looker(&self) -> Settings {
        let mut client = self.model_reader();
        client.set("allow.auto.create.topics", "false");
        client
    }

    fn model_reader(&self) -> Settings {
        let mut client = self.base();
        client
            // Needed to assign partitions; nothing is committed, and no group is joined.
            .set("group.id", format!("{}-models", self.application()))
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            // Where a position is gone, what is there was never read: no model is skipped.
            .set("auto.offset.reset", "earliest")
            .set("isolation.level", "read_committed")
            // One record may hold a whole model: whatever the topic takes must pass, and a broker sends a first record
            // above what it is asked for.
            .set("receive.message.max.bytes", "2147483647")
            // Beside the record at hand so much may wait: chunks pass through memory by the thousand.
            .set("fetch.message.max.bytes", "1048576")
            .set("fetch.max.bytes", "4194304")
            // The user's is meant for producers; librdkafka refuses one above `fetch.max.bytes`.
            .set("message.max.bytes", USUAL_LIMIT.to_string())
            .set("queued.min.messages", "1")
            .set("queued.max.messages.kbytes", "1024")
            // The default second would be a wait after nearly every chunk.
            .set("fetch.queue.backoff.ms", "5");
        client
    }

    /// Of what only asks: to look is not to make, so that no topic is created by it.
    pub fn asker(&self) -> Settings {
        let mut client = self.base();
        client.set("allow.auto.create.topics", "false");
        client
    }

    /// Of the producers of outputs, whose records have at most so many bytes: how they differ, [`in_order`] and
    /// [`alone`] say.
    pub fn output_producer(&self, max_record: usize) -> Settings {
        let mut client = self.producer();
        client.set("message.max.bytes", (max_record as u64).clamp(USUAL_LIMIT, CLIENT_LIMIT).to_string());
        raise(&mut client, "queue.buffering.max.messages", LEAST_QUEUED);
        raise(&mut client, "queue.buffering.max.kbytes", LEAST_QUEUED_KBYTES);
        // They tell of quotas, and are when it looks whether certificates have changed.
        client.set("statistics.interval.ms", statistics_ms());
        client
    }

    /// Of the producer that asks for the topics of outputs.
    pub fn producer(&self) -> Settings {
        let mut client = self.base();
        acknowledged(&mut client)
            // A broker that is away is waited for, however long; see KIP-91 for what this bounds.
            .set("message.timeout.ms", "0")
            .set("topic.metadata.propagation.max.ms", "3600000");
        // The default 5 ms is a floor under every prediction's latency; batches grow by themselves under load, while a
        // partition's batch before is under way.
        self.default(&mut client, "linger.ms", "0");
        self.default(&mut client, "queue.buffering.max.kbytes", &LEAST_QUEUED_KBYTES.to_string());
        client
    }

    /// Of the publisher's producer of models of at most `largest` bytes, each in one record. Asking it for a topic
    /// creates that, where this is the broker's policy.
    pub fn record_producer(&self, largest: u64) -> Settings {
        let attempt = attempt_ms(largest);
        let mut client = self.model_producer();
        client
            .set("allow.auto.create.topics", "true")
            .set("statistics.interval.ms", "250")
            .set("message.max.bytes", record_limit(largest).to_string())
            .set("socket.timeout.ms", attempt.to_string())
            .set("message.timeout.ms", (2 * attempt).to_string());
        client
    }

    /// Of the publisher's producer of chunks of so many bytes.
    pub fn chunk_producer(&self, bytes: u64) -> Settings {
        let mut client = self.model_producer();
        client
            // Two chunks in one batch would be above what the topic takes.
            .set("batch.num.messages", "1")
            .set("message.max.bytes", (bytes + RECORD_SLACK).to_string())
            // The publisher gives up, not the client.
            .set("message.timeout.ms", "0")
            .set("socket.timeout.ms", "120000")
            .set("queue.buffering.max.kbytes", "32768");
        client
    }

    /// Of what the publisher asks with before it sends anything; no topic is created by it.
    pub fn publishing_asker(&self) -> Settings {
        let mut client = self.publishing();
        client.set("allow.auto.create.topics", "false");
        client
    }

    fn model_producer(&self) -> Settings {
        let mut client = self.publishing();
        acknowledged(&mut client)
            // A zip doesn't get smaller, and the attempt would hold a second copy of it.
            .set("compression.codec", "none")
            .set("linger.ms", "0");
        client
    }

    /// What the publisher's clients share: somebody waits for them, and is told why a connection broke.
    fn publishing(&self) -> Settings {
        let mut client = self.base();
        self.default(&mut client, "socket.connection.setup.timeout.ms", "10000");
        // Broken connections are told at this level, and a failure names the last one.
        client.set("log.connection.close", "true").set_log_level(RDKafkaLogLevel::Info);
        client
    }

    /// librdkafka refuses a longest wait below the first, which the user may have set.
    fn longest_backoff_ms(&self) -> u64 {
        let first = self.kafka.properties.get("reconnect.backoff.ms").and_then(|text| text.trim().parse().ok());
        first.unwrap_or(0).max(LONGEST_BACKOFF_MS)
    }

    /// What the user may set otherwise.
    fn default(&self, client: &mut ClientConfig, name: &str, value: &str) {
        if !self.kafka.properties.contains_key(name) {
            client.set(name, value);
        }
    }
}

/// Of the producer of outputs that stops at the first which it can't deliver, so that nothing overtakes that.
pub fn in_order(producer: &Settings, batch_size: usize) -> Settings {
    let mut client = producer.clone();
    client.set("batch.size", batch_size.to_string()).set("enable.gapless.guarantee", "true");
    client
}

/// Of the producer of outputs whose transactions have this name.
pub fn transactional(producer: &Settings, name: &str) -> Settings {
    let mut client = producer.clone();
    client.set("transactional.id", name);
    // An output that is not taken in the time of its transaction ends that, and goes with the next one: librdkafka's
    // default, then.
    client.remove("message.timeout.ms");
    // Of connections that break each has to be told, since what was asked may be asked again then, and come twice. At
    // other levels librdkafka keeps to itself those that break as the one before did, and those that were idle.
    let debug =
        client.get("debug").filter(|contexts| !contexts.is_empty()).map_or_else(String::new, |own| format!("{own},"));
    client.set("debug", format!("{debug}broker")).set_log_level(RDKafkaLogLevel::Debug);
    client
}

/// Of the producer of outputs that were refused among others: each goes alone.
pub fn alone(producer: &Settings, batch_size: usize) -> Settings {
    let mut client = producer.clone();
    client.set("batch.size", batch_size.to_string()).set("batch.num.messages", "1").set("linger.ms", "0");
    client
}

/// Each record once, by all replicas, and where Java's default partitioner puts its key, so that keys land where other
/// producers put them.
fn acknowledged(client: &mut ClientConfig) -> &mut ClientConfig {
    client.set("enable.idempotence", "true").set("acks", "all").set("partitioner", "murmur2_random")
}

/// No less than this, where something is set; 0 is no bound.
fn raise(client: &mut ClientConfig, name: &str, least: u64) {
    let set: Option<u64> = client.get(name).and_then(|text| text.trim().parse().ok());
    if let Some(set) = set.filter(|set| (1..least).contains(set)) {
        tracing::debug!("{name} of the producer of outputs is {least}, not {set}: one partition could fill it for all");
        client.set(name, least.to_string());
    }
}

fn statistics_ms() -> String {
    STATISTICS.as_millis().to_string()
}

fn record_limit(largest: u64) -> u64 {
    (largest + RECORD_SLACK).clamp(USUAL_LIMIT, CLIENT_LIMIT)
}

fn attempt_ms(largest: u64) -> u64 {
    (ATTEMPT_MS + largest / SLOWEST_BYTES_PER_MS).min(LONGEST_ATTEMPT_MS)
}

#[cfg(test)]
mod tests;
