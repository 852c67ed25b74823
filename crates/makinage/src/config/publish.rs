//! The publisher's file.

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::{
    locate::Origin,
    reader::{
        described,
        field::Field,
        problem::{Findings, Place},
        root,
        section::Section,
        shape::{Ground, Shaped, section},
        surroundings::Surroundings,
    },
    reading::Reading,
    sections::{
        application::{self, Publisher},
        kafka::{self, Kafka},
        log::{self, Log, LogFormat},
        topics,
    },
    values::{interpreter::Finder, model_source::ModelSource},
};
use crate::{
    address::Address,
    model::is_name,
    quoted::quoted,
    record::{
        is_sha256,
        reference::{Location, Reference},
    },
    yaml::{Scalar, Value},
};

#[cfg(test)]
mod tests;

section! {
    /// The keys of the top level.
    pub struct PublishKeys
    by hand {
        /// The publisher itself.
        application: "", "", schema described::section(&Publisher::described()), example "";
        /// As `kafka`.
        Kafka: "", "none beside `kafka`", schema kafka::schema(), example "";
        /// How Kafka is reached; `Kafka` is the same.
        kafka: "", "none beside `Kafka`", schema kafka::schema(), example "";
        /// What to publish, in this order.
        models: "", "", schema described::list(&one_model(), 1), example "";
        /// What the log looks like.
        log: "", "none", schema described::section(&Log::described()), example "";
    }
    keys {}
    refused {
        redirect: "a configuration that lives elsewhere isn't there yet; write it into this file";
        topics: "a publisher needs no list of topics; remove it, and name the topic beside each model";
        operators: "operators belong in the file of `makinage`; move them there";
        config: "hooks and their settings belong in the file of `makinage`; move them there";
    }
}

section! {
    /// The keys of an item of `models`.
    pub struct ModelKeys
    by hand {
        /// The model topic.
        topic: "a topic's name", "", schema topics::name_schema(), example "model";
        /// A zip or a folder that MLflow wrote, or an address that MLflow knows.
        path: "a path, or `models:/…`, `runs:/…`, `s3://…`", "a `reference`", schema described::text(),
            example "models:/iris@champion";
        /// Where a model lies that is published without its bytes.
        reference: "`s3://…`, `https://…` or an absolute path", "a `path`", schema described::matching("^(/|[^/]*:)."),
            example "s3://models/iris.zip";
        /// The digest of the zip that a `reference` leads to.
        sha256: "64 hexadecimal digits", "must be given with a `reference`",
            schema described::matching("^[0-9A-Fa-f]{64}$"),
            example "3fc9b689459d738f8c88a3a48aa9e33542016b7a4052e001aaa536fca74813cb";
        /// What predictions call this model; the registry's name, where it comes from there.
        name: "a name", "the first digits of its SHA-256", schema label_schema(), example "iris";
        /// Which version of `name` it is.
        version: "a name or a number", "none", schema label_schema(), example "3";
    }
    keys {}
}

/// An item of `models`: a path, or a reference with its digest.
fn one_model() -> Json {
    let mut model = described::section(&ModelKeys::described());
    model["oneOf"] = json!([
        {
            "required": ["path"],
            "properties": {"path": {"type": "string"}, "reference": {"type": "null"}, "sha256": {"type": "null"}},
        },
        {
            "required": ["reference", "sha256"],
            "properties": {
                "path": {"type": "null"}, "reference": {"type": "string"}, "sha256": {"type": "string"},
            },
        },
    ]);
    model["dependentRequired"] = json!({"version": ["name"]});
    model
}

/// The schema of [`label`].
fn label_schema() -> Json {
    json!({"type": ["string", "integer"], "minLength": 1})
}

const PATH: &str = "name a zip or a folder that MLflow wrote: `path: /path/of/model.zip`";

const SHA256: &str = "give the digest of the zip, which `sha256sum model.zip` prints: `sha256: …`";

const PYTHON: &str =
    "MLflow runs in Python: install Python 3.10 or newer with mlflow, or activate an environment that has both";

