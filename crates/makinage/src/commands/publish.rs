//! `makinage publish`, which is also `makinage-model-publisher`: checks all models, then publishes one after the other.
//!
//! A line on stdout tells of each model that is on its topic. Progress and notes go to stderr.

use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};

use super::{BAD_CONFIG, log_to_stderr, tell};
use crate::{
    config::{PublishConfig, PublishModel, inspect_publish},
    model::{
        ModelArchive, inspect,
        publish::{PublishError, Published, Publisher},
    },
};

/// A model that was found to be one.
struct Checked<'a> {
    model: &'a PublishModel,
    archive: ModelArchive,
}

/// Publishes what the file names. Exit code 2 for a wrong file.
pub fn run_file(file: &Path) -> anyhow::Result<ExitCode> {
    log_to_stderr(tracing::Level::WARN);
    let reading = inspect_publish(file);
    for warning in &reading.warnings {
        tell(format_args!("warning: {warning}"));
    }
    for problem in &reading.problems {
        tell(format_args!("error: {problem}"));
    }
    let Some(config) = reading.config else { return Ok(BAD_CONFIG.into()) };
    run(&config, &mut io::stdout())?;
    Ok(ExitCode::SUCCESS)
}

/// Publishes the models of `config`, in its order. `results` takes one line for each (stdout).
pub fn run(config: &PublishConfig, results: &mut impl Write) -> anyhow::Result<()> {
    let models = inspect_all(config)?;
    let largest = models.iter().map(|checked| checked.archive.bytes).max().unwrap_or(0);
    let publisher = Publisher::new(config, largest)?;
    check_all(config, &publisher, &models)?;
    send_all(&publisher, &models, results)
}

fn inspect_all(config: &PublishConfig) -> anyhow::Result<Vec<Checked<'_>>> {
    let mut models = Vec::new();
    let mut problems = Vec::new();
    for model in &config.models {
        let spinner = spinner(format!("checking {}", model.path.display()));
        match inspect(&model.path) {
            Ok(archive) => models.push(Checked { model, archive }),
            Err(error) => problems.push(located(config, model, &error)),
        }
        spinner.finish_and_clear();
    }
    refuse_if_any(problems)?;
    Ok(models)
}

fn check_all(config: &PublishConfig, publisher: &Publisher, models: &[Checked<'_>]) -> anyhow::Result<()> {
    let deadline = Instant::now() + Publisher::CHECK_TIME;
    let mut problems = Vec::new();
    let mut told = Vec::new();
    for Checked { model, archive } in models {
        let spinner = spinner(format!("asking Kafka at {}", config.kafka.endpoints.join(",")));
        let checked = publisher.check(&model.topic, archive, deadline);
        spinner.finish_and_clear();
        match checked {
            Ok(notes) => {
                for note in notes {
                    if !told.contains(&note) {
                        tell(format_args!("{note}; publishing without that check"));
                        told.push(note);
                    }
                }
            }
            // The next model would hear the same, after the same wait.
            Err(error @ PublishError::Unreachable { .. }) => return Err(error.into()),
            Err(error) => problems.push(located(config, model, &error)),
        }
    }
    refuse_if_any(problems)
}

fn send_all(publisher: &Publisher, models: &[Checked<'_>], results: &mut impl Write) -> anyhow::Result<()> {
    for (done, Checked { model, archive }) in models.iter().enumerate() {
        let bar = progress_bar(&model.topic, archive.bytes);
        let sent = publisher.send(&model.topic, archive, |bytes| bar.set_position(bytes));
        bar.finish_and_clear();
        let place = sent.with_context(|| unfinished(models, done))?;
        writeln!(results, "{}", result_line(model, archive, &place)).context("can't write to stdout")?;
    }
    Ok(())
}

fn result_line(model: &PublishModel, archive: &ModelArchive, place: &Published) -> String {
    format!(
        "published {}: topic={} partition={} offset={} bytes={} sha256={} flavor={}",
        model.path.display(),
        model.topic,
        place.partition,
        place.offset,
        archive.bytes,
        archive.sha256,
        archive.flavor
    )
}

/// Says which models of several are on their topics when one fails.
fn unfinished(models: &[Checked<'_>], done: usize) -> String {
    let names = |models: &[Checked<'_>]| {
        let paths: Vec<String> = models.iter().map(|checked| checked.model.path.display().to_string()).collect();
        paths.join(", ")
    };
    let mut text = format!("can't publish {}", models[done].model.path.display());
    for (what, others) in [("published before it", &models[..done]), ("not tried after it", &models[done + 1..])] {
        if !others.is_empty() {
            text = format!("{text}; {what}: {}", names(others));
        }
    }
    text
}

/// A problem of one model, with its line in the configuration.
fn located(config: &PublishConfig, model: &PublishModel, error: &dyn std::error::Error) -> String {
    format!("{}:{}: {}: {error}", config.file.display(), model.line, model.path.display())
}

fn refuse_if_any(mut problems: Vec<String>) -> anyhow::Result<()> {
    match problems.len() {
        0 => Ok(()),
        1 => bail!(problems.remove(0)),
        count => bail!("{count} models can't be published, and none was sent:\n{}", problems.join("\n")),
    }
}

fn spinner(message: String) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(message);
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}

/// Bytes that have left this machine; that they arrived only the acknowledgement says. Hidden where stderr is no terminal.
fn progress_bar(topic: &str, bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} [{bar:40}] {bytes}/{total_bytes} {bytes_per_sec}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(bytes).with_style(style).with_message(format!("publishing on {topic}"))
}

#[cfg(test)]
mod tests;
