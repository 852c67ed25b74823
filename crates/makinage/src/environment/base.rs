//! Which Python a model's environment is made with: the operator's, unless the model was saved with another one that is
//! here.

use std::path::{Path, PathBuf};

use super::error::EnvironmentError;
use crate::python::{CommandLine, Interpreter, Runner, minor};

/// The interpreter for a model that was saved with `wanted`.
pub(super) fn choose(
    python: &Path,
    wanted: Option<&str>,
    runner: &Runner<'_>,
) -> Result<Interpreter, EnvironmentError> {
    let base =
        Interpreter::ask(python, runner).map_err(|error| EnvironmentError::of(error, &CommandLine::new(python)))?;
    let Some(wanted) = wanted.filter(|wanted| minor(wanted) != minor(&base.version)) else { return Ok(base) };
    // A version is part of a program's name here: nothing else may be.
    let minor_wanted = minor(wanted).filter(|minor| minor.chars().all(|c| c.is_ascii_digit() || c == '.'));
    if let Some(minor_wanted) = minor_wanted {
        let program = PathBuf::from(format!("python{minor_wanted}"));
        // A program of that name may be a version manager's, which has nothing behind it.
        if let Ok(other) = Interpreter::ask(&program, runner)
            && minor(&other.version) == Some(minor_wanted)
        {
            return Ok(other);
        }
    }
    tracing::warn!(
        code = "M010",
        "the model was saved with Python {wanted}, its environment has {}: if it doesn't load, put python{} on PATH",
        base.version,
        minor_wanted.unwrap_or(wanted)
    );
    Ok(base)
}
