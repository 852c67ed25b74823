//! What differs between two configurations: what a running service can take up, and what it can't. Pure.

use super::{
    reader::shape::Shaped,
    sections::{document, kafka::Kafka, operator::Operator, roles::DataTopic},
    service::Config,
};

#[cfg(test)]
mod tests;

/// Keys that are named of a change.
const NAMED: usize = 5;

impl Config {
    /// Whether `new` means the same: comments, order and layout mean nothing.
    pub fn means_the_same_as(&self, new: &Self) -> bool {
        self.needs_restart(new).is_empty()
            && self.operator == new.operator
            && document::same(&self.document, &new.document)
    }

    /// The keys that `new` has other values of, for a sentence; `None` where there are none but such as are no hook's
    /// business.
    pub(crate) fn changed_keys(&self, new: &Self) -> Option<String> {
        in_words(&document::differing(&self.document, &new.document))
    }

    /// The keys whose change takes a restart, since Kafka's clients and the threads about them are made once.
    pub fn needs_restart(&self, new: &Self) -> Vec<String> {
        // Each field by its name, so that a new one can't be forgotten.
        let Self { file: _, folder: _, application, kafka, operator, models, http, log, traces, document: _ } = self;
        let mut keys = Keys::default();
        keys.section("application", application, &new.application);
        keys.kafka(kafka, &new.kafka);
        keys.section("models", models, &new.models);
        keys.section("http", http, &new.http);
        keys.section("log", log, &new.log);
        keys.section("traces", traces, &new.traces);
        keys.operator(operator, &new.operator);
        keys.0
    }
}

/// The first of these keys, and how many there are besides.
fn in_words(keys: &[String]) -> Option<String> {
    let named = keys.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match keys.len() {
        0 => None,
        1..=NAMED => Some(named),
        all => Some(format!("{named} and {} more keys", all - NAMED)),
    }
}

#[derive(Default)]
struct Keys(Vec<String>);

impl Keys {
    fn note(&mut self, key: impl Into<String>, same: bool) {
        if !same {
            self.0.push(key.into());
        }
    }

    fn section<S: Shaped>(&mut self, name: &str, old: &S, new: &S) {
        self.0.extend(old.restarts(new).into_iter().map(|key| format!("{name}.{key}")));
    }

    fn kafka(&mut self, old: &Kafka, new: &Kafka) {
        let Kafka { endpoints, properties, security } = old;
        self.note("kafka.endpoint", *endpoints == new.endpoints);
        self.note("kafka.security", *security == new.security);
        for (name, value) in properties {
            self.note(format!("kafka.properties.{name}"), new.properties.get(name) == Some(value));
        }
        for name in new.properties.keys().filter(|name| !properties.contains_key(*name)) {
            self.note(format!("kafka.properties.{name}"), false);
        }
    }

    fn operator(&mut self, old: &Operator, new: &Operator) {
        // The others go with a generation.
        let Operator { name, model, data, sink, dead_letter, .. } = old;
        let below = |key: &str| format!("operators.{name}.{key}");
        self.note(format!("operators.{name}"), *name == new.name);
        let names = |topics: &[DataTopic]| topics.iter().map(|topic| topic.name.clone()).collect::<Vec<_>>();
        let same_sources = model.name == new.model.name && names(data) == names(&new.data);
        self.note(below("sources"), same_sources);
        self.note(below("sinks"), sink.name == new.sink.name);
        self.note(below("dead_letter"), *dead_letter == new.dead_letter);
        if same_sources {
            self.note(start(&model.name), model.start_from == new.model.start_from);
            for (old, new) in data.iter().zip(&new.data) {
                self.note(start(&old.name), old.start_from == new.start_from);
            }
        }
    }
}

fn start(topic: &str) -> String {
    format!("start_from of the topic {topic}")
}
