//! `environment: model`: a virtual environment of the model's own requirements, built once and kept in the cache.
//!
//! ```text
//! requirements + Python's version ─▶ key ─▶ <cache>/environments/<key>: there? ─ no ─▶ lock, venv, install, stamp ─▶ its interpreter
//! ```
//!
//! How environments are made, and kept by one instance from another, is `python/`'s business.

mod base;
mod error;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

pub(crate) use self::error::EnvironmentError;
use crate::{
    archive::sha256,
    config::on_path,
    model::{REQUIREMENTS, Requirements},
    progress::{Amount, Progress},
    python::{Once, Packages, Runner, Venv},
    store::workspace::UnpackedModel,
};

/// The longest that a command of a build may take, and that another instance's build is waited for.
pub(crate) const LONGEST: Duration = Duration::from_mins(30);
/// Packages that every worker needs; mlflow-skinny is mlflow.
const NUMPY: &str = "numpy";
const MLFLOW: &str = "mlflow";
const MLFLOW_SKINNY: &str = "mlflow-skinny";
/// Changes when what is built from the same requirements does.
const FORM: &str = "1";
/// The folder's name holds all that it was made from; the stamp only says that it is whole.
const MADE_FROM: &str = "";

/// The interpreter of the model's own environment, which is built where there is none yet. `python` is the operator's.
pub(crate) fn ready(
    model: &UnpackedModel,
    python: &Path,
    cache: &Path,
    runner: &Runner<'_>,
) -> Result<PathBuf, EnvironmentError> {
    let requirements = Requirements::read(&model.path)?;
    let base = base::choose(python, requirements.python.as_deref(), runner)?;
    let needs = needs(&requirements);
    let mut key = format!("{FORM}\n{}\n{needs:?}\n{:?}\n{:?}", base.about, requirements.others, requirements.list);
    if requirements.have_files() {
        key.push_str(&model.identity.sha256);
    }
    let folder = cache.join("environments").join(&sha256(key.as_bytes())[..24]);
    let once = Once::lock(&folder, runner, || {
        tracing::info!("another instance builds this environment: waiting for it");
    })?;
    let interpreter = Venv::python(&folder);
    if once.is_made_from(MADE_FROM) {
        tracing::info!("model {}: its environment {} is built already", model.label, folder.display());
        return Ok(interpreter);
    }
    once.clear()?;
    let began = Instant::now();
    tracing::info!("model {}: building its environment {} with Python {}", model.label, folder.display(), base.version);
    let what = format!("model {}: building its environment", model.label);
    let _progress = Progress::told(what, Amount::Unknown, |line| tracing::info!("{line}"));
    let uv = on_path("uv");
    let venv = Venv { base: &base.path, folder: &folder, uv: uv.as_deref() };
    let packages = Packages::Wanted(packages(&requirements, &needs));
    for command in [venv.create(), venv.install(&packages)] {
        // In the model's folder, since its list names its own files.
        let command = command.within(&model.path);
        if let Err(error) = runner.run(&base.path, &command) {
            once.clear()?;
            return Err(EnvironmentError::of(error, &command));
        }
    }
    once.finish(MADE_FROM)?;
    tracing::info!("model {}: its environment is built, in {:.1} s", model.label, began.elapsed().as_secs_f32());
    Ok(interpreter)
}

/// What is installed: what the model names, and what the worker needs besides.
fn packages(requirements: &Requirements, needs: &[&str]) -> Vec<OsString> {
    let list = requirements.list.is_some().then_some(["-r", REQUIREMENTS]).into_iter().flatten();
    let others = requirements.others.iter().map(String::as_str);
    list.chain(others).chain(needs.iter().copied()).map(OsString::from).collect()
}

/// What the worker needs and the model doesn't name.
fn needs(requirements: &Requirements) -> Vec<&'static str> {
    let mut needs = vec![];
    if !requirements.name(NUMPY) {
        needs.push(NUMPY);
    }
    if !requirements.name(MLFLOW) && !requirements.name(MLFLOW_SKINNY) {
        needs.push(MLFLOW);
    }
    needs
}
