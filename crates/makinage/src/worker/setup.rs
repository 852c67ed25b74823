//! From the configuration and a model to what workers are started with.

use std::{path::PathBuf, sync::Arc};

use crate::wire::protocol::{self, HookNames, TopicEncoding};
use crate::{
    config::{Config, Environment, Hooks, RowWise, Tuning, cache_folder},
    environment::{self, EnvironmentError},
    event::Event,
    python::Runner,
    store::workspace::UnpackedModel,
    telemetry::Telemetry,
};

/// What all workers of a generation are started with, the first ones and those that replace them. It doesn't change.
#[derive(Debug)]
pub struct Setup {
    /// The interpreter.
    pub python: PathBuf,
    /// The payload of the `setup` frame.
    pub payload: Vec<u8>,
    /// The model; it stays on the disk for as long as a worker may be replaced.
    pub model: Arc<UnpackedModel>,
    /// How the operator runs.
    pub tuning: Tuning,
    /// Recent events, for a model that brings no input example to warm up on; empty where a step is the user's.
    pub samples: Vec<Event>,
    /// The data topics, in the operator's order.
    pub topics: Vec<String>,
    /// Where it is known whether somebody looks on.
    pub telemetry: Arc<Telemetry>,
}

impl From<&Hooks> for HookNames {
    fn from(hooks: &Hooks) -> Self {
        Self {
            pre_transform: hooks.pre_transform.clone(),
            predict: hooks.predict.clone(),
            post_transform: hooks.post_transform.clone(),
        }
    }
}

/// The interpreter of a model's workers. Where the model has an environment of its own, that is built first.
pub fn interpreter(config: &Config, model: &UnpackedModel, runner: &Runner<'_>) -> Result<PathBuf, EnvironmentError> {
    let operator = &config.operator;
    match operator.tuning.environment {
        Environment::Current => Ok(operator.python.clone()),
        Environment::Model => environment::ready(model, &operator.python, &cache_folder(), runner),
    }
}

/// What the workers of a generation are started with: the model and its [`interpreter`]. `max_output_bytes` is the
/// sink's limit.
pub fn setup(
    config: &Config,
    model: Arc<UnpackedModel>,
    python: PathBuf,
    max_output_bytes: usize,
) -> Result<Setup, serde_json::Error> {
    let operator = &config.operator;
    let encoding = |topic: &str, encoder: &crate::config::Encoder| TopicEncoding {
        topic: topic.into(),
        encoder: encoder.module().into(),
    };
    let payload = protocol::Setup {
        config: config.document.clone(),
        folder: config.folder.display().to_string(),
        operator: operator.name.clone(),
        hooks: HookNames::from(&operator.hooks),
        sources: operator.data.iter().map(|topic| encoding(&topic.name, &topic.encoder)).collect(),
        sink: encoding(&operator.sink.name, &operator.sink.encoder),
        row_wise: match operator.tuning.row_wise {
            RowWise::Seen => None,
            RowWise::Always => Some(true),
            RowWise::Never => Some(false),
        },
        coalesce: operator.tuning.coalesce,
        native: operator.tuning.native,
        retry_on: operator.tuning.retried(),
        max_output_bytes,
        modules: &operator.code.files,
        threads: threads(operator.tuning.workers),
    };
    Ok(Setup {
        python,
        payload: serde_json::to_vec(&payload)?,
        model,
        tuning: operator.tuning.clone(),
        samples: vec![],
        topics: operator.data.iter().map(|topic| topic.name.clone()).collect(),
        telemetry: Arc::default(),
    })
}

/// Threads that one worker's numerical libraries may use: all workers' together leave a core to the service. More of
/// them than cores would only wait for each other.
fn threads(workers: usize) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (cores.saturating_sub(1) / workers).max(1)
}