const REMEDY: &str = "say what to publish: `- topic: model` and below it `path: /path/of/model.zip`";

/// The publisher's configuration.
#[derive(Debug, Clone)]
pub struct PublishConfig {
    /// The file that it was read from.
    pub file: PathBuf,
    /// `application.name`.
    pub application: String,
    /// The `kafka` section.
    pub kafka: Kafka,
    /// What to publish, in the file's order.
    pub models: Vec<PublishModel>,
    /// Models to publish by reference, after those; never empty where there are none.
    pub references: Vec<PublishReference>,
    /// The Python whose MLflow is asked; looked for only where a model comes from there.
    pub python: Option<PathBuf>,
    /// `log.format`.
    pub log_format: LogFormat,
}

/// One model to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishModel {
    /// The model topic.
    pub topic: String,
    /// Where it is.
    pub source: ModelSource,
    /// The name that it is published under, where its source has none.
    pub name: Option<String>,
    /// The version that it is published as, where its source has none.
    pub version: Option<String>,
    /// Line of the `path` key in the file, for messages.
    pub line: usize,
}

/// Where a model is, published in place of its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishReference {
    /// The model topic.
    pub topic: String,
    /// Where it is, and what it must be.
    pub reference: Reference,
    /// Line of the `reference` key in the file, for messages.
    pub line: usize,
}

/// Reads the publisher's configuration from `text`, the content of `file`.
pub(super) fn read(text: &str, file: &Path, surroundings: &dyn Surroundings) -> Reading<PublishConfig> {
    let mut findings = Findings::new(file);
    let Some(root) = root::read(text, &mut findings) else {
        return Reading::new(findings, None, None);
    };
    if let Some(operators) = root.get("operators").filter(|_| root.get("models").is_none()) {
        let message = "this file describes a service: it is for `makinage --config FILE`; give `makinage-model-publisher` a file with `models`";
        return Reading::failed(file, &Place::key(operators.key.line, "operators"), message.to_owned());
    }
    let config = sections(&Field::root(&root), file, surroundings, &mut findings);
    Reading::new(findings, config, None)
}

fn sections(
    root: &Field,
    file: &Path,
    surroundings: &dyn Surroundings,
    findings: &mut Findings,
) -> Option<PublishConfig> {
    let ground = Ground { folder: Path::new("."), surroundings };
    let section = Section::read(root, &PublishKeys::KEYS, findings)?;
    let application = application::read::<Publisher>(&section, &ground, findings);
    let beside = Origin::file(file).folder;
    let kafka = kafka::read(&section, &Ground { folder: &beside, surroundings }, findings);
    let log = log::read(&section, &ground, findings);
    let entries = models(&section, findings);
    let python = entries.as_ref().map(|(models, _)| python(models, surroundings, findings));
    let (models, references) = entries.unzip();
    Some(PublishConfig {
        file: file.to_owned(),
        application: application?.name,
        kafka: kafka?,
        models: models?,
        references: references?,
        python: python?,
        log_format: log?.format,
    })
}

/// The interpreter whose MLflow is asked, where a model comes from there.
fn python(models: &[PublishModel], surroundings: &dyn Surroundings, findings: &mut Findings) -> Option<PathBuf> {
    let asks = models.iter().find(|model| !matches!(model.source, ModelSource::Path(_)))?;
    let finder = Finder { folder: Path::new("."), surroundings };
    finder.default(PYTHON).map_err(|message| findings.problem(&Place::key(asks.line, "models"), message)).ok()
}

/// One item of the list.
enum Entry {
    Model(PublishModel),
    Reference(PublishReference),
}

fn models(root: &Section, findings: &mut Findings) -> Option<(Vec<PublishModel>, Vec<PublishReference>)> {
    let field = root.require("models", REMEDY, findings)?;
    let items = field.items(findings)?;
    if items.is_empty() {
        findings.problem(&field.place, format!("this list is empty; {REMEDY}"));
        return None;
    }
    let entries: Vec<_> = items.iter().map(|field| entry(field, findings)).collect();
    let (mut models, mut references) = (Vec::new(), Vec::new());
    for entry in entries {
        match entry? {
            Entry::Model(model) => models.push(model),
            Entry::Reference(reference) => references.push(reference),
        }
    }
    Some((models, references))
}

