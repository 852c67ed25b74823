//! A model, its three topics and the service's configuration, under a name of their own, so that tests can share a broker.

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
models: [{topic: NAME-model, path: MODEL}]
";

pub struct Stage {
    name: String,
    config: String,
    pub folder: Folder,
}

impl Stage {
    /// A stage of which nothing is on a broker yet.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), config: CONFIG.replace("NAME", name), folder: Folder::new() }
    }

    /// A stage whose topics have so many partitions (that of the model one) and whose model is published.
    pub fn set(name: &str, broker: &Broker, partitions: i32) -> Self {
        let stage = Self::new(name);
        let topics = [("model", 1), ("data", partitions), ("predict", partitions)];
        let topics = topics.map(|(role, partitions)| (stage.topic(role), partitions));
        broker.create_topics(&topics.each_ref().map(|(topic, partitions)| (topic.as_str(), *partitions)));
        stage.publish(broker);
        stage
    }

    pub fn topic(&self, role: &str) -> String {
        format!("{}-{role}", self.name)
    }

    pub fn publish(&self, broker: &Broker) {
        let text = PUBLISH.replace("NAME", &self.name).replace("MODEL", &iris().display().to_string());
        publish(&self.folder.config("publish.yaml", &text, broker));
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

    pub fn serve(&self, broker: &Broker) -> Service {
        Service::start(&self.config(broker))
    }

    pub fn reader(&self, broker: &Broker) -> Reader {
        Reader::new(broker, &self.topic("predict"))
    }
}
