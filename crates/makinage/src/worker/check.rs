//! Asks the operator's Python whether hooks, encoders and packages are there, without loading a model.

use std::{path::Path, time::Duration};

use super::process::{Process, ProcessError};
use crate::wire::protocol::{Check, Checked, Kind};

/// Importing hooks may import big libraries from a cold disk.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Imports what `check` names in a worker of its own.
pub fn check(python: &Path, check: &Check<'_>) -> Result<Checked, ProcessError> {
    let mut process = Process::start(python, "check")?;
    let unreadable = |error: serde_json::Error| ProcessError::Ended(format!("its answer can't be read: {error}"));
    let payload = serde_json::to_vec(check).map_err(unreadable)?;
    let answer = process.ask(Kind::Check, &payload, TIMEOUT)?;
    serde_json::from_slice(&answer.payload).map_err(unreadable)
}
