//! `makinage publish`, which is also `makinage-model-publisher`: checks all models, then publishes one after the other.
//!
//! A line on stdout tells of each model that is on its topic. Progress and notes go to stderr.

mod followed;
mod lines;
mod prepare;
mod references;
mod sending;
mod watch;

use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use tracing::Level;

use self::{
    lines::{located, result},
    prepare::{Prepared, prepare},
    sending::send,
};
use super::{BAD_CONFIG, log_to, progress::progress, set_first_form, set_form, tell, tell_as};
use crate::{
    config::{LogFormat, PublishConfig, inspect_publish},
    kafka::client::Cluster,
    log::form,
    mlflow::Mlflow,
    progress::Amount,
    publish::{PublishError, Publisher, Way},
    stop::Stop,
};

/// What is to be done with the models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Publish them.
    Publish,
    /// Check them and Kafka, and say what would be sent.
    DryRun,
    /// Publish each whenever its alias moves; looks so often.
    Watch(Duration),
}

/// Publishes what the file names. Exit code 2 for a wrong file.
pub(crate) fn run_file(file: &Path, mode: Mode) -> anyhow::Result<ExitCode> {
    // What the publisher itself has to say of its progress is for people who wait for it.
    log_to(if matches!(mode, Mode::Watch(_)) { "info" } else { "warn,makinage::publish=info" }, io::stderr);
    if matches!(mode, Mode::Watch(_)) && !set_first_form() {
        return Ok(BAD_CONFIG.into());
    }
    let reading = inspect_publish(file);
    for warning in &reading.warnings {
        tell_as(Level::WARN, "C002", &warning.to_string());
    }
    for problem in &reading.problems {
        tell_as(Level::ERROR, "C006", &problem.to_string());
    }
    let Some(config) = reading.config else { return Ok(BAD_CONFIG.into()) };
    // What is done once is told to who waits for it, unless that is a program.
    if matches!(mode, Mode::Watch(_)) || config.log_format != LogFormat::Auto {
        set_form(config.log_format).map_err(anyhow::Error::msg)?;
    }
    if let Mode::Watch(interval) = mode {
        if let Err(refused) = watch::following(&config) {
            tell_as(Level::ERROR, "C006", &refused.to_string());
            return Ok(BAD_CONFIG.into());
        }
        let stop = Stop::default();
        stop.end_at_a_panic();
        stop.listen_without_timeout()?;
        watch::watch(&config, interval, &stop, &mut io::stdout())?;
    } else {
        run(&config, mode == Mode::DryRun, &mut io::stdout())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Publishes the models of `config`, in its order; a dry run stops before the first is sent. `results` takes one line
/// for each (stdout).
pub(crate) fn run(config: &PublishConfig, dry: bool, results: &mut impl Write) -> anyhow::Result<()> {
    let models = prepare_all(config)?;
    let largest = models.iter().map(|prepared| prepared.archive.bytes).max().unwrap_or(0);
    let cluster = Cluster::new(&config.kafka, &config.application);
    let publisher = if dry { Publisher::for_asking(&cluster) } else { Publisher::new(&cluster, largest) }?;
    let deadline = Instant::now() + Publisher::CHECK_TIME;
    let ways = check_all(config, &publisher, &models, deadline)?;
    references::check(config, &publisher, deadline)?;
    if !dry {
        send_all(&publisher, &models, &ways, results)?;
        return references::send(config, &publisher, results);
    }
    for prepared in &models {
        writeln!(results, "{}", result("would publish", prepared, None)).context("can't write to stdout")?;
    }
    references::show(config, results)
}

fn prepare_all(config: &PublishConfig) -> anyhow::Result<Vec<Prepared<'_>>> {
    // A signal ends this program at once: nothing is sent yet, and MLflow's process removes what it has downloaded.
    let mut mlflow = Mlflow::new(config.python.clone().unwrap_or_default(), &|| false);
    let mut models = Vec::new();
    let mut problems = Vec::new();
    for model in &config.models {
        match prepare(model, &mut mlflow) {
            Ok(prepared) => models.push(prepared),
            Err(error) => problems.push(located(config, model, &error)),
        }
    }
    refuse_if_any(problems)?;
    Ok(models)
}

/// How each model is to be sent.
fn check_all(
    config: &PublishConfig,
    publisher: &Publisher,
    models: &[Prepared<'_>],
    deadline: Instant,
) -> anyhow::Result<Vec<Way>> {
    let mut problems = Vec::new();
    let mut told = Vec::new();
    let mut ways = Vec::new();
    for Prepared { model, archive, .. } in models {
        let asking = progress(format!("asking Kafka at {}", config.kafka.endpoints.join(",")), Amount::Unknown);
        let checked = publisher.check(&model.topic, archive, deadline);
        drop(asking);
        match checked {
            Ok((way, found)) => {
                ways.push(way);
                for note in found.notes {
                    tell_once(&mut told, note, |note| {
                        tell(form::note(format!("{note}; publishing without that check")));
                    });
                }
                for warning in found.warnings {
                    tell_once(&mut told, warning, |warning| tell_as(Level::WARN, "P003", warning));
                }
            }
            // The next model would hear the same, after the same wait.
            Err(error @ PublishError::Unreachable { .. }) => return Err(error.into()),
            Err(error) => problems.push(located(config, model, &error)),
        }
    }
    refuse_if_any(problems)?;
    Ok(ways)
}

/// Tells what isn't among what was told already.
fn tell_once(told: &mut Vec<String>, text: String, tell: impl FnOnce(&str)) {
    if !told.contains(&text) {
        tell(&text);
        told.push(text);
    }
}

fn send_all(
    publisher: &Publisher,
    models: &[Prepared<'_>],
    ways: &[Way],
    results: &mut impl Write,
) -> anyhow::Result<()> {
    for (done, (prepared, way)) in models.iter().zip(ways).enumerate() {
        let place = send(publisher, prepared, *way).with_context(|| unfinished(models, done))?;
        let line = result("published", prepared, Some((place.partition, place.offset)));
        writeln!(results, "{line}").context("can't write to stdout")?;
    }
    Ok(())
}

/// Says which models of several are on their topics when one fails.
fn unfinished(models: &[Prepared<'_>], done: usize) -> String {
    let names = |models: &[Prepared<'_>]| {
        let sources: Vec<String> = models.iter().map(|prepared| prepared.model.source.to_string()).collect();
        sources.join(", ")
    };
    let mut text = format!("can't publish {}", models[done].model.source);
    for (what, others) in [("published before it", &models[..done]), ("not tried after it", &models[done + 1..])] {
        if !others.is_empty() {
            text = format!("{text}; {what}: {}", names(others));
        }
    }
    text
}

fn refuse_if_any(mut problems: Vec<String>) -> anyhow::Result<()> {
    match problems.len() {
        0 => Ok(()),
        1 => bail!(problems.remove(0)),
        count => bail!("{count} models can't be published, and none was sent:\n{}", problems.join("\n")),
    }
}

#[cfg(test)]
mod tests;
