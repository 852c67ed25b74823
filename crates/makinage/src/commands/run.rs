//! `makinage --config FILE`: the service.

use std::{path::Path, process::ExitCode};

use super::{BAD_CONFIG, log_to_stderr, preflight};
use crate::{app, stop::Stop};

/// Serves until it is told to stop. What is wrong with the file ends it at once, with exit code 2.
pub fn run(file: &Path) -> anyhow::Result<ExitCode> {
    log_to_stderr(tracing::Level::INFO);
    let Some(config) = preflight::configuration(file) else { return Ok(BAD_CONFIG.into()) };
    let stop = Stop::default();
    stop.listen(config.stop_timeout)?;
    tracing::info!(
        "makinage {}: {} on Kafka at {}",
        env!("CARGO_PKG_VERSION"),
        config.application,
        config.kafka.endpoints.join(",")
    );
    let clean = app::serve(&config, &stop)?;
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
