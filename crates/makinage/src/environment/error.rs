//! Why a model has no environment of its own.

use crate::{
    model::RequirementsError,
    python::{CommandLine, OnceError, RunError},
};

/// Why a model has no environment.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// What the model says it needs isn't known.
    #[error(transparent)]
    Requirements(#[from] RequirementsError),
    /// The cache, or another instance that builds the same.
    #[error(transparent)]
    Folder(OnceError),
    /// A command of the build failed.
    #[error(
        "`{command}` {how}\nmend the model's requirements and publish it again, or install what it needs into the operator's Python and set environment: current"
    )]
    Command {
        command: String,
        /// How it ended, and the last lines that it printed.
        how: String,
    },
    /// The service ends.
    #[error("the service is stopping")]
    Stopped,
}

impl From<OnceError> for EnvironmentError {
    fn from(error: OnceError) -> Self {
        match error {
            OnceError::Stopped => Self::Stopped,
            error => Self::Folder(error),
        }
    }
}

impl EnvironmentError {
    /// A command of a build did not do what it was run for.
    pub(super) fn of(error: RunError, command: &CommandLine) -> Self {
        let how = match error {
            RunError::Stopped => return Self::Stopped,
            RunError::NotStarted(error) => format!("can't be run ({error}):"),
            RunError::TooLong(longest) => format!("took more than {} min:\nit was ended", longest.as_secs() / 60),
            RunError::Failed { ended, printed } => format!("failed ({ended}):\n{}", printed.join("\n")),
        };
        Self::Command { command: command.to_string(), how }
    }
}
