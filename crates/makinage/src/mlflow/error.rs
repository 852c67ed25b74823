//! Why MLflow had no model to give.

use std::{io, path::PathBuf};

/// Why MLflow had no model to give. The caller names the model.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MlflowError {
    /// The interpreter can't be run.
    #[error("cannot run the Python interpreter {}: {source}; activate an environment that has mlflow", python.display())]
    Start {
        /// The interpreter.
        python: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// MLflow, or what it needs for this registry or store, isn't installed.
    #[error(
        "{} can't ask MLflow ({message}); install it with: {} -m pip install mlflow{extra}",
        python.display(), python.display()
    )]
    NotInstalled {
        /// The interpreter.
        python: PathBuf,
        /// What Python says.
        message: String,
        /// More that is to be installed.
        extra: String,
    },
    /// There is no such run, model, version or alias.
    #[error(
        "MLflow at {place} doesn't have it ({message}); correct the address, or set MLFLOW_TRACKING_URI to the registry that has it"
    )]
    Absent {
        /// The registry's or tracking server's address.
        place: String,
        /// What MLflow says.
        message: String,
    },
    /// The registry or the store behind it can't be asked.
    #[error(
        "MLflow at {place} can't be asked ({message}); see that it runs, and that MLFLOW_TRACKING_URI and its credentials are right"
    )]
    Away {
        /// The registry's or tracking server's address.
        place: String,
        /// What MLflow says.
        message: String,
    },
    /// No answer in time.
    #[error("MLflow has been silent for {seconds} s; see that the server that MLFLOW_TRACKING_URI names runs")]
    Silent {
        /// For how long.
        seconds: u64,
    },
    /// A download has more than a model may have.
    #[error("it has more than the {most_bytes} bytes that a model may have")]
    TooLarge {
        /// The limit.
        most_bytes: u64,
    },
    /// The process ended, or answered what can't be read.
    #[error("the Python process that asks MLflow ended ({how}){}", last(printed))]
    Ended {
        how: String,
        /// The last lines that it printed.
        printed: Vec<String>,
    },
    /// The program is to end.
    #[error("it was to stop")]
    Stopped,
}

impl MlflowError {
    /// Whether the process is of no more use.
    pub(super) fn ends_process(&self) -> bool {
        !matches!(self, Self::Absent { .. } | Self::Away { .. })
    }

    /// Whether asking again can't help.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::Start { .. } | Self::NotInstalled { .. })
    }
}

fn last(printed: &[String]) -> String {
    if printed.is_empty() { String::new() } else { format!("; it printed: {}", printed.join(" | ")) }
}
