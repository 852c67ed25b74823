//! Events in, outputs out.

use std::{
    cell::Cell,
    ffi::CString,
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    message::{OwnedMessage, ToBytes},
    producer::{BaseProducer, BaseRecord, Producer, ProducerContext},
};

use super::{broker::Broker, service::DEADLINE};

/// Produces events with their keys, and waits until the broker has them.
pub(crate) fn produce(broker: &Broker, topic: &str, events: impl IntoIterator<Item = (String, String)>) {
    let events: Vec<_> = events.into_iter().collect();
    send(broker, events.iter().map(|(key, value)| BaseRecord::to(topic).key(key).payload(value)));
}

/// Produces records in order, and waits until the broker has them.
pub(crate) fn send<'a, K, V>(broker: &Broker, records: impl IntoIterator<Item = BaseRecord<'a, K, V>>)
where
    K: ToBytes + ?Sized + 'a,
    V: ToBytes + ?Sized + 'a,
{
    let producer: BaseProducer = broker.client().set("enable.idempotence", "true").create().expect("a producer");
    for record in records {
        enqueue(&producer, record);
    }
    producer.flush(DEADLINE).expect("the broker takes the events");
}

/// Gives the producer a record, as soon as it has room.
pub(crate) fn enqueue<C, K, V>(producer: &BaseProducer<C>, mut record: BaseRecord<'_, K, V>)
where
    C: ProducerContext<DeliveryOpaque = ()>,
    K: ToBytes + ?Sized,
    V: ToBytes + ?Sized,
{
    while let Err((_, back)) = producer.send(record) {
        producer.poll(Duration::from_millis(10));
        record = back;
    }
}

/// Reads a topic from its beginning, through all partitions.
pub(crate) struct Reader {
    consumer: BaseConsumer,
    topic: String,
    /// How many records have been read.
    come: Cell<i64>,
}

impl Reader {
    pub(crate) fn new(broker: &Broker, topic: &str) -> Self {
        Self::of(broker.client(), topic)
    }

    /// Reads with a client that knows its broker.
    pub(crate) fn of(mut client: ClientConfig, topic: &str) -> Self {
        let consumer: BaseConsumer = client
            .set("group.id", "reader")
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            .create()
            .expect("a consumer");
        // Without a group: other readers of the same broker must not move what this one reads.
        let mut all = TopicPartitionList::new();
        for partition in 0..partitions(&consumer, topic) {
            all.add_partition_offset(topic, partition, Offset::Beginning).expect("a partition");
        }
        consumer.assign(&all).expect("assigned");
        Self { consumer, topic: topic.to_owned(), come: Cell::new(0) }
    }

    /// The next so many records.
    pub(crate) fn read(&self, count: usize) -> Vec<OwnedMessage> {
        self.read_until(|read| read.len() == count)
    }

    /// The values of the next so many.
    pub(crate) fn values(&self, count: usize) -> Vec<String> {
        self.read(count).iter().map(value).collect()
    }

    /// Reads until `enough` says so.
    pub(crate) fn read_until(&self, mut enough: impl FnMut(&[OwnedMessage]) -> bool) -> Vec<OwnedMessage> {
        let deadline = Instant::now() + DEADLINE;
        let mut read = Vec::new();
        while !enough(&read) {
            assert!(Instant::now() < deadline, "only {} outputs came", read.len());
            read.extend(self.poll());
        }
        read
    }

    /// The next record, when it comes soon.
    pub(crate) fn poll(&self) -> Option<OwnedMessage> {
        let message = self.consumer.poll(Duration::from_millis(100))?.ok()?;
        self.come.set(self.come.get() + 1);
        Some(message.detach())
    }

    /// Reads all that is there now: for tests that count duplicates, after the last writer has ended.
    pub(crate) fn read_to_end(&self) -> Vec<OwnedMessage> {
        let ends = (0..partitions(&self.consumer, &self.topic)).map(|partition| self.end(partition));
        let left = usize::try_from(ends.sum::<i64>() - self.come.get()).expect("no more than there is has been read");
        self.read(left)
    }

    /// The end of a partition, which a broker that has just come back may not lead yet.
    fn end(&self, partition: i32) -> i64 {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.consumer.fetch_watermarks(&self.topic, partition, Duration::from_secs(5)) {
                Ok((_, end)) => return end,
                Err(error) => assert!(Instant::now() < deadline, "the end of partition {partition}: {error}"),
            }
        }
    }
}

fn partitions(consumer: &BaseConsumer, topic: &str) -> i32 {
    let metadata = consumer.fetch_metadata(Some(topic), DEADLINE).expect("the broker answers");
    let count = metadata.topics()[0].partitions().len();
    assert!(count > 0, "topic {topic} is not there");
    i32::try_from(count).expect("a number of partitions")
}

pub(crate) fn key(message: &OwnedMessage) -> String {
    String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned()
}

pub(crate) fn value(message: &OwnedMessage) -> String {
    String::from_utf8_lossy(message.payload().unwrap_or_default()).into_owned()
}

pub(crate) fn header(message: &OwnedMessage, name: &str) -> Option<String> {
    let name = CString::new(name).expect("a name");
    let found = kafka_headers::first(message.headers()?.as_borrowed(), &name)??;
    Some(String::from_utf8_lossy(found).into_owned())
}
