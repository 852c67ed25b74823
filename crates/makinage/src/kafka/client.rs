//! The settings of the program's Kafka clients.

use rdkafka::ClientConfig;

use crate::config::Kafka;

/// Settings that all clients share; the user's properties are in, what a promise rests on is set over them by each client.
pub fn base(kafka: &Kafka, application: &str) -> ClientConfig {
    let mut client = ClientConfig::new();
    client
        .set("client.id", application)
        // A silent broker must not keep a reconnect waiting for long once it is back.
        .set("reconnect.backoff.max.ms", "2000")
        .set("socket.keepalive.enable", "true")
        // The default of 5 minutes would be the wait for a topic or partition that appears.
        .set("topic.metadata.refresh.interval.ms", "10000")
        // The broker's policy decides whether a topic is made: the page never creates one.
        .set("allow.auto.create.topics", "true")
        .set("log.connection.close", "false");
    for (name, value) in &kafka.properties {
        client.set(name, value);
    }
    client.set("bootstrap.servers", kafka.endpoints.join(","));
    client
}

/// Settings of the consumer of the data topics.
pub fn data_consumer(kafka: &Kafka, application: &str) -> ClientConfig {
    let mut client = base(kafka, application);
    client
        .set("group.id", application)
        // Commits are made of what is stored, and only finished offsets are stored.
        .set("enable.auto.commit", "true")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .set("isolation.level", "read_committed")
        .set("partition.assignment.strategy", "cooperative-sticky");
    // What tells of a broker that is frozen: its requests time out only after a minute.
    default(&mut client, kafka, "statistics.interval.ms", "2000");
    default(&mut client, kafka, "auto.commit.interval.ms", "1000");
    // The default second stalls a fast consumer whenever its queue has been full: measured 122 k/s against 204 k/s.
    default(&mut client, kafka, "fetch.queue.backoff.ms", "5");
    // Prefetched records are memory beside the pipeline's own bound.
    default(&mut client, kafka, "queued.max.messages.kbytes", "32768");
    client
}

/// Settings of the producer of predictions.
pub fn producer(kafka: &Kafka, application: &str) -> ClientConfig {
    let mut client = base(kafka, application);
    client
        .set("enable.idempotence", "true")
        .set("acks", "all")
        // A broker that is away is waited for, however long; see KIP-91 for what this bounds.
        .set("message.timeout.ms", "0")
        // Java's default partitioner, so that keys land where other producers put them.
        .set("partitioner", "murmur2_random")
        .set("topic.metadata.propagation.max.ms", "3600000");
    // The default 5 ms is a floor under every prediction's latency; batches grow by themselves under load.
    default(&mut client, kafka, "linger.ms", "1");
    default(&mut client, kafka, "queue.buffering.max.kbytes", "262144");
    client
}

fn default(client: &mut ClientConfig, kafka: &Kafka, name: &str, value: &str) {
    if !kafka.properties.contains_key(name) {
        client.set(name, value);
    }
}
