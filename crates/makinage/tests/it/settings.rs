//! A configuration as a tree of keys. JSON is YAML: what is written out needs no text of its own.

use serde_json::{Value, json};

/// A mapping below mappings; a key far down is addressed as messages do it, `operators.serve.batch`.
#[derive(Clone)]
pub(crate) struct Settings(Value);

impl Settings {
    /// A service that reads `model` and `data` and writes `predict`, under the names that its topics have.
    pub(crate) fn service(name: &str, endpoint: &str, topic: impl Fn(&str) -> String) -> Self {
        let [model, data, predict] = ["model", "data", "predict"].map(topic);
        Self(json!({
            "application": {"name": name},
            "kafka": {"endpoint": endpoint},
            "topics": [
                {"name": data, "encoder": "makinage.encoding.json"},
                {"name": model, "encoder": "makinage.encoding.none", "start_from": "last"},
                {"name": predict, "encoder": "makinage.encoding.json"},
            ],
            "operators": {
                "serve": {"factory": "makinage.serve:serve", "sources": [model, data], "sinks": [predict]},
            },
            // Many services run side by side, and there is one default port.
            "http": {"listen": "off"},
            "config": {"serve": {}},
        }))
    }

    /// A publisher of these models, each a mapping.
    pub(crate) fn publisher(name: &str, endpoint: &str, models: &[Value]) -> Self {
        Self(json!({"application": {"name": name}, "kafka": {"endpoint": endpoint}, "models": models}))
    }

    /// Gives a key a value; mappings on the way to it are made.
    pub(crate) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.set_at(&key.split('.').collect::<Vec<_>>(), value);
    }

    /// The same for keys that have dots in them.
    pub(crate) fn set_at(&mut self, keys: &[&str], value: impl Into<Value>) {
        *keys.iter().fold(&mut self.0, |mapping, key| &mut mapping[*key]) = value.into();
    }

    /// The same, of a configuration that is written out at once.
    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.set(key, value);
        self
    }

    /// Names these steps of a Python module.
    pub(crate) fn set_steps(&mut self, module: &str, steps: &[&str]) {
        for step in steps {
            self.set_at(&["config", "serve", step], format!("{module}:{step}"));
        }
    }

    /// Takes a key away.
    pub(crate) fn remove(&mut self, key: &str) {
        let (mapping, last) = key.rsplit_once('.').expect("a key below another");
        let mapping = mapping.split('.').fold(&mut self.0, |mapping, key| &mut mapping[key]);
        let removed = mapping.as_object_mut().and_then(|mapping| mapping.remove(last));
        assert!(removed.is_some(), "{key} is in the configuration");
    }

    /// Gives a key of a topic a value.
    pub(crate) fn set_of_topic(&mut self, topic: &str, key: &str, value: &str) {
        let mut topics = self.0["topics"].as_array_mut().expect("the topics").iter_mut();
        topics.find(|known| known["name"] == topic).expect("a topic of the configuration")[key] = value.into();
    }

    /// Describes another topic.
    pub(crate) fn add_topic(&mut self, name: &str) {
        self.0["topics"].as_array_mut().expect("the topics").push(json!({"name": name}));
    }

    /// The file.
    pub(crate) fn text(&self) -> String {
        format!("{:#}\n", self.0)
    }
}
