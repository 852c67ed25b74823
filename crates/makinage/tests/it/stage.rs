//! A service's surroundings on a broker that several tests share: topics, a consumer group and a folder of its own.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use rdkafka::{
    Offset, TopicPartitionList,
    admin::{AdminClient, AdminOptions, AlterConfig, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication},
    client::DefaultClientContext,
    consumer::{BaseConsumer, Consumer},
    message::ToBytes,
    producer::{BaseProducer, BaseRecord, Producer},
};

use super::{
    broker::Broker,
    service::{DEADLINE, Folder, Service, publish},
};

const CONFIG: &str = "
application: {name: NAME}
kafka:
  endpoint: ENDPOINT
  properties: {session.timeout.ms: 2000, heartbeat.interval.ms: 300, topic.metadata.refresh.interval.ms: 500}
topics:
  - {name: NAME-data, encoder: makinage.encoding.json, start_from: beginning}
  - {name: NAME-model, encoder: makinage.encoding.none, start_from: last}
  - {name: NAME-predict, encoder: makinage.encoding.json}
operators:
  serve:
    factory: makinage.serve:serve
    sources: [NAME-model, NAME-data]
    sinks: [NAME-predict]
config:
  serve: {}
";

/// The topics `NAME-model`, `NAME-data` and `NAME-predict`.
pub struct Stage {
    pub broker: Arc<Broker>,
    pub folder: Folder,
    name: &'static str,
    edits: Vec<(&'static str, &'static str)>,
}

/// The broker of whoever asks at the same time; it ends with the last of them.
pub fn shared_broker() -> Arc<Broker> {
    static SHARED: Mutex<Weak<Broker>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let broker = Arc::new(Broker::start());
        *shared = Arc::downgrade(&broker);
        broker
    })
}

impl Stage {
    /// Topics with so many partitions of data and predictions (0: it isn't made).
    pub fn new(name: &'static str, data: i32, predict: i32) -> Self {
        let stage = Self { broker: shared_broker(), folder: Folder::new(), name, edits: vec![] };
        let topics = [("model", 1), ("data", data), ("predict", predict)];
        let topics = topics.iter().filter(|(_, partitions)| *partitions > 0);
        let topics: Vec<_> = topics.map(|(role, partitions)| (stage.topic(role), *partitions)).collect();
        let topics: Vec<_> = topics.iter().map(|(name, partitions)| (name.as_str(), *partitions)).collect();
        stage.broker.create_topics(&topics);
        stage
    }

    pub fn topic(&self, role: &str) -> String {
        format!("{}-{role}", self.name)
    }

    /// Replaces a part of the configuration.
    pub fn edit(mut self, part: &'static str, by: &'static str) -> Self {
        assert!(self.text().contains(part), "{part} is in the configuration");
        self.edits.push((part, by));
        self
    }

    /// Names the three hooks of `hooks.py`, whose text is `hooks`.
    pub fn hooks(self, hooks: &str) -> Self {
        self.folder.write("hooks.py", hooks);
        self.edit(
            "serve: {}",
            "serve: {pre_transform: 'hooks:pre_transform', predict: 'hooks:predict', post_transform: 'hooks:post_transform'}",
        )
    }

    fn text(&self) -> String {
        self.edits.iter().fold(CONFIG.to_owned(), |text, (part, by)| text.replace(part, by))
    }

    pub fn config(&self) -> PathBuf {
        let text = self.text().replace("NAME", self.name).replace("ENDPOINT", &self.broker.endpoint());
        self.folder.write("config.yaml", &text)
    }

    pub fn serve(&self) -> Service {
        Service::start(&self.config())
    }

    pub fn publish(&self, model: &Path) {
        let text = format!(
            "application: {{name: {0}-publisher}}\nkafka: {{endpoint: {1}}}\nmodels: [{{topic: {0}-model, path: {2}}}]\n",
            self.name,
            self.broker.endpoint(),
            model.display()
        );
        publish(&self.folder.write("publish.yaml", &text));
    }

    /// Produces values without keys to partition 0 of the data topic, in order.
    pub fn produce(&self, values: &[&str]) {
        let topic = self.topic("data");
        send(&self.broker, values.iter().map(|value| BaseRecord::<str, str>::to(&topic).partition(0).payload(*value)));
    }

    /// What the group has committed for a partition of the data topic.
    pub fn committed(&self, partition: i32) -> Option<i64> {
        let consumer: BaseConsumer = self.broker.client().set("group.id", self.name).create().expect("a consumer");
        let mut asked = TopicPartitionList::new();
        asked.add_partition(&self.topic("data"), partition);
        let answer = consumer.committed_offsets(asked, Duration::from_secs(10)).expect("an answer");
        match answer.elements()[0].offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        }
    }

    /// Changes a topic's setting.
    pub fn set(&self, role: &str, setting: (&str, &str)) {
        let topic = self.topic(role);
        let change = AlterConfig::new(ResourceSpecifier::Topic(&topic)).set(setting.0, setting.1);
        let outcome = futures_executor::block_on(admin(&self.broker).alter_configs(&[change], &options()));
        outcome.expect("an answer")[0].as_ref().expect("the setting is changed");
    }

    /// Gives a topic more partitions.
    pub fn grow(&self, role: &str, partitions: usize) {
        let topic = self.topic(role);
        let outcome = futures_executor::block_on(
            admin(&self.broker).create_partitions(&[NewPartitions::new(&topic, partitions)], &options()),
        );
        outcome.expect("an answer")[0].as_ref().expect("the partitions are made");
    }
}

/// Makes a topic with one partition and a setting of its own.
pub fn create_topic_with(broker: &Broker, topic: &str, setting: (&str, &str)) {
    let topic = NewTopic::new(topic, 1, TopicReplication::Fixed(1)).set(setting.0, setting.1);
    let outcome = futures_executor::block_on(admin(broker).create_topics(&[topic], &options()));
    outcome.expect("an answer")[0].as_ref().expect("the topic is made");
}

fn admin(broker: &Broker) -> AdminClient<DefaultClientContext> {
    broker.client().create().expect("a client")
}

fn options() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(Duration::from_secs(20)))
}

/// Produces records in order, and waits until the broker has them.
pub fn send<'a, K, V>(broker: &Broker, records: impl IntoIterator<Item = BaseRecord<'a, K, V>>)
where
    K: ToBytes + ?Sized + 'a,
    V: ToBytes + ?Sized + 'a,
{
    let producer: BaseProducer = broker.client().set("enable.idempotence", "true").create().expect("a producer");
    for mut record in records {
        while let Err((_, back)) = producer.send(record) {
            producer.poll(Duration::from_millis(10));
            record = back;
        }
    }
    producer.flush(DEADLINE).expect("the broker takes the events");
}
