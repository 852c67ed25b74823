//! The demo's model: trained and packaged by the first Python that can, which is also the one that serves it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;

use super::{environment, programs, screen::Screen};
use crate::{
    config::interpreters,
    python::{CommandLine, RunError},
    stop::Stop,
};

const SCRIPT: &str = include_str!("train.py");

/// What training left in the demo's folder.
#[derive(Debug)]
pub(super) struct Trained {
    /// The Python that did it.
    pub python: PathBuf,
    /// The `MLflow` model.
    pub model: PathBuf,
    /// What the numbers that it predicts mean.
    pub classes: Vec<String>,
    /// Events that it hasn't seen, as JSON.
    pub events: Vec<String>,
}

/// Trains in `folder`. An environment is only made where neither the active one nor `python3` can do it.
pub(super) fn train(folder: &Path, screen: &Screen, stop: &Stop) -> anyhow::Result<Trained> {
    for python in interpreters() {
        match run(&python, folder, screen, stop) {
            Ok(()) => return read(python, folder),
            Err(error @ RunError::Stopped) => return Err(error.into()),
            // Most have no mlflow. Whatever it is, the demo's own environment is the remedy, and it is told.
            Err(error) => screen.line(&format!("not with {}: {}", python.display(), error.in_a_line()))?,
        }
    }
    let python = environment::ensure(screen, stop)?;
    match run(&python, folder, screen, stop) {
        Ok(()) => read(python, folder),
        Err(error @ RunError::Stopped) => Err(error.into()),
        Err(error) => Err(anyhow::Error::from(error).context(format!(
            "{} can't train the demo's model; remove {} and start again, which makes it anew",
            python.display(),
            python.parent().and_then(Path::parent).unwrap_or(&python).display()
        ))),
    }
}

fn run(python: &Path, folder: &Path, screen: &Screen, stop: &Stop) -> Result<(), RunError> {
    // In its own folder, because Python looks for modules in the current one first.
    let line = CommandLine::new(python).args(["-c", SCRIPT]).args([folder]).within(folder);
    programs::run(python, &line, "training a model", screen, stop)
}

fn read(python: PathBuf, folder: &Path) -> anyhow::Result<Trained> {
    let lines = |name: &str| -> anyhow::Result<Vec<String>> {
        let path = folder.join(name);
        let text = fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
        Ok(text.lines().map(str::to_owned).collect())
    };
    Ok(Trained { python, model: folder.join("model"), classes: lines("classes.txt")?, events: lines("events.jsonl")? })
}
