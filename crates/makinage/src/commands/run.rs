//! `makinage --config FILE`: the service.

use std::{path::Path, process::ExitCode};

use anyhow::Context;

use super::{BAD_CONFIG, configuration::told, log_beside, set_first_form, set_form};
use crate::preflight;
use crate::{
    app,
    config::{Config, Reading, read_service},
    reload::{self, Changes, source::Source},
    stop::Stop,
};

/// Serves until it is told to stop. What is wrong with the file ends it at once, with exit code 2.
pub(crate) fn run(file: &Path) -> anyhow::Result<ExitCode> {
    if !set_first_form() {
        return Ok(BAD_CONFIG.into());
    }
    log_beside(tracing::Level::INFO).context("cannot start the log's thread; raise the limit of processes")?;
    let stop = Stop::default();
    stop.end_at_a_panic();
    stop.listen()?;
    let hangups = reload::hangups()?;
    let mut source = match Source::locate(file) {
        Ok(source) => source,
        Err(problems) => {
            told(Reading::<Config>::of_problems(problems));
            return Ok(BAD_CONFIG.into());
        }
    };
    let Some(text) = source.first(&stop) else { return Ok(ExitCode::SUCCESS) };
    let mut reading = read_service(&text, source.origin());
    preflight::add_imports(&mut reading, source.origin());
    let Some(config) = told(reading) else { return Ok(BAD_CONFIG.into()) };
    set_form(config.log.format).map_err(anyhow::Error::msg)?;
    stop.bound(config.application.stop_timeout);
    tracing::info!(
        "makinage {}: {} on Kafka at {}",
        env!("CARGO_PKG_VERSION"),
        config.application.name,
        config.kafka.endpoints.join(",")
    );
    let clean = app::serve(&config, Some(Changes::new(source, hangups)), &stop)?;
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
