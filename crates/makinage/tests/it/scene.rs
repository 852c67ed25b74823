//! The stage of the tests: a service's topics, models, configuration and folder, under a name of their own, so that
//! tests can share a broker. What a scene needs is said in one sentence:
//! `Scene::new("killed").topics(2).published(any_model()).impatient()`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer},
    producer::BaseRecord,
};
use serde_json::{Value, json};

use super::{
    broker::Broker,
    service::{Folder, Service, cache, program, publish},
    settings::Settings,
    stream::{Reader, send},
};

const STEPS: [&str; 3] = ["pre_transform", "predict", "post_transform"];

pub(crate) struct Scene {
    name: String,
    broker: Option<Arc<Broker>>,
    config: Settings,
    pub folder: Folder,
}

/// Where it plays.
impl Scene {
    /// On the broker that all share. Its topics begin with its name.
    pub(crate) fn new(name: &str) -> Self {
        Self::on(Broker::shared(), name)
    }

    /// On a broker that is frozen, killed or set up otherwise.
    pub(crate) fn on(broker: impl Into<Arc<Broker>>, name: &str) -> Self {
        let broker = broker.into();
        let config = Settings::service(name, &broker.endpoint(), |role| format!("{name}-{role}"));
        Self { name: name.to_owned(), broker: Some(broker), config, folder: Folder::new() }
    }

    /// With the topics of Maki Nage's documentation, `model`, `data` and `predict`: one such scene a broker at a time.
    pub(crate) fn of_the_documentation(broker: impl Into<Arc<Broker>>) -> Self {
        Self { broker: Some(broker.into()), ..Self::alone() }
    }

    /// Of a program that asks no broker.
    pub(crate) fn alone() -> Self {
        let config = Settings::service("alone", "127.0.0.1:1", str::to_owned);
        Self { name: String::new(), broker: None, config, folder: Folder::new() }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn broker(&self) -> &Broker {
        self.broker.as_deref().expect("a scene on a broker")
    }

    /// The name of its topic for `model`, `data` or `predict`.
    pub(crate) fn topic(&self, role: &str) -> String {
        if self.name.is_empty() { role.to_owned() } else { format!("{}-{role}", self.name) }
    }
}

/// What is there before the service starts.
impl Scene {
    /// Topics with so many partitions; that of the models has one.
    pub(crate) fn topics(self, partitions: i32) -> Self {
        self.topics_of(&[("model", 1), ("data", partitions), ("predict", partitions)])
    }

    /// These topics, and their partitions.
    pub(crate) fn topics_of(self, topics: &[(&str, i32)]) -> Self {
        self.create_topics(topics);
        self
    }

    /// A model, published.
    pub(crate) fn published(self, model: &Path) -> Self {
        self.publish(model);
        self
    }

    /// A key of the configuration, `operators.serve.batch`.
    pub(crate) fn set(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.config.set(key, value);
        self
    }

    pub(crate) fn without(mut self, key: &str) -> Self {
        self.config.remove(key);
        self
    }

    /// A property of librdkafka's.
    pub(crate) fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.config.set_at(&["kafka", "properties", name], value);
        self
    }

    pub(crate) fn encoder(mut self, role: &str, encoder: &str) -> Self {
        self.config.set_of_topic(&self.topic(role), "encoder", encoder);
        self
    }

    /// Events that fail go to a topic of their own.
    pub(crate) fn with_dead_letters(mut self) -> Self {
        let topic = self.topic("dead");
        self.config.add_topic(&topic);
        self.set("operators.serve.dead_letter", topic)
    }

    /// Batches of so many events, which wait so long for company.
    pub(crate) fn fixed_batch(self, rows: usize, max_delay: &str) -> Self {
        self.set("operators.serve.batch", rows).set("operators.serve.max_delay", max_delay)
    }

    /// A consumer group that notices a killed member soon; the default is 45 s.
    pub(crate) fn impatient(self) -> Self {
        self.property("session.timeout.ms", 2000).property("heartbeat.interval.ms", 300)
    }

    /// Topics that grow are noticed soon; the default is 10 s.
    pub(crate) fn attentive(self) -> Self {
        self.property("topic.metadata.refresh.interval.ms", 500)
    }

    /// What was produced before the first start is read too.
    pub(crate) fn reading_from_the_beginning(mut self) -> Self {
        self.config.set_of_topic(&self.topic("data"), "start_from", "beginning");
        self
    }

    /// The predict step, from the text of a Python module with a factory of that name.
    pub(crate) fn with_predict(self, module: &str) -> Self {
        self.with_steps(&["predict"], module)
    }

    /// All three steps, likewise.
    pub(crate) fn with_hooks(self, module: &str) -> Self {
        self.with_steps(&STEPS, module)
    }

    /// These steps, likewise.
    pub(crate) fn with_steps(mut self, steps: &[&str], module: &str) -> Self {
        self.folder.write("steps.py", module);
        self.config.set_steps("steps", steps);
        self
    }

