//! Publishes a model once more, from the store or from the topic itself.

use std::time::Instant;

use anyhow::{Context, anyhow, bail};
use tempfile::TempDir;

use super::known::Known;
use crate::{
    archive::inspect,
    config::Config,
    kafka::client::Cluster,
    model::ModelIdentity,
    progress::{Amount, Progress},
    publish::{Published, Publisher},
    store::{self, Store, StoredModel, workspace::Workspace},
    topic::model_fetcher::fetch_one,
};

/// Where lines go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Teller {
    /// One line.
    pub line: fn(&str),
    /// How far long work is.
    pub progress: fn(String, Amount) -> Progress,
}

/// A model that was published again.
#[derive(Debug)]
pub(crate) struct Republished {
    /// Where it is.
    pub place: Published,
    /// Size of its zip.
    pub bytes: u64,
    /// What made it.
    pub flavor: String,
}

/// Publishes a model again under this name.
pub(crate) fn republish(
    config: &Config,
    known: &Known,
    identity: &ModelIdentity,
    teller: Teller,
) -> anyhow::Result<Republished> {
    let topic = &config.operator.model.name;
    let label = identity.label();
    // Held until the model is published, so that no instance deletes its zip meanwhile.
    let stored = store::hold_in(&store::folder_of(config), identity).unwrap_or_else(|error| {
        (teller.line)(&format!("the store's zip can't be read ({error}); trying the topic's"));
        None
    });
    let mut fetched = None;
    let zip = match &stored {
        Some(stored) => stored.zip(),
        None => fetched.insert(fetch(config, known, teller)?).model.zip(),
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
    let archive = archive.named(identity.name.clone(), identity.version.clone());
    let publisher = Publisher::new(&Cluster::new(&config.kafka, &config.application.name), archive.bytes)?;
    let (way, found) = publisher.check(topic, &archive, Instant::now() + Publisher::CHECK_TIME)?;
    let notes = found.notes.iter().map(|note| format!("{note}; publishing without that check"));
    notes.chain(found.warnings.iter().map(|warning| format!("warning: {warning}"))).for_each(|line| {
        (teller.line)(&line);
    });
    let sending = (teller.progress)(format!("publishing on {topic}"), Amount::Bytes(archive.bytes));
    let sent = publisher.send(topic, &archive, way, |bytes| sending.set(bytes));
    drop(sending);
    let place = sent.with_context(|| format!("can't publish model {label} again"))?;
    Ok(Republished { place, bytes: archive.bytes, flavor: archive.flavor })
}

/// A model from the topic, in a store of its own.
struct Fetched {
    model: StoredModel,
    _folder: TempDir,
}

fn fetch(config: &Config, known: &Known, teller: Teller) -> anyhow::Result<Fetched> {
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
    let _progress = (teller.progress)(what, Amount::Unknown);
    let arrived = fetch_one(&cluster, &config.operator, &record.place, store, workspace);
    Ok(Fetched { model: arrived.map_err(|sentence| anyhow!(sentence))?.model, _folder: folder })
}
