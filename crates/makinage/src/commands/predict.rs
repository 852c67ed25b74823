//! `makinage predict`: events from a file or standard input through the configured steps and real workers, without Kafka.

use std::{
    fs::File,
    io::{self, BufWriter, Read},
    path::Path,
    process::ExitCode,
    sync::Arc,
    thread,
};

use anyhow::Context;
use crossbeam_channel::bounded;

use super::{BAD_CONFIG, log_to_stderr, preflight, tell};
use crate::{
    environment::Surroundings,
    kafka::limits::DEFAULT_MAX_MESSAGE_BYTES,
    model::{Limits, ModelIdentity, inspect, unpack, workspace::UnpackedModel},
    panics,
    pipeline::{Inputs, Outlets, Pipeline},
    sink::memory::LineSink,
    source::{acks::Acks, memory::LineSource},
    worker::{
        plan::{interpreter, plan},
        pool::Pool,
    },
};

/// Chunks of lines that wait for the pipeline.
const CHUNKS: usize = 16;
const ANSWERS: usize = 1024;

/// Scores `events` (`-` is standard input) with the model at `model`; outputs go to standard output, one a line, in the order of the events.
/// What became of the events is counted on standard error.
///
/// Exit code 0 when every event was scored or skipped by a step, 1 when one failed.
pub fn run(file: &Path, model: &Path, events: &Path) -> anyhow::Result<ExitCode> {
    log_to_stderr(tracing::Level::WARN);
    let outlets = Outlets::default();
    panics::end_with(&outlets.stop);
    let Some(config) = preflight::configuration(file) else { return Ok(BAD_CONFIG.into()) };
    let lines = open(events)?;
    let unpacked = Arc::new(unpacked(model)?);
    let surroundings = Surroundings { beside_another: false, stopping: &|| false };
    let python = interpreter(&config, &unpacked, &surroundings)?;
    let plan = plan(&config, (unpacked, python), DEFAULT_MAX_MESSAGE_BYTES)?;
    let (answers, workers) = bounded(ANSWERS);
    let pool = match Pool::start(1, plan, &answers) {
        Ok(pool) => pool,
        Err(failure) => {
            let traceback = failure.traceback.as_deref().unwrap_or_default();
            anyhow::bail!("the model {} does not load: {failure}\n{}", model.display(), traceback.trim_end());
        }
    };
    if let Some(loaded) = pool.loaded() {
        loaded.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    }
    let acks = Arc::new(Acks::default());
    let (intake, received) = bounded(CHUNKS);
    let source = LineSource::new(lines, Arc::clone(&acks), intake);
    let reader = thread::Builder::new().name("source".into()).spawn(move || source.run())?;
    let sink = LineSink::new(BufWriter::new(io::stdout()), Arc::clone(&acks));
    let (ready, generations) = bounded(1);
    ready.send(pool).context("the pipeline has gone")?;
    drop(ready);
    let inputs = Inputs { intake: received, workers, generations };
    let pipeline = Pipeline::new(&config.operator, (inputs, outlets), sink, Arc::clone(&acks));
    let ended = pipeline.run(config.stop_timeout);
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

fn open(events: &Path) -> anyhow::Result<Box<dyn Read + Send>> {
    if events == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    let file = File::open(events).with_context(|| format!("cannot read the events in {}", events.display()))?;
    Ok(Box::new(file))
}

/// The model's own folder where it is one, so that nothing is copied; a zip is unpacked into a temporary folder.
fn unpacked(model: &Path) -> anyhow::Result<UnpackedModel> {
    let archive = inspect(model)?;
    let identity = ModelIdentity::unnamed(&archive.sha256);
    if model.is_dir() {
        return Ok(UnpackedModel::new(std::path::absolute(model)?, identity, None));
    }
    let folder = tempfile::Builder::new().prefix("makinage-").tempdir()?;
    let path = unpack(archive.zip(), &folder.path().join("model"), &Limits::default())?;
    Ok(UnpackedModel::new(path, identity, Some(folder)))
}
