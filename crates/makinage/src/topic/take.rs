//! From a record of the model topic to a model in the store.

use std::{ops::ControlFlow, path::PathBuf, sync::Arc};

use rdkafka::{Message, message::BorrowedMessage};

use super::{Failure, assemble::assemble, client::TopicClient, fetch};
use crate::{
    archive::Limits,
    generation::Arrived,
    model::{ModelIdentity, RecordPlace},
    record::{
        Kind,
        headers::{KIND_HEADER, NAME_HEADER, VERSION_HEADER, header},
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
                    task = Some(self.task(message, partitions));
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
    pub fn take_zip(&self, message: &BorrowedMessage<'_>) -> Result<Arrived, Failure> {
        let model = self.store_zip(message.payload().unwrap_or_default(), message)?;
        Ok(Arrived { place: RecordPlace::of(message), model })
    }

    fn task(&self, message: &BorrowedMessage<'_>, partitions: i32) -> Result<Task, Failure> {
        let value = message.payload().unwrap_or_default();
        match Kind::of(header(message, KIND_HEADER), message.payload()) {
            Kind::Zip => self.store_zip(value, message).map(Task::Done),
            Kind::Manifest => Manifest::parse(value, partitions, &self.limits)
                .map(Task::Assemble)
                .map_err(|error| Failure::Unusable(error.to_string())),
            Kind::Reference => Reference::parse(value).map(Task::Fetch).map_err(|fault| {
                Failure::Unusable(format!(
                    "this reference to a model {fault}; publish it again with makinage-model-publisher"
                ))
            }),
            Kind::Chunk | Kind::Foreign(_) => Err(Failure::Gone),
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

    fn store_zip(&self, zip: &[u8], message: &BorrowedMessage<'_>) -> Result<StoredModel, Failure> {
        let sha256 = crate::archive::sha256(zip);
        let identity = ModelIdentity::named(sha256, header(message, NAME_HEADER), header(message, VERSION_HEADER));
        let mut spool = self.spool()?;
        spool.write(zip).map_err(|error| Failure::Later(self.store.failed(error).to_string()))?;
        self.keep(spool, identity)
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