fn entry(field: &Field, findings: &mut Findings) -> Option<Entry> {
    let section = Section::read(field, &ModelKeys::KEYS, findings)?;
    match section.get("reference") {
        Some(uri) => reference(&section, uri, findings).map(Entry::Reference),
        None => model(&section, findings).map(Entry::Model),
    }
}

/// Where a model is, in place of its bytes.
fn reference(section: &Section, uri: &Field, findings: &mut Findings) -> Option<PublishReference> {
    let topic = section.require("topic", "name the model topic: `topic: model`", findings).cloned();
    let topic = topic.and_then(|field| topics::name(&field, findings));
    if let Some(path) = section.get("path") {
        findings.problem(&path.place, "a model has a `path` or a `reference`; remove one of the two");
    }
    let text = uri.text(findings)?;
    let address = Address::from(text);
    if let Err(fault) = Location::of(&address) {
        findings.problem(&uri.place, format!("this reference {fault}"));
    }
    let sha256 = section.require("sha256", SHA256, findings).cloned();
    let sha256 = sha256.and_then(|field| {
        let digits = field.text(findings)?.to_ascii_lowercase();
        if !is_sha256(&digits) {
            findings.problem(&field.place, format!("this is no SHA-256 in 64 hexadecimal digits; {SHA256}"));
        }
        Some(digits)
    });
    let (name, version) = named(section, findings)?;
    let reference = Reference { uri: address, sha256: sha256?, name, version };
    Some(PublishReference { topic: topic?.to_owned(), reference, line: uri.place.line? })
}

/// The name and version of an item.
fn named(section: &Section, findings: &mut Findings) -> Option<(Option<String>, Option<String>)> {
    let (name, version) = (section.setting("name", findings, label), section.setting("version", findings, label));
    let (name, version) = (name.optional()?, version.optional()?);
    if let (None, Some(field)) = (&name, section.get("version")) {
        findings.problem(&field.place, "a version is one of a name; add the name above it, as `name: iris`");
        return None;
    }
    Some((name, version))
}

fn model(section: &Section, findings: &mut Findings) -> Option<PublishModel> {
    if let Some(digest) = section.get("sha256") {
        findings.problem(&digest.place, "the digest of a `path` is made by the publisher; remove this key");
    }
    let topic = section.require("topic", "name the model topic: `topic: model`", findings).cloned();
    let topic = topic.and_then(|field| topics::name(&field, findings));
    let path = section.require("path", PATH, findings).cloned();
    let source = path.as_ref().and_then(|path| source(path, findings));
    if let Some(ModelSource::Registered(model)) = &source {
        for key in ["name", "version"] {
            if let Some(field) = section.get(key) {
                let message = format!("the {key} comes from `{}`; remove this key", model.uri);
                findings.problem(&field.place, message);
            }
        }
    }
    let (name, version) = named(section, findings)?;
    Some(PublishModel { topic: topic?.to_owned(), source: source?, name, version, line: path?.place.line? })
}

fn source(path: &Field, findings: &mut Findings) -> Option<ModelSource> {
    ModelSource::parse(path.text(findings)?).map_err(|message| findings.problem(&path.place, message)).ok()
}

/// A name or version; a version may be a whole number.
fn label(field: &Field, findings: &mut Findings) -> Option<String> {
    let text = match &field.node.value {
        Value::Scalar(text, Scalar::Integer(_)) => text,
        _ => field.text(findings)?,
    };
    if is_name(text) {
        return Some(text.to_owned());
    }
    let message = format!("{} is no name; use up to 200 bytes of visible characters, as `iris` or `3`", quoted(text));
    findings.problem(&field.place, message);
    None
}
