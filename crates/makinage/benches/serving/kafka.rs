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
pub(crate) const DEADLINE: Duration = Duration::from_mins(3);

/// A broker.
pub(crate) struct Kafka {
    pub endpoint: String,
}

/// Outputs by the numbers of their events.
pub(crate) type Outputs = HashMap<usize, Vec<u8>>;

/// What came of a backlog.
pub(crate) struct Arrived {
    pub outputs: Outputs,
    /// When the first one was seen.
    pub first: Instant,
    /// Those that came since.
    pub events: usize,
    /// How long these took.
    pub took: Duration,
    /// What was sampled then, at the beginning and at the end.
    pub samples: [Duration; 2],
}

impl Kafka {
    fn client(&self) -> ClientConfig {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", &self.endpoint).set("message.max.bytes", "10000000");
        client
    }

    /// Makes a topic of one partition.
    pub(crate) fn create(&self, topic: &str) {
        let admin: AdminClient<DefaultClientContext> = self.client().create().expect("a client");
        let topic = NewTopic::new(topic, 1, TopicReplication::Fixed(1));
        let made = futures_executor::block_on(admin.create_topics([&topic], &AdminOptions::new())).expect("an answer");
        assert!(made.iter().all(Result::is_ok), "{made:?}");
    }

    fn consumer(&self, topic: &str) -> BaseConsumer {
        let mut client = self.client();
        client.set("group.id", "bench").set("fetch.wait.max.ms", "1000").set("fetch.queue.backoff.ms", "5");
        let consumer: BaseConsumer = client.create().expect("a consumer");
        let mut partition = TopicPartitionList::new();
        partition.add_partition_offset(topic, 0, Offset::Beginning).expect("an offset");
        consumer.assign(&partition).expect("an assignment");
        consumer
    }

    /// Waits for the committed outputs of the first `count` events, each of which may come once.
    pub(crate) fn collect(&self, topic: &str, count: usize, sample: impl Fn() -> Duration) -> Arrived {
        let consumer = self.consumer(topic);
        let deadline = Instant::now() + DEADLINE;
        let mut outputs = Outputs::with_capacity(count);
        let mut begun = None;
        while outputs.len() < count {
            assert!(Instant::now() < deadline, "{topic} has {} outputs of {count}", outputs.len());
            let Some(message) = consumer.poll(Duration::from_millis(20)) else { continue };
            let message = message.expect("a record");
            if begun.is_none() {
                let (_, high) = consumer.fetch_watermarks(topic, 0, DEADLINE).expect("watermarks");
                begun = Some((usize::try_from(high).expect("a count"), Instant::now(), sample()));
            }
            let number = number(message.key().expect("a key"));
            let value = message.payload().expect("a value").to_vec();
            assert!(outputs.insert(number, value).is_none(), "event {number} has two outputs in {topic}");
        }
        let (seen, at, before) = begun.expect("there are outputs");
        let (took, samples) = (at.elapsed(), [before, sample()]);
        Arrived { first: at, events: count.saturating_sub(seen), took, samples, outputs }
    }

    /// Produces these events, each with its number as key.
    pub(crate) fn produce(&self, topic: &str, events: &[String]) {
        let mut client = self.client();
        client.set("linger.ms", "20").set("compression.type", "lz4");
        let producer: BaseProducer = client.create().expect("a producer");
        for (number, event) in events.iter().enumerate() {
            send(&producer, topic, number, event);
        }
        producer.flush(DEADLINE).expect("all are delivered");
    }

    /// Produces events one by one, at this pace, and reads their outputs: how long each took, from its production to
    /// its output's arrival here.
    pub(crate) fn pace(&self, topics: [&str; 2], events: &[String], pace: &Pace) -> Vec<Duration> {
        let mut client = self.client();
        client.set("linger.ms", "0");
        let producer: BaseProducer = client.create().expect("a producer");
        let consumer = self.consumer(topics[1]);
        let numbers = pace.numbers.clone();
        let arrived = thread::spawn(move || {
            let deadline = Instant::now() + DEADLINE;
            let mut arrived = HashMap::with_capacity(numbers.len());
            while arrived.len() < numbers.len() {
                assert!(Instant::now() < deadline, "not all outputs come");
                let Some(message) = consumer.poll(Duration::from_millis(100)) else { continue };
                let number = number(message.expect("a record").key().expect("a key"));
                if numbers.contains(&number) {
                    arrived.insert(number, Instant::now());
                }
            }
            arrived
        });
        let began = Instant::now();
        let mut sent = Vec::with_capacity(pace.numbers.len());
        for (number, due) in pace.numbers.clone().zip(0_u32..) {
            let due = began + pace.every * due;
            // A timer of the system's comes late by more than what is measured.
            while Instant::now() + Duration::from_micros(100) < due {
                thread::sleep((due - Instant::now()).saturating_sub(Duration::from_micros(60)));
            }
            sent.push((number, Instant::now()));
            send(&producer, topics[0], number, &events[number % events.len()]);
        }
        producer.flush(DEADLINE).expect("all are delivered");
        let arrived = arrived.join().expect("all have come");
        sent.into_iter().map(|(number, at)| arrived[&number].saturating_duration_since(at)).collect()
    }
}

/// Which events are produced, and how often.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    pub numbers: Range<usize>,
    pub every: Duration,
}

fn number(key: &[u8]) -> usize {
    str::from_utf8(key).expect("text").parse().expect("a number")
}

fn send(producer: &BaseProducer, topic: &str, number: usize, event: &str) {
    let key = format!("{number:08}");
    while producer.send(BaseRecord::to(topic).key(&key).payload(event)).is_err() {
        producer.poll(Duration::from_millis(10));
    }
    producer.poll(Duration::ZERO);
}
