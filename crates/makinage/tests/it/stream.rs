//! Events in, outputs out.

use std::time::{Duration, Instant};

use rdkafka::{
    ClientConfig, Message,
    consumer::{BaseConsumer, Consumer},
    message::{Headers, OwnedMessage},
    producer::{BaseProducer, BaseRecord, Producer},
};

use super::{broker::Broker, service::DEADLINE};

/// Produces events with their keys, and waits until the broker has them.
pub fn produce(broker: &Broker, topic: &str, events: impl IntoIterator<Item = (String, String)>) {
    let producer: BaseProducer = broker.client().set("acks", "all").create().expect("a producer");
    for (key, value) in events {
        let mut record = BaseRecord::to(topic).key(&key).payload(&value);
        while let Err((_, back)) = producer.send(record) {
            producer.poll(Duration::from_millis(10));
            record = back;
        }
    }
    producer.flush(DEADLINE).expect("the broker takes the events");
}

/// Reads a topic from its beginning, through all partitions.
pub struct Reader(BaseConsumer);

impl Reader {
    pub fn new(broker: &Broker, topic: &str) -> Self {
        Self::of(broker.client(), topic)
    }

    /// Reads with a client that knows its broker.
    pub fn of(mut client: ClientConfig, topic: &str) -> Self {
        let consumer: BaseConsumer = client
            .set("group.id", "reader")
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            .create()
            .expect("a consumer");
        consumer.subscribe(&[topic]).expect("subscribed");
        Self(consumer)
    }

    /// Reads until `enough` says so.
    pub fn read_until(&self, mut enough: impl FnMut(&[OwnedMessage]) -> bool) -> Vec<OwnedMessage> {
        let deadline = Instant::now() + DEADLINE;
        let mut read = Vec::new();
        while !enough(&read) {
            assert!(Instant::now() < deadline, "only {} outputs came", read.len());
            if let Some(Ok(message)) = self.0.poll(Duration::from_millis(100)) {
                read.push(message.detach());
            }
        }
        read
    }

    /// Reads what comes until nothing has come for a while: for tests that count duplicates.
    pub fn read_rest(&self, quiet: Duration) -> Vec<OwnedMessage> {
        let mut read = Vec::new();
        let mut last = Instant::now();
        while last.elapsed() < quiet {
            if let Some(Ok(message)) = self.0.poll(Duration::from_millis(100)) {
                read.push(message.detach());
                last = Instant::now();
            }
        }
        read
    }
}

pub fn key(message: &OwnedMessage) -> String {
    String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned()
}

pub fn value(message: &OwnedMessage) -> String {
    String::from_utf8_lossy(message.payload().unwrap_or_default()).into_owned()
}

pub fn header(message: &OwnedMessage, name: &str) -> Option<String> {
    let headers = message.headers()?;
    let found = headers.iter().filter(|header| header.key == name).find_map(|header| header.value)?;
    Some(String::from_utf8_lossy(found).into_owned())
}
