//! From a record of the model topic to a model in the store.

use std::{ops::ControlFlow, path::PathBuf, sync::Arc};

use super::{Failure, assemble::assemble, client::TopicClient, fetch};
use crate::{
    archive::Limits,
    generation::Arrived,
    model::{ModelIdentity, RecordPlace},
    record::{
        Record, Zip,
        manifest::Manifest,
        reference::{Reference, shown},
    },
    store::{Spool, Store, StoreError, StoredModel, workspace::Workspace},
};

/// Takes models into the store.
pub struct Taker {
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
    Assemble(Manifest),
    Fetch(Reference),
}

impl Taker {
    /// Takes the model of the record in this place. `partitions` is the topic's number of them.
    pub fn take_at(&self, client: &TopicClient, place: &RecordPlace, partitions: i32) -> Result<Arrived, Failure> {
        let mut task = None;
        let only = place.offset..place.offset + 1;
        client
            .read(place.partition, only, |message| {
                // In a topic that was made anew, another record may have the place.
                if RecordPlace::of(message) == *place {
                    task = Some(self.task(Record::of(message), partitions));
                }
                ControlFlow::Break(())
            })
            .map_err(|error| Failure::Later(format!("it can't be read ({error})")))?;
        match task.transpose()? {
            Some(task) => self.finish(client, place, task),
            None => Err(Failure::Gone),
        }
    }

    /// Takes the model of a record that holds the whole of it.
    pub fn take_zip(&self, place: &RecordPlace, zip: &Zip<'_>) -> Result<Arrived, Failure> {
        Ok(Arrived { place: place.clone(), model: self.store_zip(zip)? })
    }

    fn task(&self, record: Record<'_>, partitions: i32) -> Result<Task, Failure> {
        match record {
            Record::Zip(zip) => self.store_zip(&zip).map(Task::Done),
            Record::Manifest(manifest) => manifest
                .and_then(|manifest| manifest.fits(partitions, &self.limits).map(|()| manifest))
                .map(Task::Assemble)
                .map_err(|error| Failure::Unusable(error.to_string())),
            Record::Reference(reference) => reference.map(Task::Fetch).map_err(|fault| {
                Failure::Unusable(format!(
                    "this reference to a model {fault}; publish it again with makinage-model-publisher"
                ))
            }),
            Record::Chunk(_) | Record::Foreign(_) => Err(Failure::Gone),
        }
    }

    fn finish(&self, client: &TopicClient, place: &RecordPlace, task: Task) -> Result<Arrived, Failure> {
        let identity = match &task {
            Task::Done(_) => None,
            Task::Assemble(manifest) => Some(manifest.identity()),
            Task::Fetch(reference) => Some(reference.identity()),
        };
        // After a restart, or where another instance took it: its bytes needn't come again.
        if let Some(model) = identity.and_then(|identity| self.store.find(&identity)) {
            tracing::info!("model {} from {place}: it is in the store already", model.identity.label());
            return Ok(Arrived { place: place.clone(), model });
        }
        let model = match task {
            Task::Done(model) => model,
            Task::Assemble(manifest) => {
                let identity = manifest.identity();
                let (label, chunks, bytes) = (identity.label(), manifest.chunks, manifest.size);
                tracing::info!("model {label} from {place}: putting {bytes} bytes together from {chunks} chunks");
                let mut spool = self.spool()?;
                assemble(client, place, &manifest, &mut spool)?;
                self.keep(spool, identity)?
            }
            Task::Fetch(reference) => {
                let identity = reference.identity();
                tracing::info!("model {} from {place}: fetching {}", identity.label(), shown(&reference.uri));
                let mut spool = self.spool()?;
                let tools = fetch::Tools { python: &self.python, workspace: &self.workspace, limits: &self.limits };
                fetch::fetch(&reference, &tools, &mut spool)?;
                self.keep(spool, identity)?
            }
        };
        Ok(Arrived { place: place.clone(), model })
    }

    fn store_zip(&self, zip: &Zip<'_>) -> Result<StoredModel, Failure> {
        let mut spool = self.spool()?;
        spool.write(zip.bytes).map_err(|error| Failure::Later(self.store.failed(error).to_string()))?;
        self.keep(spool, zip.identity())
    }

    fn spool(&self) -> Result<Spool, Failure> {
        self.store.spool().map_err(|error| Failure::Later(error.to_string()))
    }

    /// The store takes nothing whose digest isn't what it was said to be.
    fn keep(&self, spool: Spool, identity: ModelIdentity) -> Result<StoredModel, Failure> {
        self.store.keep(spool, identity).map_err(|error| match error {
            StoreError::Digest { .. } => Failure::Unusable(error.to_string()),
            _ => Failure::Later(error.to_string()),
        })
    }
}
