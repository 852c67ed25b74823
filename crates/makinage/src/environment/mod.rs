//! `environment: model`: a virtual environment of the model's own requirements, built once and kept in the cache.
//!
//! ```text
//! requirements + Python's version ─▶ key ─▶ <cache>/environments/<key>: there? ─ no ─▶ lock, venv, install, stamp ─▶ its interpreter
//! ```
//!
//! A folder without a stamp is one that was left half-made, and is made anew; the lock keeps two instances from building the same.

mod build;
mod command;
mod interpreter;

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rustix::fs::{FlockOperation, flock};

pub use self::command::Surroundings;
use crate::{
    archive::sha256,
    model::{Requirements, RequirementsError},
    store::workspace::UnpackedModel,
};

/// The longest that a build may take, and that another instance's is waited for.
const LONGEST: Duration = Duration::from_mins(30);
/// Packages that every worker needs; mlflow-skinny is mlflow.
const NUMPY: &str = "numpy";
const MLFLOW: &str = "mlflow";
const MLFLOW_SKINNY: &str = "mlflow-skinny";
/// In a folder that is whole.
const STAMP: &str = "makinage-complete";
/// Changes when what is built from the same requirements does.
const FORM: &str = "1";

/// Why a model has no environment.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// What the model says it needs isn't known.
    #[error(transparent)]
    Requirements(#[from] RequirementsError),
    /// The cache.
    #[error("can't write {}: {source}; check free space and permissions, or set XDG_CACHE_HOME to another folder", path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A command of the build failed.
    #[error(
        "`{command}` {how}:\n{output}\nmend the model's requirements and publish it again, or install what it needs into the operator's Python and set environment: current"
    )]
    Command {
        /// The command.
        command: String,
        /// How it ended.
        how: String,
        /// The last lines that it printed.
        output: String,
    },
    /// Another instance builds the same, and doesn't come to an end.
    #[error(
        "another instance has been building this model's environment for {} min (it holds {}); look at its log or end it, and publish the model again",
        waited.as_secs() / 60, lock.display()
    )]
    Held {
        /// The lock.
        lock: PathBuf,
        /// For how long it was waited for.
        waited: Duration,
    },
    /// The service ends.
    #[error("the service is stopping")]
    Stopped,
}

/// The interpreter of the model's own environment, which is built where there is none yet. `python` is the operator's.
pub fn ready(
    model: &UnpackedModel,
    python: &Path,
    cache: &Path,
    surroundings: &Surroundings<'_>,
) -> Result<PathBuf, EnvironmentError> {
    let requirements = Requirements::read(&model.path)?;
    let base = interpreter::choose(python, requirements.python.as_deref(), surroundings)?;
    let needs = needs(&requirements);
    let mut key = format!("{FORM}\n{}\n{needs:?}\n{:?}\n{:?}", base.about, requirements.others, requirements.list);
    if requirements.have_files() {
        key.push_str(&model.identity.sha256);
    }
    let all = cache.join("environments");
    let folder = all.join(&sha256(key.as_bytes())[..24]);
    let disk = |source| EnvironmentError::Disk { path: all.clone(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(&all).map_err(disk)?;
    let _lock = lock(&folder.with_extension("lock"), LONGEST, surroundings)?;
    let interpreter = folder.join("bin/python");
    // It is a link to the one that it was made with, which may be gone.
    if folder.join(STAMP).exists() && interpreter.exists() {
        tracing::info!("model {}: its environment {} is built already", model.label, folder.display());
        return Ok(interpreter);
    }
    remove(&folder)?;
    let began = Instant::now();
    tracing::info!("model {}: building its environment {} with Python {}", model.label, folder.display(), base.version);
    let build = build::Build { model: &model.path, base: &base.path, folder: &folder, surroundings };
    if let Err(error) = build.run(&requirements, &needs) {
        remove(&folder)?;
        return Err(error);
    }
    File::create(folder.join(STAMP)).and_then(|stamp| stamp.sync_all()).map_err(disk)?;
    tracing::info!("model {}: its environment is built, in {:.1} s", model.label, began.elapsed().as_secs_f32());
    Ok(interpreter)
}

/// Removes what was left half-made, where there is something.
fn remove(folder: &Path) -> Result<(), EnvironmentError> {
    match fs::remove_dir_all(folder) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(EnvironmentError::Disk { path: folder.to_owned(), source })
        }
        _ => Ok(()),
    }
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

/// Waits while another instance builds the same.
fn lock(path: &Path, longest: Duration, surroundings: &Surroundings<'_>) -> Result<File, EnvironmentError> {
    let failed = |source| EnvironmentError::Disk { path: path.to_owned(), source };
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(failed)?;
    let began = Instant::now();
    let mut told = false;
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(file),
            Err(rustix::io::Errno::WOULDBLOCK) if began.elapsed() > longest => {
                return Err(EnvironmentError::Held { lock: path.to_owned(), waited: longest });
            }
            Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) => {}
            Err(error) => return Err(failed(error.into())),
        }
        if !told {
            tracing::info!("another instance builds this environment: waiting for it");
            told = true;
        }
        if (surroundings.stopping)() {
            return Err(EnvironmentError::Stopped);
        }
        thread::sleep(Duration::from_millis(200));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_that_another_instance_is_building_is_waited_for_and_not_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let surroundings = |stopping| Surroundings { beside_another: false, stopping };
        let held = lock(&path, LONGEST, &surroundings(&|| false)).unwrap();
        let longest = Duration::from_millis(300);
        let error = lock(&path, longest, &surroundings(&|| false)).unwrap_err();
        assert!(matches!(error, EnvironmentError::Held { .. }), "{error}");
        assert!(matches!(lock(&path, LONGEST, &surroundings(&|| true)), Err(EnvironmentError::Stopped)));
        drop(held);
        lock(&path, longest, &surroundings(&|| false)).unwrap();
    }
}
