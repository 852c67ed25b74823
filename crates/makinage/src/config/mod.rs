//! What the user's file says, checked and typed.
//!
//! `file → tree (with positions) → Config`, with every problem of the file reported at once. Only this module reads the
//! file and the environment; everything else receives these plain structs.

mod application;
mod cache;
mod change;
pub mod code;
mod document;
mod duration;
mod encoder;
mod endpoint;
mod field;
mod file;
mod hooks;
mod imports;
mod interpreter;
mod kafka;
mod keys;
mod model_source;
mod models;
mod operator;
mod operators;
mod outputs;
mod probation;
mod problem;
mod properties;
mod publish;
mod reading;
pub mod redirect;
mod roles;
mod secret;
mod section;
mod service;
mod size;
mod surroundings;
#[cfg(test)]
mod tests;
mod topics;
mod tree;
mod tuning;
mod uses;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf, absolute},
    sync::Arc,
    time::Duration,
};

pub use cache::cache_folder;
use code::Code;
pub use duration::{Limits as DurationLimits, from_text as duration_from_text};
pub use imports::{HookImports, Import, Imports};
pub use model_source::{ModelSource, RegisteredModel, Which};
pub use problem::{Place, Problem, Problems};
pub use reading::Reading;
pub use redirect::Redirect;
pub use secret::Secret;
use serde_json::value::RawValue;

use crate::record::reference::Reference;

/// Where the service's configuration is.
#[derive(Debug)]
pub enum Located {
    /// In the file itself, whose text this is.
    Here(String),
    /// Elsewhere.
    Elsewhere(Redirect),
}

/// What messages call a configuration, and the folder where its hooks and relative paths begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file as the user named it, or a name for what it redirects to.
    pub name: PathBuf,
    /// The file's folder, absolute.
    pub folder: PathBuf,
}

impl Origin {
    /// A file.
    pub fn file(path: &Path) -> Self {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // It fails only without a working directory, where a relative path is the best there is.
        let folder = absolute(parent).unwrap_or_else(|_| parent.to_owned());
        Self { name: path.to_owned(), folder }
    }

    /// A key in Consul.
    pub fn consul(redirect: &Redirect) -> Self {
        Self { name: format!("consul:{}", redirect.key).into(), folder: redirect.folder.clone() }
    }
}

/// Reads the service's file as far as to know whether it is the configuration itself; else what is wrong with it.
pub fn locate_service(path: &Path) -> Result<Located, Problems> {
    let text = file::text(path, file::SERVICE).map_err(|(place, message)| Problems::one(path, place, message))?;
    locate_text(text, path, &surroundings::Process)
}

fn locate_text(text: String, path: &Path, surroundings: &dyn surroundings::Surroundings) -> Result<Located, Problems> {
    let Some(root) = tree::parse(&text).root.filter(|root| root.get("redirect").is_some()) else {
        // What else is wrong with it, its reading says.
        return Ok(Located::Here(text));
    };
    let mut findings = problem::Findings::new(path);
    // Again, for what is wrong with it as YAML.
    reading::root(&text, &mut findings);
    let redirect = redirect::read(&root, &Origin::file(path).folder, surroundings, &mut findings);
    let (problems, _, _) = findings.sorted();
    redirect.filter(|_| problems.is_empty()).map(Located::Elsewhere).ok_or(problems)
}

/// Reads the service's configuration from its text, with all that is wrong with it, what to warn of, and what to try to import in any case.
pub fn read_service(text: &str, origin: &Origin) -> Reading<Config> {
    service::read(text, origin, &surroundings::Process)
}

/// The interpreters that stand for "Python" where nothing names one, the first choice first.
pub fn interpreters() -> Vec<PathBuf> {
    interpreter::usual(&surroundings::Process)
}

/// The program of this name in the folders of PATH.
pub fn on_path(program: &str) -> Option<PathBuf> {
    interpreter::on_path(program, &surroundings::Process)
}

/// Reads the publisher's file, with all that is wrong with it and what to warn of.
pub fn inspect_publish(path: &Path) -> Reading<PublishConfig> {
    match file::text(path, file::PUBLISHER) {
        Ok(text) => publish::read(&text, path, &surroundings::Process),
        Err((place, message)) => Reading::failed(path, &place, message),
    }
}

/// The service's configuration: one application, one Kafka, one serve operator.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file that it was read from, or another name for where it came from; messages name it.
    pub file: PathBuf,
    /// The folder, absolute, where hooks and encoder modules are found first.
    pub folder: PathBuf,
    /// `application.name`: also the consumer group.
    pub application: String,
    /// `application.stop_timeout`: the longest that a graceful stop may take.
    pub stop_timeout: Duration,
    /// The `kafka` section.
    pub kafka: Kafka,
    /// The serve operator.
    pub operator: Operator,
    /// The `models` section.
    pub models: Models,
    /// The whole file for the hooks, as written, less `security` and `properties`, in the worker protocol's tagged form.
    /// JSON text, so that integers of any size survive.
    pub document: Box<RawValue>,
}

