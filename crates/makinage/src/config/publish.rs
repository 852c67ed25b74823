//! The publisher's file.

use std::path::{Path, PathBuf};

use super::{
    PublishConfig, PublishModel, application,
    field::Field,
    kafka,
    keys::Keys,
    problem::{Findings, Place},
    reading::{self, Reading},
    section::Section,
    topics,
};

#[cfg(test)]
mod tests;

const KEYS: Keys = Keys {
    here: &["application", "Kafka", "kafka", "models"],
    refused: &[
        ("redirect", "a configuration that lives elsewhere isn't there yet; write it into this file"),
        ("topics", "a publisher needs no list of topics; remove it, and name the topic beside each model"),
        ("operators", "operators belong in the file of `makinage`; move them there"),
        ("config", "hooks and their settings belong in the file of `makinage`; move them there"),
    ],
};

const MODEL: Keys = Keys {
    here: &["topic", "path"],
    refused: &[
        ("name", "names of models aren't there yet; remove it"),
        ("version", "versions of models aren't there yet; remove it"),
    ],
};

const REMEDY: &str = "say what to publish: `- topic: model` and below it `path: /path/of/model.zip`";

/// Reads the publisher's configuration from `text`, the content of `file`.
pub fn read(text: &str, file: &Path) -> Reading<PublishConfig> {
    let mut findings = Findings::new(file);
    let Some(root) = reading::root(text, &mut findings) else {
        return Reading::new(findings, None, None);
    };
    if let Some(operators) = root.get("operators").filter(|_| root.get("models").is_none()) {
        let message = "this file describes a service: it is for `makinage --config FILE`; give `makinage-model-publisher` a file with `models`";
        return Reading::failed(file, &Place::key(operators.key.line, "operators"), message.to_owned());
    }
    let config = sections(&Field::root(&root), file, &mut findings);
    Reading::new(findings, config, None)
}

fn sections(root: &Field, file: &Path, findings: &mut Findings) -> Option<PublishConfig> {
    let section = Section::read(root, &KEYS, findings)?;
    let application = application::read_publisher(&section, findings);
    let kafka = kafka::read(&section, findings);
    let models = models(&section, findings);
    Some(PublishConfig { file: file.to_owned(), application: application?, kafka: kafka?, models: models? })
}

fn models(root: &Section, findings: &mut Findings) -> Option<Vec<PublishModel>> {
    let field = root.require("models", REMEDY, findings)?;
    let items = field.items(findings)?;
    if items.is_empty() {
        findings.problem(&field.place, format!("this list is empty; {REMEDY}"));
        return None;
    }
    let models: Vec<_> = items.iter().map(|field| model(field, findings)).collect();
    models.into_iter().collect()
}

fn model(field: &Field, findings: &mut Findings) -> Option<PublishModel> {
    let section = Section::read(field, &MODEL, findings)?;
    let topic = section.require("topic", "name the model topic: `topic: model`", findings).cloned();
    let topic = topic.and_then(|field| topics::name(&field, findings));
    let path =
        section.require("path", "name a zip or a folder that MLflow wrote: `path: /path/of/model.zip`", findings)?;
    let text = path.text(findings)?;
    if text.is_empty() || text.contains('\0') {
        findings.problem(
            &path.place,
            "this is no path; name a zip or a folder that MLflow wrote: `path: /path/of/model.zip`",
        );
        return None;
    }
    Some(PublishModel { topic: topic?.to_owned(), path: PathBuf::from(text), line: path.place.line? })
}
