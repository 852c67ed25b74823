//! From a record of the model topic to a model in the store.

use std::{ops::ControlFlow, path::PathBuf, sync::Arc};

use rdkafka::consumer::Consumer;

use super::{assemble::assemble, client::TopicClient, fetch, large::LargeModel, stretches::Stretches};
use crate::{
    archive::Limits,
    config::Operator,
    generation::{Arrived, models::NotHad},
    kafka::{
        client::Cluster,
        topics::{self, Topic},
    },
    model::{ModelIdentity, RecordPlace},
    progress::{Amount, Progress},
    record::{Record, Zip, reference::Reference},
    store::{Spool, Store, StoreError, StoredModel, workspace::Workspace},
};

/// Takes the model of one record into a store, chunks and what lies elsewhere included. The error is a sentence.
pub(crate) fn fetch_one(
    cluster: &Cluster,
    operator: &Operator,
    place: &RecordPlace,
    store: Arc<Store>,
    workspace: Arc<Workspace>,
) -> Result<Arrived, String> {
    let client = TopicClient::new(cluster, &place.topic);
    let fetcher = ModelFetcher { store, workspace, python: operator.python.clone(), limits: Limits::default() };
    let consumer = client.consumer().map_err(|error| error.to_string())?;
    let Topic::Partitions(partitions) = topics::look_up(consumer.client(), &place.topic) else {
        return Err(format!("model topic {} is gone; create it, and publish the model again", place.topic));
    };
    fetcher.fetch_at(&client, place, partitions, &|| false).map_err(|not_had| match not_had {
        NotHad::Unusable(what) | NotHad::Later(what) => format!("{place}: {what}"),
        NotHad::Gone => format!("{place} is gone; list what there is with: makinage model list"),
    })
}

/// Takes models into the store.
#[derive(Debug)]
pub(crate) struct ModelFetcher {
    /// Where they go.
    pub store: Arc<Store>,
    /// Room for what is on its way there.
    pub workspace: Arc<Workspace>,
    /// The operator's Python, whose MLflow fetches what isn't on the topic.
    pub python: PathBuf,
    /// What a model may cost.
    pub limits: Limits,
}

/// What a record asks for, once its bytes aren't needed any more.
enum Task {
    Done(StoredModel),
    Assemble(LargeModel),
    Fetch(Reference),
}

impl ModelFetcher {
    /// Takes the model of the record in this place. `partitions` is the topic's number of them.
    pub(crate) fn fetch_at(
        &self,
        stretches: &impl Stretches,
        place: &RecordPlace,
        partitions: i32,
        given_up: &dyn Fn() -> bool,
    ) -> Result<Arrived, NotHad> {
        let mut task = None;
        let only = place.offset..place.offset + 1;
        stretches
            .read(place.partition, only, given_up, &mut |found, record| {
                // In a topic that was made anew, another record may have the place.
                if found == place {
                    task = Some(self.task(record, place, partitions));
                }
                ControlFlow::Break(())
            })
            .map_err(|error| NotHad::Later(format!("it can't be read ({error})")))?;
        match task.transpose()? {
            Some(task) => self.finish(stretches, place, task, given_up),
            None => Err(NotHad::Gone),
        }
    }

    fn task(&self, record: Record<'_>, place: &RecordPlace, partitions: i32) -> Result<Task, NotHad> {
        match record {
            Record::Zip(zip) => self.store_zip(&zip).map(Task::Done),
            Record::Manifest(manifest) => manifest
                .and_then(|manifest| LargeModel::new(manifest, place, partitions, &self.limits))
                .map(Task::Assemble)
                .map_err(|error| NotHad::Unusable(error.to_string())),
            Record::Reference(reference) => reference.map(Task::Fetch).map_err(|fault| {
                NotHad::Unusable(format!(
                    "this reference to a model {fault}; publish it again with makinage-model-publisher"
                ))
            }),
            Record::Chunk(_) | Record::Foreign(_) => Err(NotHad::Gone),
        }
    }

    fn finish(
        &self,
        stretches: &impl Stretches,
        place: &RecordPlace,
        task: Task,
        given_up: &dyn Fn() -> bool,
    ) -> Result<Arrived, NotHad> {
        let identity = match &task {
            Task::Done(_) => None,
            Task::Assemble(model) => Some(model.manifest().identity()),
            Task::Fetch(reference) => Some(reference.identity()),
        };
        // After a restart, or where another instance took it: its bytes needn't come again.
        if let Some(model) = identity.and_then(|identity| self.store.find(&identity)) {
            let label = model.identity.label();
            tracing::info!(model = %label, "model {label} from {place}: it is in the store already");
            return Ok(Arrived { place: place.clone(), model });
        }
        let model = match task {
            Task::Done(model) => model,
            Task::Assemble(large) => {
                let manifest = large.manifest();
                let identity = manifest.identity();
                let (label, chunks, bytes) = (identity.label(), manifest.chunks, manifest.size);
                tracing::info!(model = %label, "model {label} from {place}: putting {bytes} bytes together from {chunks} chunks");
                let mut spool = self.spool()?;
                let what = format!("model {label} from {place}: putting it together");
                let progress = told(what, Amount::Bytes(bytes));
                spool.count(progress.counter());
                assemble(stretches, &large, &mut spool, given_up)?;
                self.keep(spool, identity)?
            }
            Task::Fetch(reference) => {
                let identity = reference.identity();
                let label = identity.label();
                tracing::info!(model = %label, "model {label} from {place}: fetching {}", reference.uri);
                let mut spool = self.spool()?;
                let what = format!("model {} from {place}: fetching it", identity.label());
                let progress = told(what, Amount::Unknown);
                spool.count(progress.counter());
                let (python, workspace, limits) = (self.python.as_path(), &*self.workspace, &self.limits);
                fetch::fetch(&reference, &fetch::Tools { python, workspace, limits, given_up }, &mut spool)?;
                self.keep(spool, identity)?
            }
        };
        Ok(Arrived { place: place.clone(), model })
    }

    fn store_zip(&self, zip: &Zip<'_>) -> Result<StoredModel, NotHad> {
        let mut spool = self.spool()?;
        spool.write(zip.bytes).map_err(|error| NotHad::Later(self.store.failed(error).to_string()))?;
        self.keep(spool, zip.identity())
    }

    fn spool(&self) -> Result<Spool, NotHad> {
        self.store.spool().map_err(|error| NotHad::Later(error.to_string()))
    }

    /// The store takes nothing whose digest isn't what it was said to be.
    fn keep(&self, spool: Spool, identity: ModelIdentity) -> Result<StoredModel, NotHad> {
        self.store.keep(spool, identity).map_err(|error| match error {
            StoreError::Digest { .. } => NotHad::Unusable(error.to_string()),
            _ => NotHad::Later(error.to_string()),
        })
    }
}

/// A line in the log now and then.
fn told(what: String, amount: Amount) -> Progress {
    Progress::told(what, amount, |line| tracing::info!("{line}"))
}

#[cfg(test)]
mod tests;