/// How to reach Kafka.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kafka {
    /// `host:port` of each bootstrap server; the port is 9092 where the file gives none. Never empty.
    pub endpoints: Vec<String>,
    /// librdkafka properties passed through, already checked against those that would break a promise.
    pub properties: BTreeMap<String, String>,
}

/// Where models are kept on this machine, and how many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Models {
    /// `models.store`: the folder below which each application and operator has a store; `None` for the user's cache.
    pub store: Option<PathBuf>,
    /// `models.keep`: how many of the models that were served are kept, the one that is served among them; at least 1.
    pub keep: usize,
}

/// One `makinage.serve:serve` operator.
#[derive(Debug, Clone, PartialEq)]
pub struct Operator {
    /// Its key below `operators`.
    pub name: String,
    /// The first source: the model topic.
    pub model: ModelTopic,
    /// The other sources; never empty.
    pub data: Vec<DataTopic>,
    /// The sink.
    pub sink: SinkTopic,
    /// The custom steps.
    pub hooks: Hooks,
    /// What becomes of an event that fails.
    pub on_error: OnError,
    /// Worker processes, at least 1 (`auto` is resolved).
    pub workers: usize,
    /// How events are grouped into batches.
    pub batch: Batch,
    /// Whether the model answers each row as if it were alone.
    pub row_wise: RowWise,
    /// The longest that a worker may be silent on one batch.
    pub predict_timeout: Duration,
    /// The longest that a model may take to load.
    pub load_timeout: Duration,
    /// The most memory that a worker process may take for its data, in bytes; `None` for no limit.
    pub memory_limit: Option<u64>,
    /// When a generation is taken back by itself.
    pub probation: Probation,
    /// The Python interpreter of the workers: `python`, else `$VIRTUAL_ENV/bin/python`, else `python3`.
    pub python: PathBuf,
    /// Which packages the workers run with.
    pub environment: Environment,
    /// The code of the hooks and encoder modules when this was read.
    pub code: Arc<Code>,
}

/// Whether a model answers each row as if it were alone, so that it may be given several at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowWise {
    /// Workers look before they believe it (the default).
    Seen,
    /// The user says that it does.
    Always,
    /// It gets one event a call.
    Never,
}

/// Which packages the workers run with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// Those of the operator's Python (the default).
    Current,
    /// Those that the model names, in a virtual environment that is built for it.
    Model,
}

/// What a generation must not do for some time after it took over, or it is taken back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Probation {
    /// How long that is; zero for no probation.
    pub time: Duration,
    /// Different batches on which a worker died; `None` for any number.
    pub crashes: Option<usize>,
    /// By how much the share of events that failed may exceed that of the generation before, from 0 to 1; `None` for any.
    pub error_rate: Option<f64>,
}

/// Where models arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelTopic {
    /// Topic name.
    pub name: String,
    /// Where reading starts.
    pub start_from: ModelStart,
}

/// Where reading of the model topic starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelStart {
    /// The newest complete model on the topic, then what comes (the default).
    Last,
    /// Only what is published from now on.
    End,
}

/// Where events arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataTopic {
    /// Topic name.
    pub name: String,
    /// How its values are decoded.
    pub encoder: Encoder,
    /// Where a consumer group without committed offsets starts.
    pub start_from: DataStart,
}

/// Where a consumer group without committed offsets starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataStart {
    /// With what arrives from now on (the default).
    End,
    /// With the oldest event that the topic holds.
    Beginning,
}

/// Where predictions go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkTopic {
    /// Topic name.
    pub name: String,
    /// How outputs are encoded.
    pub encoder: Encoder,
}

/// A topic's encoding of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encoder {
    /// `makinage.encoding.json`.
    Json,
    /// `makinage.encoding.string`, also where none is given.
    String,
    /// `makinage.encoding.none`: bytes.
    Bytes,
    /// `makinage.encoding.pickle`, on a data topic only with `allow_pickle: true`.
    Pickle,
    /// A user's module with `encode(obj) -> bytes` and `decode(bytes) -> obj`.
    Module(String),
}

/// The three hook names, each `module:function`, `None` for the default step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hooks {
    /// `pre_transform(config) -> f(event)`.
    pub pre_transform: Option<String>,
    /// `predict(model, config) -> f(x)`.
    pub predict: Option<String>,
    /// `post_transform(config) -> f(event, prediction)`.
    pub post_transform: Option<String>,
}

/// What becomes of an event that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnError {
    /// It is skipped, with one log line (the default).
    Skip,
    /// The finished prefix is committed, and the service ends with exit code 1.
    Stop,
}

/// How events are grouped into batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Batch {
    /// What has queued when a worker is free, within limits that follow the measured model time.
    Auto,
    /// `rows` events, or fewer once the oldest has waited for `max_delay`.
    Fixed {
        /// Events a batch.
        rows: usize,
        /// The longest wait for company.
        max_delay: Duration,
    },
}

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

impl Encoder {
    /// The module's name, as the file has it.
    pub fn module(&self) -> &str {
        match self {
            Self::Json => "makinage.encoding.json",
            Self::String => "makinage.encoding.string",
            Self::Bytes => "makinage.encoding.none",
            Self::Pickle => "makinage.encoding.pickle",
            Self::Module(module) => module,
        }
    }
}
