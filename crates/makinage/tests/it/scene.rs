//! A model, its three topics and the service's configuration, under a name of their own, so that tests can share a broker.

use std::path::{Path, PathBuf};

use super::{
    broker::Broker,
    model::iris,
    service::{Folder, Service, publish},
    stream::Reader,
};

const CONFIG: &str = "application: {name: NAME, stop_timeout: 25s}
kafka: {endpoint: \"localhost\", properties: {}}
topics:
  - {name: NAME-model, encoder: makinage.encoding.none}
  - {name: NAME-data, encoder: makinage.encoding.json}
  - {name: NAME-predict, encoder: makinage.encoding.json}
operators:
  serve: {factory: makinage.serve:serve, sources: [NAME-model, NAME-data], sinks: [NAME-predict]}
config:
  serve: {}
";

const PUBLISH: &str = "application: {name: publisher}
kafka: {endpoint: \"localhost\"}
models: [MODELS]
";

pub struct Scene {
    name: String,
    config: String,
    pub folder: Folder,
}

impl Scene {
    /// A stage of which nothing is on a broker yet.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), config: CONFIG.replace("NAME", name), folder: Folder::new() }
    }

    /// A stage whose topics have so many partitions (that of the model one) and whose model is published.
    pub fn set(name: &str, broker: &Broker, partitions: i32) -> Self {
        let stage = Self::new(name);
        stage.create_topics(broker, partitions);
        stage.publish(broker);
        stage
    }

    /// Its topics, of one partition each, and a model.
    pub fn set_up(self, broker: &Broker, model: &Path) -> Self {
        self.create_topics(broker, 1);
        self.publish_model(broker, model);
        self
    }

    fn create_topics(&self, broker: &Broker, partitions: i32) {
        let topics = [("model", 1), ("data", partitions), ("predict", partitions)];
        let topics = topics.map(|(role, partitions)| (self.topic(role), partitions));
        broker.create_topics(&topics.each_ref().map(|(topic, partitions)| (topic.as_str(), *partitions)));
    }

    pub fn topic(&self, role: &str) -> String {
        format!("{}-{role}", self.name)
    }

    pub fn publish(&self, broker: &Broker) -> String {
        self.publish_model(broker, iris())
    }

    /// Publishes one model; says how it is called in messages.
    pub fn publish_model(&self, broker: &Broker, model: &Path) -> String {
        self.publish_models(broker, &[model.to_owned()]).remove(0)
    }

    /// Publishes models, one right after the other.
    pub fn publish_models(&self, broker: &Broker, models: &[PathBuf]) -> Vec<String> {
        let topic = self.topic("model");
        let models = models.iter().map(|path| format!("{{topic: {topic}, path: {}}}", path.display()));
        let text = PUBLISH.replace("MODELS", &models.collect::<Vec<_>>().join(", "));
        let results = publish(&self.folder.config("publish.yaml", &text, broker));
        let labels = results.split_whitespace().filter_map(|word| word.strip_prefix("sha256="));
        labels.map(|sha256| sha256[..12].to_owned()).collect()
    }

    /// Its configuration with one text for another.
    pub fn with(mut self, text: &str, other: &str) -> Self {
        assert!(self.config.contains(text), "{text} is not in the configuration");
        self.config = self.config.replace(text, other);
        self
    }

    /// A consumer group that notices a killed member soon; the default is 45 s.
    pub fn impatient(self) -> Self {
        self.with("properties: {}", "properties: {session.timeout.ms: 2000, heartbeat.interval.ms: 300}")
    }

    /// What was produced before the first start is read too.
    pub fn reading_from_the_beginning(self) -> Self {
        let data = self.topic("data");
        self.with(&format!("{{name: {data}, "), &format!("{{name: {data}, start_from: beginning, "))
    }

    /// The predict step, from the text of a Python module with a factory of that name.
    pub fn with_predict(self, module: &str) -> Self {
        self.folder.write("steps.py", module);
        self.with("serve: {}", "serve: {predict: steps:predict}")
    }

    pub fn config(&self, broker: &Broker) -> std::path::PathBuf {
        self.folder.config("config.yaml", &self.config, broker)
    }

    /// The configuration of a program that asks no broker.
    pub fn config_alone(&self) -> PathBuf {
        self.folder.write("config.yaml", &self.config)
    }

    pub fn serve(&self, broker: &Broker) -> Service {
        Service::start(&self.config(broker))
    }

    pub fn reader(&self, broker: &Broker) -> Reader {
        Reader::new(broker, &self.topic("predict"))
    }
}
