//! Which models the model topic holds, as far as their records' headers and manifests tell: read once, without keeping
//! what they hold.

mod chunks;
mod describe;
mod error;

use std::{
    ops::{ControlFlow, Range},
    time::Duration,
};

use kafka_headers::tokens::Supplied;
use rdkafka::{
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
    message::BorrowedMessage,
};

use self::{chunks::Chunks, describe::describe};
pub(crate) use self::{
    describe::{Form, Listed},
    error::CatalogueError,
};
use super::{
    large::LargeModel,
    read::{self, AMinute, Stretch},
};
use crate::{
    archive::Limits,
    kafka::{
        client::Cluster,
        denied::{Operation, Resource},
        reach::{self, Remembered, Silent},
        topics::{self, Topic},
    },
    model::{RecordPlace, newest_first},
    record::{Record, manifest::Manifest},
};

const TIMEOUT: Duration = Duration::from_secs(5);

/// A model topic, to look at.
pub(crate) struct Catalogue {
    consumer: Supplied<BaseConsumer<Remembered>>,
    endpoint: String,
    topic: String,
    partitions: i32,
}

fn unreadable(cluster: &Cluster, topic: String, source: KafkaError) -> CatalogueError {
    match cluster.rights().line(&source, Resource::Topic(&topic), &[Operation::Read]) {
        Some(line) => CatalogueError::Denied { line },
        None => CatalogueError::Unreadable { topic, source },
    }
}

impl Catalogue {
    /// Finds the topic; it isn't created by that.
    pub(crate) fn open(cluster: &Cluster, topic: &str) -> Result<Self, CatalogueError> {
        let made = cluster.model_looker().create_with_context(Remembered::default());
        let consumer: Supplied<BaseConsumer<Remembered>> = made.map_err(CatalogueError::Client)?;
        let (endpoint, topic) = (cluster.endpoint(), topic.to_owned());
        let named = match reach::named(consumer.client(), TIMEOUT) {
            Ok(named) => named.join(", "),
            Err(source) => {
                if let Some(line) = Remembered::of(&consumer).explained(&cluster.terms(), &endpoint) {
                    return Err(CatalogueError::Insecure { line });
                }
                return Err(match reach::tried_in_vain(&consumer, &endpoint) {
                    Some(Silent { broker, reason }) => {
                        CatalogueError::BrokerUnreachable { topic, endpoint, broker, reason }
                    }
                    None => CatalogueError::Unreachable { endpoint, source },
                });
            }
        };
        match topics::look_up(consumer.client(), &topic) {
            Topic::Partitions(partitions) => Ok(Self { consumer, endpoint, topic, partitions }),
            Topic::Missing => Err(CatalogueError::NoTopic { topic, endpoint }),
            Topic::Unknown(source) if reach::is_silence(&source) => {
                let silent = reach::tried_in_vain(&consumer, &endpoint);
                let Silent { broker, reason } = silent.unwrap_or(Silent { broker: named, reason: None });
                Err(CatalogueError::BrokerUnreachable { topic, endpoint, broker, reason })
            }
            Topic::Unknown(source) => Err(unreadable(cluster, topic, source)),
        }
    }

    /// All models on the topic, the newest first.
    pub(crate) fn models(&self) -> Result<Vec<Listed>, CatalogueError> {
        let mut chunks = Chunks::default();
        let mut found = Vec::new();
        for partition in 0..self.partitions {
            self.read(partition, self.offsets(partition)?, |message| match Record::of(message) {
                Record::Chunk(chunk) => chunks.meet(&RecordPlace::of(message), &chunk),
                record if record.is_model() => {
                    let place = RecordPlace::of(message);
                    found.push((place.clone(), describe(record, place)));
                }
                _ => {}
            })?;
        }
        // What can't be read has its place in the order, for the service as well, and no line.
        let models = newest_first(found, |(place, _)| place).into_iter().filter_map(|(_, model)| model);
        let looked_at = models.map(|(listed, manifest)| match manifest {
            Some(manifest) => Listed { form: self.form(manifest, &listed.place, &chunks), ..listed },
            None => listed,
        });
        Ok(looked_at.collect())
    }

    fn form(&self, manifest: Manifest, place: &RecordPlace, chunks: &Chunks) -> Form {
        match LargeModel::new(manifest, place, self.partitions, &Limits::default()) {
            Err(_) => Form::Unfit,
            Ok(model) if chunks.complete(&model) => Form::Chunks,
            Ok(_) => Form::Incomplete,
        }
    }

    fn offsets(&self, partition: i32) -> Result<Range<i64>, CatalogueError> {
        let asked = self.consumer.fetch_watermarks(&self.topic, partition, TIMEOUT);
        asked.map(|(low, high)| low..high).map_err(|source| {
            let silent = reach::is_silence(&source).then(|| self.silent_leader());
            silent.flatten().unwrap_or_else(|| self.unreadable(source))
        })
    }

    fn read(
        &self,
        partition: i32,
        offsets: Range<i64>,
        mut each: impl FnMut(&BorrowedMessage<'_>),
    ) -> Result<(), CatalogueError> {
        let stretch = Stretch { topic: &self.topic, partition, offsets };
        let read = read::read(&self.consumer, &stretch, &AMinute, |message| {
            each(message);
            ControlFlow::Continue(())
        });
        read.map_err(|source| self.unreadable(source))
    }

    fn silent_leader(&self) -> Option<CatalogueError> {
        let Silent { broker, reason } = reach::silent_leader(&self.consumer, &self.endpoint, &self.topic, TIMEOUT)?;
        let (topic, endpoint) = (self.topic.clone(), self.endpoint.clone());
        Some(CatalogueError::BrokerUnreachable { topic, endpoint, broker, reason })
    }

    fn unreadable(&self, source: KafkaError) -> CatalogueError {
        CatalogueError::Unreadable { topic: self.topic.clone(), source }
    }
}
