//! The models on the topic, for whoever chooses: their order, and the bytes of each. The reader puts on it what comes.

use std::{path::PathBuf, sync::Arc, time::Instant};

use parking_lot::{Mutex, MutexGuard};

use super::{client::TopicClient, history::History, look::Looker, model_fetcher::ModelFetcher, stretches::Stretches};
use crate::{
    archive::Limits,
    config::Operator,
    generation::{
        Arrived,
        mailbox::Mailbox,
        models::{Models, NotHad, Unreadable},
    },
    kafka::client::Cluster,
    model::RecordPlace,
    record::Record,
    store::{Store, workspace::Workspace},
};

/// Where models go that are taken.
#[derive(Debug, Clone)]
pub(crate) struct ShelfOutlets {
    /// Models' bytes.
    pub store: Arc<Store>,
    /// Room on the disk for what is on its way there.
    pub workspace: Arc<Workspace>,
    /// The loader's; closed when the service ends.
    pub mailbox: Arc<Mailbox>,
}

/// One incarnation of the topic, as far as it has been read.
#[derive(Debug)]
struct Incarnation {
    history: History,
    looker: Looker,
    /// A model's record that was there.
    witness: Option<RecordPlace>,
}

/// What is on one model topic.
#[derive(Debug)]
pub(crate) struct Shelf<S> {
    stretches: S,
    topic: String,
    fetcher: ModelFetcher,
    mailbox: Arc<Mailbox>,
    /// `None` until the topic is there. Whoever looks back holds it meanwhile: the order must not change under the
    /// look.
    incarnation: Mutex<Option<Incarnation>>,
}

/// The shelf of a topic on Kafka.
pub(crate) type KafkaShelf = Shelf<TopicClient>;

impl KafkaShelf {
    /// The shelf of the operator's model topic.
    pub(crate) fn open(cluster: &Cluster, operator: &Operator, outlets: ShelfOutlets) -> Self {
        let ShelfOutlets { store, workspace, mailbox } = outlets;
        let python: PathBuf = operator.python.clone();
        let fetcher = ModelFetcher { store, workspace, python, limits: Limits::default() };
        let topic = &operator.model.name;
        Self::new(TopicClient::new(cluster, topic), topic, fetcher, mailbox)
    }

    /// Kafka's clients of the topic.
    pub(super) fn client(&self) -> &TopicClient {
        &self.stretches
    }
}

impl<S: Stretches> Shelf<S> {
    /// A shelf that nothing is on yet.
    pub(super) fn new(stretches: S, topic: &str, fetcher: ModelFetcher, mailbox: Arc<Mailbox>) -> Self {
        Self { stretches, topic: topic.to_owned(), fetcher, mailbox, incarnation: Mutex::default() }
    }

    /// The topic's name.
    pub(super) fn topic(&self) -> &str {
        &self.topic
    }

    /// A topic is read from now on; the history is about what is there already.
    pub(super) fn begin(&self, history: History) {
        *self.lock() = Some(Incarnation { history, looker: Looker::new(), witness: None });
    }

    /// A record came. What is of no use is told.
    pub(super) fn came(&self, place: &RecordPlace, record: &Record<'_>) {
        self.with(|incarnation| {
            incarnation.looker.look(place, record);
            if record.is_model() {
                incarnation.history.remember(place.clone());
                incarnation.witness = Some(place.clone());
            }
        });
    }

    /// A partition was added.
    pub(super) fn add(&self) {
        self.with(|incarnation| incarnation.history.add(0..0));
    }

    /// How many partitions are known.
    pub(super) fn partitions(&self) -> usize {
        self.with(|incarnation| incarnation.history.partitions()).unwrap_or(0)
    }

    /// A model's record that was there, whether or not it is of use: where another one has its place, the topic is
    /// another.
    pub(super) fn witness(&self) -> Option<RecordPlace> {
        self.with(|incarnation| incarnation.witness.clone()).flatten()
    }

    /// Tells how many records were ignored silently.
    pub(super) fn sum_up(&self, now: Instant) {
        self.with(|incarnation| incarnation.looker.sum_up(now));
    }

    fn with<R>(&self, what: impl FnOnce(&mut Incarnation) -> R) -> Option<R> {
        self.lock().as_mut().map(what)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Incarnation>> {
        self.incarnation.lock()
    }
}

impl<S: Stretches> Models for Shelf<S> {
    fn newest_before(&self, before: Option<&RecordPlace>) -> Result<Option<RecordPlace>, Unreadable> {
        let given_up = || self.mailbox.is_closed();
        let looked = self.with(|Incarnation { history, looker, witness }| {
            let found = history
                .newest(before, |partition, offsets| looker.models(&self.stretches, partition, offsets, &given_up))?;
            if before.is_none() {
                looker.tell_strays();
                *witness = witness.take().or_else(|| found.clone());
            }
            Ok(found)
        });
        let Some(looked) = looked else { return Err(Unreadable) };
        looked.map_err(|error| {
            if !given_up() {
                self.stretches.tell(&error);
            }
            Unreadable
        })
    }

    fn fetch(&self, place: &RecordPlace, given_up: &dyn Fn() -> bool) -> Result<Arrived, NotHad> {
        let partitions = i32::try_from(self.partitions()).unwrap_or(i32::MAX);
        let taken = self.fetcher.fetch_at(&self.stretches, place, partitions, given_up);
        match &taken {
            Err(NotHad::Unusable(_)) => drop(self.with(|incarnation| incarnation.history.pass_over(place))),
            Err(NotHad::Gone) => drop(self.with(|incarnation| incarnation.history.forget(place))),
            _ => {}
        }
        taken
    }
}

#[cfg(test)]
mod tests;
