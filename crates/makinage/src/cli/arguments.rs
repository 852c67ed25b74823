//! What all commands take, the configuration file, and how their outcome becomes an exit code.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;

use crate::{
    commands::{self, port::Which},
    log, panics,
};

/// Where both programs look when `--config` isn't given, as in the images.
const CONTAINER_CONFIG: &str = "/opt/makinage/config.yaml";

#[derive(Debug, Args)]
pub(super) struct ConfigArg {
    /// The configuration file [default: /opt/makinage/config.yaml where that exists]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Which running service is looked at.
#[derive(Debug, Args)]
pub(super) struct ServiceArg {
    /// Its configuration, of which only its address and token are read [default: the service at 127.0.0.1:9464, with
    /// the token in `MAKINAGE_TOKEN`]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where it shows itself, as its log says.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

impl ServiceArg {
    pub(super) fn which(&self) -> Which {
        Which { config: self.config.clone(), url: self.url.clone() }
    }
}

/// Runs a command with the configuration file that was given, or that stands where the images have it.
pub(super) fn with_config(
    config: &ConfigArg,
    program: &str,
    run: impl FnOnce(&Path) -> anyhow::Result<ExitCode>,
) -> ExitCode {
    let container = PathBuf::from(CONTAINER_CONFIG);
    let file = config.config.clone().or_else(|| container.exists().then_some(container));
    match file {
        Some(file) => report(run(&file)),
        None => bad_usage(&format!(
            "no configuration; give one with: {program} --config FILE (or put it at {CONTAINER_CONFIG})"
        )),
    }
}

/// The exit code of what was done; an error is told. The last lines of the log are written when this returns.
pub(super) fn report(outcome: anyhow::Result<ExitCode>) -> ExitCode {
    let code = match outcome {
        Ok(_) if panics::happened_and_told() => ExitCode::FAILURE,
        Ok(code) => code,
        Err(error) => {
            commands::tell_error(&error);
            ExitCode::FAILURE
        }
    };
    log::flush();
    code
}

/// Tells what is wrong with the command line.
pub(super) fn bad_usage(message: &str) -> ExitCode {
    commands::tell(format_args!("error: {message}"));
    commands::BAD_CONFIG.into()
}
