//! The benchmark's own clients: topics, backlogs, and what has become of them.

use std::{
    ops::Range,
    thread,
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    consumer::{BaseConsumer, Consumer},
    message::{Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, Producer},
};

use crate::contestants::Talks;

/// The longest that nothing may come.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);
/// How often topics are looked at.
const LOOK: Duration = Duration::from_millis(10);

/// A broker.
pub(crate) struct Kafka {
    pub endpoint: String,
}

/// A topic, and into how many partitions it is cut.
#[derive(Debug, Clone)]
pub(crate) struct Topic {
    pub name: String,
    pub partitions: usize,
}

impl Kafka {
    pub(crate) fn client(&self) -> ClientConfig {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", &self.endpoint).set("message.max.bytes", "10000000");
        client
    }

    fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.client().create().expect("a client")
    }

    /// Makes a topic, which keeps what is on it.
    pub(crate) fn create(&self, name: &str, partitions: usize) -> Topic {
        let count = i32::try_from(partitions).expect("a few partitions");
        let topic = NewTopic::new(name, count, TopicReplication::Fixed(1));
        let topic = topic.set("retention.ms", "-1").set("retention.bytes", "-1");
        let made = self.admin();
        let made = futures_executor::block_on(made.create_topics([&topic], &AdminOptions::new())).expect("an answer");
        assert!(made.iter().all(Result::is_ok), "{made:?}");
        Topic { name: name.to_owned(), partitions }
    }

    /// Removes a topic: all turns' outputs together are more than the disk may hold.
    pub(crate) fn delete(&self, topic: &Topic) {
        let admin = self.admin();
        let gone = futures_executor::block_on(admin.delete_topics(&[&topic.name], &AdminOptions::new()));
        let gone = gone.expect("an answer");
        assert!(gone.iter().all(Result::is_ok), "{gone:?}");
    }

    /// A reader of a topic, from its beginning, or from its end on.
    pub(crate) fn consumer(&self, topic: &Topic, from: Offset) -> BaseConsumer {
        let mut client = self.client();
        client.set("group.id", "bench").set("fetch.wait.max.ms", "1000").set("fetch.queue.backoff.ms", "5");
        let consumer: BaseConsumer = client.create().expect("a consumer");
        consumer.assign(&topic.at(from)).expect("an assignment");
        consumer
    }

    /// Who tells how many records a topic has; a transaction's end counts as one.
    pub(crate) fn counter(&self, topic: &Topic) -> Counter {
        Counter { consumer: self.client().create().expect("a consumer"), topic: topic.clone() }
    }

    /// Produces the events of these numbers, each with its number as key.
    pub(crate) fn produce<'a>(
        &self,
        topic: &Topic,
        numbers: Range<usize>,
        event: impl Fn(usize) -> &'a str,
        talks: Talks,
    ) {
        let mut client = self.client();
        client.set("linger.ms", "20").set("compression.type", "lz4");
        let producer: BaseProducer = client.create().expect("a producer");
        for number in numbers {
            send(&producer, &topic.name, number, (event(number), talks));
        }
        producer.flush(PATIENCE).expect("all are delivered");
    }

    /// Hands the first `count` committed outputs behind `first` to `each`, by the numbers of their events.
    pub(crate) fn read(
        &self,
        topic: &Topic,
        (first, count): (i64, usize),
        mut each: impl FnMut(Option<usize>, &[u8]) -> Result<(), String>,
    ) -> Result<(), String> {
        let consumer = self.consumer(topic, Offset::Offset(first));
        let mut last = Instant::now();
        let mut seen = 0;
        while seen < count {
            if last.elapsed() > PATIENCE {
                return Err(format!("has {seen} outputs of {count}"));
            }
            let Some(message) = consumer.poll(Duration::from_millis(100)) else { continue };
            let message = message.map_err(|error| error.to_string())?;
            each(message.key().map(number), message.payload().unwrap_or_default())?;
            (seen, last) = (seen + 1, Instant::now());
        }
        Ok(())
    }
}

/// Tells how many records a topic has.
pub(crate) struct Counter {
    consumer: BaseConsumer,
    topic: Topic,
}

impl Counter {
    /// So many now.
    pub(crate) fn count(&self) -> usize {
        let began = Instant::now();
        let ends = loop {
            // With the time that stands for the end, since only these ask for all partitions at once.
            match self.consumer.offsets_for_times(self.topic.at(Offset::End), PATIENCE) {
                Ok(ends) => break ends,
                // A topic that was just made has no leaders yet.
                Err(error) => assert!(began.elapsed() < PATIENCE, "{}: {error}", self.topic.name),
            }
            thread::sleep(LOOK);
        };
        let end = |offset: Offset| if let Offset::Offset(end) = offset { end } else { 0 };
        let ends = ends.elements().iter().map(|partition| end(partition.offset())).sum::<i64>();
        usize::try_from(ends).expect("a count")
    }

    /// Waits until there are so many, and says how many there are then.
    pub(crate) fn wait(&self, wanted: usize) -> Result<usize, String> {
        let (mut before, mut last) = (0, Instant::now());
        loop {
            let count = self.count();
            if count >= wanted {
                return Ok(count);
            }
            if count > before {
                (before, last) = (count, Instant::now());
            }
            if last.elapsed() > PATIENCE {
                return Err(format!("has {count} outputs of {wanted}"));
            }
            thread::sleep(LOOK);
        }
    }
}

impl Topic {
    fn at(&self, offset: Offset) -> TopicPartitionList {
        let mut partitions = TopicPartitionList::new();
        for partition in 0..i32::try_from(self.partitions).expect("a few partitions") {
            partitions.add_partition_offset(&self.name, partition, offset).expect("an offset");
        }
        partitions
    }
}

/// The number of an event, by its key.
pub(crate) fn number(key: &[u8]) -> usize {
    str::from_utf8(key).expect("text").parse().expect("a number")
}

/// Produces one event, waiting where the queue is full.
pub(crate) fn send(producer: &BaseProducer, topic: &str, number: usize, (event, talks): (&str, Talks)) {
    let key = format!("{number:08}");
    let asked;
    let mut record = BaseRecord::to(topic).key(&key).payload(event);
    if talks == Talks::InV2 {
        let width = event.split(',').count();
        asked = format!(r#"{{"inputs":[{{"name":"predict","shape":[1,{width}],"datatype":"FP64","data":{event}}}]}}"#);
        let model = Header { key: "mlserver-model", value: Some("bench") };
        record = record.payload(asked.as_str()).headers(OwnedHeaders::new().insert(model));
    }
    while let Err((_, back)) = producer.send(record) {
        producer.poll(Duration::from_millis(10));
        record = back;
    }
}
