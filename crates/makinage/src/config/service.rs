//! The service's file: its top level.

use std::path::{Path, PathBuf, absolute};

use super::{
    Config, application, document,
    field::Field,
    imports::Imports,
    kafka,
    keys::Keys,
    models, operator,
    problem::{Findings, Place},
    reading::{self, Reading},
    section::Section,
    surroundings::Surroundings,
    topics::Topics,
    tree::{Entry, Node, Value},
};

const KEYS: Keys = Keys {
    here: &["application", "Kafka", "kafka", "topics", "operators", "models", "config"],
    refused: &[("redirect", "a configuration that lives elsewhere isn't there yet; write it into this file")],
};

/// Reads the service's configuration from `text`, the content of `file`.
pub fn read(text: &str, file: &Path, surroundings: &dyn Surroundings) -> Reading<Config> {
    let mut findings = Findings::new(file);
    let Some(root) = reading::root(text, &mut findings) else {
        return Reading::new(findings, None, None);
    };
    let publishes = |models: &&Entry| matches!(models.value.value, Value::List(_)) && root.get("operators").is_none();
    if let Some(models) = root.get("models").filter(publishes) {
        let message = "this file says what to publish: it is for `makinage-model-publisher --config FILE`; give `makinage` a file with `operators`";
        return Reading::failed(file, &Place::key(models.key.line, "models"), message.to_owned());
    }
    let (config, imports) = sections(&root, file, surroundings, &mut findings);
    Reading::new(findings, config, imports)
}

fn sections(
    root: &Node,
    file: &Path,
    surroundings: &dyn Surroundings,
    findings: &mut Findings,
) -> (Option<Config>, Option<Imports>) {
    let Some(top) = Section::read(&Field::root(root), &KEYS, findings) else {
        return (None, None);
    };
    let application = application::read(&top, findings);
    let kafka = kafka::read(&top, findings);
    let topics = Topics::read(&top, findings);
    let folder = folder(file);
    let reader = operator::Reader { root: &top, topics: topics.as_ref(), folder: &folder, surroundings };
    let (operator, imports) = reader.read(findings);
    let models = models::read(&top, &folder, findings);
    let config = || {
        let application = application?;
        Some(Config {
            file: file.to_owned(),
            application: application.name,
            stop_timeout: application.stop_timeout,
            kafka: kafka?,
            operator: operator?,
            models: models?,
            document: document::write(root),
        })
    };
    (config(), imports)
}

fn folder(file: &Path) -> PathBuf {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // It fails only without a working directory, where a relative path is the best there is.
    absolute(parent).unwrap_or_else(|_| parent.to_owned())
}
