//! `makinage model rollback`: publishes an earlier model again, so that every instance follows.

use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, anyhow};

use super::configuration;
use crate::commands::{BAD_CONFIG, log_to_stderr, progress::progress, tell};
use crate::rollback::{Teller, Wanted, choose, known::Models, republish};

/// Lines for whoever started the command.
const TELLER: Teller = Teller { line: |line| tell(line), progress: |what, amount| progress(what, amount) };

/// Goes back to the model that `version` names, else to the one that was served before the newest.
pub(crate) fn run(file: &Path, version: Option<&str>) -> anyhow::Result<ExitCode> {
    log_to_stderr(tracing::Level::WARN);
    let Some(config) = configuration(file) else { return Ok(BAD_CONFIG.into()) };
    let models = Models::read(&config);
    if let Some(error) = models.no_topic {
        return Err(error.into());
    }
    if let Some(error) = &models.no_store {
        tell(format_args!("the store is left out: {error}"));
    }
    let wanted = version.map_or(Wanted::BeforeTheNewest, Wanted::Named);
    let (known, identity) = choose(&models, wanted).map_err(|sentence| anyhow!(sentence))?;
    let again = republish(&config, known, &identity, TELLER)?;
    writeln!(
        io::stdout(),
        "rolled back to {}: topic={} partition={} offset={} bytes={} sha256={} flavor={}",
        identity.label(),
        config.operator.model.name,
        again.place.partition,
        again.place.offset,
        again.bytes,
        known.sha256,
        again.flavor
    )
    .context("can't write to stdout")?;
    Ok(ExitCode::SUCCESS)
}