    /// All three steps of a module that the test itself writes.
    pub(crate) fn with_hooks_of(mut self, module: &str) -> Self {
        self.config.set_steps(module, &STEPS);
        self
    }
}

/// What is done while it plays.
impl Scene {
    pub(crate) fn create_topics(&self, topics: &[(&str, i32)]) {
        let topics: Vec<_> = topics.iter().map(|(role, partitions)| (self.topic(role), *partitions)).collect();
        let topics: Vec<_> = topics.iter().map(|(name, partitions)| (name.as_str(), *partitions)).collect();
        self.broker().create_topics(&topics);
    }

    /// Changes a topic's setting.
    pub(crate) fn set_topic(&self, role: &str, setting: (&str, &str)) {
        self.broker().set_topic(&self.topic(role), setting);
    }

    /// The configuration, to make another one of it.
    pub(crate) fn settings(&self) -> Settings {
        self.config.clone()
    }

    /// Writes the configuration, unless that is what a service reads already.
    pub(crate) fn config(&self) -> PathBuf {
        let (path, text) = (self.folder.path().join("config.yaml"), self.config.text());
        if fs::read_to_string(&path).is_ok_and(|there| there == text) {
            path
        } else {
            self.folder.write("config.yaml", &text)
        }
    }

    /// Writes a file of Maki Nage's documentation, word for word but for the address of the broker.
    pub(crate) fn documented(&self, name: &str, text: &str) -> PathBuf {
        self.folder.write(name, &text.replace("\"localhost\"", &format!("\"{}\"", self.broker().endpoint())))
    }

    pub(crate) fn serve(&self) -> Service {
        Service::start(&self.config())
    }

    /// A command on the scene's configuration, which it is given last.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let (mut command, config) = (program("makinage"), self.config());
        command.args(arguments).arg("--config").arg(&config).env("XDG_CACHE_HOME", cache(&config));
        command
    }

    /// The configuration of a publisher of these models, each the keys beside its topic.
    pub(crate) fn publisher(&self, models: &[Value]) -> PathBuf {
        let mut models = models.to_vec();
        for model in &mut models {
            model["topic"] = self.topic("model").into();
        }
        let endpoint = self.broker.as_deref().map_or_else(|| "127.0.0.1:1".to_owned(), Broker::endpoint);
        let mut settings = Settings::publisher("publisher", &endpoint, &models);
        // The tests' own user publishes, whoever the service is.
        if let Some(access) = self.broker.as_deref().and_then(Broker::access) {
            settings.set("kafka.properties", access);
        }
        self.folder.write("publish.yaml", &settings.text())
    }

    /// Publishes a model; says how it is called in messages.
    pub(crate) fn publish(&self, model: &Path) -> String {
        self.publish_all(&[model.to_owned()]).remove(0)
    }

    /// Publishes models, one right after the other.
    pub(crate) fn publish_all(&self, models: &[PathBuf]) -> Vec<String> {
        let models: Vec<_> = models.iter().map(|path| json!({"path": path})).collect();
        let results = publish(&self.publisher(&models));
        let labels = results.split_whitespace().filter_map(|word| word.strip_prefix("sha256="));
        labels.map(|sha256| sha256[..12].to_owned()).collect()
    }

    /// Produces values without keys to partition 0 of the data topic, in order.
    pub(crate) fn produce<V: AsRef<str>>(&self, values: &[V]) {
        let topic = self.topic("data");
        let values = values.iter().map(AsRef::as_ref);
        send(self.broker(), values.map(|value| BaseRecord::<str, str>::to(&topic).partition(0).payload(value)));
    }

    /// Produces events with their keys.
    pub(crate) fn produce_keyed(&self, events: impl IntoIterator<Item = (String, String)>) {
        super::stream::produce(self.broker(), &self.topic("data"), events);
    }

    /// A reader of the outputs.
    pub(crate) fn reader(&self) -> Reader {
        Reader::new(self.broker(), &self.topic("predict"))
    }

    /// A reader of the dead letters.
    pub(crate) fn dead_letters(&self) -> Reader {
        Reader::new(self.broker(), &self.topic("dead"))
    }

    fn asker(&self) -> BaseConsumer {
        self.broker().client().set("group.id", &self.name).create().expect("a consumer")
    }

    /// What the group has committed for a partition of the data topic, with all that is written beside it.
    pub(crate) fn commit_of(&self, partition: i32) -> TopicPartitionList {
        let mut asked = TopicPartitionList::new();
        asked.add_partition(&self.topic("data"), partition);
        self.asker().committed_offsets(asked, Duration::from_secs(10)).expect("an answer")
    }

    /// Commits that for the group, which has no members.
    pub(crate) fn commit(&self, offsets: &TopicPartitionList) {
        self.asker().commit(offsets, CommitMode::Sync).expect("it is committed");
    }

    /// What the group has committed for a partition of the data topic.
    pub(crate) fn committed(&self, partition: i32) -> Option<i64> {
        match self.commit_of(partition).elements()[0].offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        }
    }
}
