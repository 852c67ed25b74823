//! Events in, outputs out.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    ffi::CString,
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
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
    /// The partitions whose end has been reached since the last record of theirs.
    at_end: RefCell<BTreeSet<i32>>,
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
            .set("enable.partition.eof", "true")
            .create()
            .expect("a consumer");
        // Without a group: other readers of the same broker must not move what this one reads.
        let mut all = TopicPartitionList::new();
        for partition in 0..partitions(&consumer, topic) {
            all.add_partition_offset(topic, partition, Offset::Beginning).expect("a partition");
        }
        consumer.assign(&all).expect("assigned");
        Self { consumer, topic: topic.to_owned(), at_end: RefCell::default() }
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
        match self.consumer.poll(Duration::from_millis(100))? {
            Ok(message) => {
                self.at_end.borrow_mut().remove(&message.partition());
                Some(message.detach())
            }
            Err(KafkaError::PartitionEOF(partition)) => {
                self.at_end.borrow_mut().insert(partition);
                None
            }
            Err(_) => None,
        }
    }

    /// Reads all that is there now: for tests that count duplicates, after the last writer has ended. The offsets of
    /// transactions' ends are no records.
    pub(crate) fn read_to_end(&self) -> Vec<OwnedMessage> {
        let ends: Vec<i64> =
            (0..partitions(&self.consumer, &self.topic)).map(|partition| self.end(partition)).collect();
        self.at_end.borrow_mut().clear();
        for (partition, end) in (0..).zip(&ends) {
            let position = self.position(partition);
            // So that its end is told again.
            if position.unwrap_or(0) < *end {
                let from = position.map_or(Offset::Beginning, Offset::Offset);
                self.consumer.seek(&self.topic, partition, from, DEADLINE).expect("it goes on where it is");
            }
        }
        self.read_until(|_| {
            let is_read = |(partition, end): (i32, &i64)| {
                self.at_end.borrow().contains(&partition) || self.position(partition).unwrap_or(0) >= *end
            };
            (0..).zip(&ends).all(is_read)
        })
    }

    fn position(&self, partition: i32) -> Option<i64> {
        let all = self.consumer.position().expect("positions");
        match all.find_partition(&self.topic, partition)?.offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        }
    }

    /// The end of a partition: what is committed there, for a reader of committed records. A broker that has just come
    /// back may not lead it yet.
    pub(crate) fn end(&self, partition: i32) -> i64 {
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
