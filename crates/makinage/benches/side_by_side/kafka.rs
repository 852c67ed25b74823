//! The benchmark's own clients.

use std::{
    collections::HashMap,
    ops::Range,
    thread,
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    consumer::{BaseConsumer, Consumer},
    producer::{BaseProducer, BaseRecord, Producer},
};

/// The longest that anything may take.
pub(crate) const DEADLINE: Duration = Duration::from_mins(2);

/// A broker.
pub(crate) struct Kafka {
    pub endpoint: String,
}

impl Kafka {
    pub(crate) fn new(endpoint: &str) -> Self {
        Self { endpoint: endpoint.to_owned() }
    }

    fn client(&self) -> ClientConfig {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", &self.endpoint);
        client
    }

    /// Makes topics of one partition.
    pub(crate) fn create(&self, topics: &[&str]) {
        let admin: AdminClient<DefaultClientContext> = self.client().create().expect("a client");
        let topics: Vec<_> = topics.iter().map(|name| NewTopic::new(name, 1, TopicReplication::Fixed(1))).collect();
        let made = futures_executor::block_on(admin.create_topics(&topics, &AdminOptions::new())).expect("an answer");
        assert!(made.iter().all(Result::is_ok), "{made:?}");
    }

    /// Waits until a topic holds so many records.
    pub(crate) fn wait_for(&self, topic: &str, records: i64) {
        let consumer: BaseConsumer = self.client().create().expect("a client");
        let deadline = Instant::now() + DEADLINE;
        while consumer.fetch_watermarks(topic, 0, DEADLINE).expect("watermarks").1 < records {
            assert!(Instant::now() < deadline, "{topic} doesn't get its {records} records");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Produces events that differ, each with its number as key.
    pub(crate) fn produce(&self, topic: &str, numbers: Range<u64>) {
        let producer: BaseProducer =
            self.client().set("linger.ms", "20").set("compression.type", "lz4").create().expect("a producer");
        for number in numbers {
            send(&producer, topic, number);
        }
        producer.flush(DEADLINE).expect("all are delivered");
    }

    /// Produces events one by one and reads their outputs, which have the events' keys: how long each took, from its
    /// production to its output's arrival here.
    pub(crate) fn latencies(&self, events: &str, outputs: &str, numbers: Range<u64>, pace: Duration) -> Vec<Duration> {
        let producer: BaseProducer = self.client().set("linger.ms", "0").create().expect("a producer");
        let consumer: BaseConsumer =
            self.client().set("group.id", "bench").set("fetch.wait.max.ms", "1000").create().expect("a consumer");
        let mut partition = TopicPartitionList::new();
        partition.add_partition_offset(outputs, 0, Offset::Beginning).expect("an offset");
        consumer.assign(&partition).expect("an assignment");
        let count = numbers.end - numbers.start;
        let arrived = thread::spawn(move || {
            let deadline = Instant::now() + DEADLINE;
            let mut arrived = HashMap::new();
            while (arrived.len() as u64) < count {
                assert!(Instant::now() < deadline, "not all outputs come");
                let Some(message) = consumer.poll(Duration::from_millis(100)) else { continue };
                arrived.insert(message.expect("a record").key().expect("a key").to_vec(), Instant::now());
            }
            arrived
        });
        let began = Instant::now();
        let sent: Vec<(u64, Instant)> = numbers
            .zip(0_u32..)
            .map(|(number, due)| {
                thread::sleep((began + pace * due).saturating_duration_since(Instant::now()));
                let at = Instant::now();
                send(&producer, events, number);
                (number, at)
            })
            .collect();
        producer.flush(DEADLINE).expect("all are delivered");
        let arrived = arrived.join().expect("all have come");
        sent.into_iter().map(|(number, at)| arrived[key(number).as_bytes()] - at).collect()
    }
}

fn key(number: u64) -> String {
    format!("{number:08}")
}

fn send(producer: &BaseProducer, topic: &str, number: u64) {
    let (key, event) = (key(number), event(number));
    while producer.send(BaseRecord::to(topic).key(&key).payload(&event)).is_err() {
        producer.poll(Duration::from_millis(10));
    }
    producer.poll(Duration::ZERO);
}

/// Rows of four numbers, as an iris has them.
fn event(number: u64) -> String {
    let tenths = |shift: u64, from: u64, span: u64| {
        let tenth = from + (number.wrapping_mul(6_364_136_223_846_793_005) >> shift) % span;
        format!("{}.{}", tenth / 10, tenth % 10)
    };
    format!("[{}, {}, {}, {}]", tenths(20, 40, 40), tenths(28, 20, 25), tenths(36, 10, 60), tenths(44, 1, 25))
}
