//! `makinage model rollback`: publishes an earlier model again, so that every instance follows.

use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
    time::Instant,
};

use anyhow::{Context, anyhow, bail};
use tempfile::TempDir;

use super::{
    choose::choose,
    configuration,
    known::{Known, Models},
};
use crate::commands::{BAD_CONFIG, log_to_stderr, progress::progress, tell};
use crate::{
    archive::inspect,
    config::Config,
    kafka::client::Cluster,
    model::ModelIdentity,
    progress::Amount,
    publish::Publisher,
    store::{self, Store, StoredModel, workspace::Workspace},
    topic::model_fetcher::fetch_one,
};

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
    let (known, identity) = choose(&models, version).map_err(|sentence| anyhow!(sentence))?;
    republish(&config, known, identity)?;
    Ok(ExitCode::SUCCESS)
}

fn republish(config: &Config, known: &Known, identity: ModelIdentity) -> anyhow::Result<()> {
    let topic = &config.operator.model.name;
    let label = identity.label();
    // Held until the model is published, so that no instance deletes its zip meanwhile.
    let stored = store::hold_in(&store::folder_of(config), &identity).unwrap_or_else(|error| {
        tell(format_args!("the store's zip can't be read ({error}); trying the topic's"));
        None
    });
    let mut fetched = None;
    let zip = match &stored {
        Some(stored) => stored.zip(),
        None => fetched.insert(fetch(config, known)?).model.zip(),
    };
    let archive = inspect(zip).with_context(|| format!("model {label} in {}", zip.display()))?;
    if archive.sha256 != known.sha256 {
        bail!(
            "{} is not model {label}, whose SHA-256 is {}, but has {}; publish the model from where it was made",
            zip.display(),
            known.sha256,
            archive.sha256
        );
    }
    let archive = archive.named(identity.name, identity.version);
    let publisher = Publisher::new(&Cluster::new(&config.kafka, &config.application.name), archive.bytes)?;
    let (way, found) = publisher.check(topic, &archive, Instant::now() + Publisher::CHECK_TIME)?;
    let notes = found.notes.iter().map(|note| format!("{note}; publishing without that check"));
    notes.chain(found.warnings.iter().map(|warning| format!("warning: {warning}"))).for_each(|line| tell(&line));
    let sending = progress(format!("publishing on {topic}"), Amount::Bytes(archive.bytes));
    let sent = publisher.send(topic, &archive, way, |bytes| sending.set(bytes));
    drop(sending);
    let place = sent.with_context(|| format!("can't publish model {label} again"))?;
    writeln!(
        io::stdout(),
        "rolled back to {label}: topic={topic} partition={} offset={} bytes={} sha256={} flavor={}",
        place.partition,
        place.offset,
        archive.bytes,
        archive.sha256,
        archive.flavor
    )
    .context("can't write to stdout")
}

/// A model from the topic, in a store of its own.
struct Fetched {
    model: StoredModel,
    _folder: TempDir,
}

fn fetch(config: &Config, known: &Known) -> anyhow::Result<Fetched> {
    let Some(record) = known.whole_record() else {
        bail!(
            "model {} is not in the store {}, and the topic has no record with all of its bytes; publish it from where it was made",
            known.identity().label(),
            store::folder_of(config).display()
        );
    };
    let folder = tempfile::tempdir().context("can't make a temporary folder; check free space, or set TMPDIR")?;
    let (store, workspace) = (Store::open(folder.path(), 1)?, Workspace::open(folder.path())?);
    let cluster = Cluster::new(&config.kafka, &config.application.name);
    let what = format!("fetching model {} from {}", known.identity().label(), record.place);
    let _progress = progress(what, Amount::Unknown);
    let arrived = fetch_one(&cluster, &config.operator, &record.place, store, workspace);
    Ok(Fetched { model: arrived.map_err(|sentence| anyhow!(sentence))?.model, _folder: folder })
}
