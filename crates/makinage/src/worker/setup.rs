//! From the configuration and a model to what workers are started with.

use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use super::starting::Starting;
use crate::wire::protocol::{HookNames, Setup, TopicEncoding};
use crate::{
    config::{self, Batch, Config, Environment, Hooks, OnError, RowWise, cache_folder},
    environment::{self, EnvironmentError, Surroundings},
    event::Event,
    store::workspace::UnpackedModel,
};

/// What all workers of a pool are started with.
#[derive(Debug)]
pub struct WorkerPlan {
    /// The interpreter.
    pub python: PathBuf,
    /// The payload of `setup`.
    pub setup: Vec<u8>,
    /// The model; it stays on the disk for as long as a worker may be replaced.
    pub model: Arc<UnpackedModel>,
    /// The longest that loading may take.
    pub load_timeout: Duration,
    /// The longest that a worker may be silent on one batch.
    pub predict_timeout: Duration,
    /// Processes.
    pub workers: usize,
    /// How events are grouped for them.
    pub batch: Batch,
    /// What becomes of an event that fails.
    pub on_error: OnError,
    /// The most memory that a process may take for its data, in bytes.
    pub memory_limit: Option<u64>,
    /// When the generation is to be taken back.
    pub probation: config::Probation,
    /// Recent events, for a model that brings no input example to warm up on; empty where a step is the user's.
    pub samples: Vec<Event>,
    /// Whether another generation serves meanwhile, so that loading must not take its processor. No longer, once this one takes over.
    pub beside_another: AtomicBool,
    /// Its processes that load.
    pub starting: Starting,
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
pub fn interpreter(
    config: &Config,
    model: &UnpackedModel,
    surroundings: &Surroundings<'_>,
) -> Result<PathBuf, EnvironmentError> {
    let operator = &config.operator;
    match operator.environment {
        Environment::Current => Ok(operator.python.clone()),
        Environment::Model => environment::ready(model, &operator.python, &cache_folder(), surroundings),
    }
}

/// What the workers of a generation are started with: the model and its [`interpreter`]. `max_output_bytes` is the sink's limit.
pub fn plan(
    config: &Config,
    (model, python): (Arc<UnpackedModel>, PathBuf),
    max_output_bytes: usize,
) -> Result<WorkerPlan, serde_json::Error> {
    let operator = &config.operator;
    let encoding = |topic: &str, encoder: &crate::config::Encoder| TopicEncoding {
        topic: topic.into(),
        encoder: encoder.module().into(),
    };
    let setup = Setup {
        config: config.document.clone(),
        folder: config.folder.display().to_string(),
        operator: operator.name.clone(),
        hooks: HookNames::from(&operator.hooks),
        sources: operator.data.iter().map(|topic| encoding(&topic.name, &topic.encoder)).collect(),
        sink: encoding(&operator.sink.name, &operator.sink.encoder),
        row_wise: match operator.row_wise {
            RowWise::Seen => None,
            RowWise::Always => Some(true),
            RowWise::Never => Some(false),
        },
        max_output_bytes,
        modules: &operator.code.files,
        threads: threads(operator.workers),
    };
    Ok(WorkerPlan {
        python,
        setup: serde_json::to_vec(&setup)?,
        model,
        load_timeout: operator.load_timeout,
        predict_timeout: operator.predict_timeout,
        workers: operator.workers,
        batch: operator.batch,
        on_error: operator.on_error,
        memory_limit: operator.memory_limit,
        probation: operator.probation,
        samples: vec![],
        beside_another: AtomicBool::new(false),
        starting: Starting::default(),
    })
}

/// Threads that one worker's numerical libraries may use: all workers' together leave a core to the service. More of them than cores would only wait for each other.
fn threads(workers: usize) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (cores.saturating_sub(1) / workers).max(1)
}
