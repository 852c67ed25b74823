//! `makinage predict`: events from a file or standard input through the configured steps and real workers, without
//! Kafka.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Read},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    thread,
    time::Duration,
};

use anyhow::Context;
use crossbeam_channel::bounded;

use super::{BAD_CONFIG, configuration::configuration, log_to, progress::progress, tell};
use crate::{
    archive::{Limits, inspect, unpack},
    child::wait_for_all_output,
    config::{Config, Environment},
    delivery::at_least_once::AtLeastOnce,
    environment,
    kafka::limits::DEFAULT_MAX_MESSAGE_BYTES,
    model::ModelIdentity,
    panics,
    pipeline::{Inputs, Pipeline, PipelineOutlets},
    progress::Amount,
    python::Runner,
    sink::memory::LineSink,
    source::{acks::Acks, memory::LineSource},
    store::workspace::UnpackedModel,
    wire::protocol::LoadFailure,
    worker::{
        pool::Pool,
        setup::{interpreter, setup},
    },
};

/// Chunks of lines that wait for the pipeline.
const CHUNKS: usize = 16;
const ANSWERS: usize = 1024;
/// The longest wait for what workers that have ended have printed: a child of theirs that goes on may keep their output
/// open.
const LAST_OUTPUT: Duration = Duration::from_secs(1);

/// Scores `events` (`-` is standard input) with the model at `model`; outputs go to standard output, one a line, in the
/// order of the events. What became of the events is counted on standard error.
///
/// Exit code 0 when every event was scored or skipped by a step, 1 when one failed.
pub(crate) fn run(file: &Path, model: &Path, events: &Path) -> anyhow::Result<ExitCode> {
    // What hooks and models print is what someone who tries them wants to see.
    log_to("warn,worker=info", io::stderr);
    let outcome = score(file, model, events);
    wait_for_all_output(LAST_OUTPUT);
    outcome
}

fn score(file: &Path, model: &Path, events: &Path) -> anyhow::Result<ExitCode> {
    let outlets = PipelineOutlets::default();
    outlets.stop.end_at_a_panic();
    let Some(config) = configuration(file) else { return Ok(BAD_CONFIG.into()) };
    let lines = open(events)?;
    let unpacking = progress(format!("checking {}", model.display()), Amount::Unknown);
    let unpacked = Arc::new(unpacked(model)?);
    drop(unpacking);
    let python = python(&config, &unpacked)?;
    let setup = setup(&config, unpacked, python, DEFAULT_MAX_MESSAGE_BYTES)?;
    let (answers, workers) = bounded(ANSWERS);
    let loading = progress(format!("loading {}", model.display()), Amount::Unknown);
    let started = Pool::start(1, setup, Arc::default(), &answers);
    drop(loading);
    let pool = match started {
        Ok(pool) => pool,
        Err(failure) => {
            anyhow::bail!("{}", unusable(model, &failure));
        }
    };
    if let Some(loaded) = pool.loaded() {
        loaded.warnings.iter().for_each(|warning| tracing::warn!(code = "M009", "{warning}"));
    }
    let acks = Arc::new(Acks::default());
    let (intake, received) = bounded(CHUNKS);
    let source = LineSource::new(lines, Arc::clone(&acks), intake);
    let reader = thread::Builder::new().name("source".into()).spawn(move || source.run())?;
    let sink = LineSink::new(BufWriter::new(io::stdout()), Arc::clone(&acks));
    let delivery = AtLeastOnce::new(sink, Arc::clone(&acks));
    let (ready, generations) = bounded(1);
    ready.send(pool).context("the pipeline has gone")?;
    drop(ready);
    let inputs = Inputs { intake: received, workers, generations };
    let pipeline = Pipeline::new(&config.operator, inputs, outlets, delivery, Arc::clone(&acks)).of_lines();
    let ended = pipeline.run(config.application.stop_timeout);
    let counts = acks.counts();
    tell(counts);
    // One that was stopped by an event, or by a panic, wants no more of them, and standard input may never end.
    if !ended.stopped_by_error && !panics::happened() {
        let empty = reader
            .join()
            .map_err(|_| anyhow::anyhow!("the reader's thread panicked; this is a bug"))?
            .with_context(|| format!("cannot read {}", events.display()))?;
        if empty > 0 {
            tell(format_args!("{empty} empty lines, which are no events"));
        }
    }
    let done = ended.clean && counts.failed() == 0;
    Ok(if done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The interpreter of the workers, which may be one of an environment that is built first.
fn python(config: &Config, model: &UnpackedModel) -> anyhow::Result<PathBuf> {
    let own = config.operator.tuning.environment == Environment::Model;
    let _building = own.then(|| progress("making the model's environment ready", Amount::Unknown));
    Ok(interpreter(config, model, &Runner::new(&|| false, environment::LONGEST))?)
}

fn open(events: &Path) -> anyhow::Result<BufReader<Box<dyn Read + Send>>> {
    let file: Box<dyn Read + Send> = if events == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(events).with_context(|| format!("cannot read the events in {}", events.display()))?)
    };
    let mut lines = BufReader::new(file);
    let begins = lines.fill_buf().with_context(|| format!("cannot read the events in {}", events.display()))?;
    if is_spread(begins) {
        let events = events.display();
        anyhow::bail!(
            "{events} is JSON over several lines, and each line should be an event of its own; make it that with: jq -c '.[]' {events} (a list of events), or jq -c . {events}"
        );
    }
    Ok(lines)
}

/// Whether the first line can't be all of an event, but the beginning of JSON that goes on below it.
fn is_spread(begins: &[u8]) -> bool {
    let Some(end) = begins.iter().position(|byte| *byte == b'\n') else { return false };
    matches!(begins[..end].trim_ascii(), b"[" | b"{" | b"[{" | b"[[")
}

/// Whose fault it is, with what Python said last.
fn unusable(model: &Path, failure: &LoadFailure) -> String {
    let model = model.display();
    let what = match failure.step.as_str() {
        "load" | "environment" | "warm_up" => format!("the model {model} can't be served"),
        _ => "the hooks can't be set up".to_owned(),
    };
    let traceback = failure.traceback.as_deref().unwrap_or_default();
    format!("{what}: {failure}\n{traceback}").trim_end().to_owned()
}

/// The model's own folder where it is one, so that nothing is copied; a zip is unpacked into a temporary folder.
fn unpacked(model: &Path) -> anyhow::Result<UnpackedModel> {
    let archive = inspect(model).with_context(|| model.display().to_string())?;
    let identity = ModelIdentity::unnamed(&archive.sha256);
    if model.is_dir() {
        return Ok(UnpackedModel::new(std::path::absolute(model)?, identity, None));
    }
    let folder = tempfile::Builder::new().prefix("makinage-").tempdir()?;
    let path = unpack(archive.zip(), &folder.path().join("model"), &Limits::default())?;
    Ok(UnpackedModel::new(path, identity, Some(folder)))
}

#[cfg(test)]
mod tests {
    use super::is_spread;

    #[test]
    fn only_a_first_line_that_must_go_on_is_json_over_several_lines() {
        for spread in ["[\n  [1, 2],\n", "{\r\n", " [{ \n", "[[\n1"] {
            assert!(is_spread(spread.as_bytes()), "{spread:?}");
        }
        for lines in ["", "[1, 2]\n[", "{}\n", "[", "text\n[\n", "\n[\n", "[1,\n"] {
            assert!(!is_spread(lines.as_bytes()), "{lines:?}");
        }
    }
}
