//! Which models the model topic holds, as far as their records' headers and manifests tell: read once, without keeping
//! what they hold.

mod describe;
mod error;

use std::{
    collections::{HashMap, HashSet},
    ops::{ControlFlow, Range},
    time::Duration,
};

use rdkafka::{
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
    message::BorrowedMessage,
};

use self::describe::{Parts, describe};
pub(crate) use self::{
    describe::{Form, Listed},
    error::CatalogueError,
};
use super::read::{self, AMinute, Stretch};
use crate::{
    kafka::{
        client::Cluster,
        reach::{self, Remembered, Silent},
        topics::{self, Topic},
    },
    model::{RecordPlace, newest_first},
    record::Record,
};

const TIMEOUT: Duration = Duration::from_secs(5);

/// A model topic, to look at.
pub(crate) struct Catalogue {
    consumer: BaseConsumer<Remembered>,
    endpoint: String,
    topic: String,
    partitions: i32,
}

impl Catalogue {
    /// Finds the topic; it isn't created by that.
    pub(crate) fn open(cluster: &Cluster, topic: &str) -> Result<Self, CatalogueError> {
        let made = cluster.model_looker().create_with_context(Remembered::default());
        let consumer: BaseConsumer<Remembered> = made.map_err(CatalogueError::Client)?;
        let (endpoint, topic) = (cluster.endpoint(), topic.to_owned());
        let named = match reach::named(consumer.client(), TIMEOUT) {
            Ok(named) => named.join(", "),
            Err(source) => {
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
            Topic::Unknown(source) => Err(CatalogueError::Unreadable { topic, source }),
        }
    }

    /// All models on the topic, the newest first.
    pub(crate) fn models(&self) -> Result<Vec<Listed>, CatalogueError> {
        let mut chunks: HashMap<String, HashSet<u32>> = HashMap::new();
        let mut found = Vec::new();
        for partition in 0..self.partitions {
            self.read(partition, self.offsets(partition)?, |message| match Record::of(message) {
                Record::Chunk(chunk) => {
                    chunks.entry(chunk.upload.to_owned()).or_default().insert(chunk.place.index);
                }
                record if record.is_model() => {
                    let place = RecordPlace::of(message);
                    found.push((place.clone(), describe(&record, place)));
                }
                _ => {}
            })?;
        }
        let complete = |parts: Option<Parts>, form| match parts {
            None => form,
            Some(Parts { upload, count }) if has_all(chunks.get(&upload), count) => form,
            Some(_) => Form::Incomplete,
        };
        // What can't be read has its place in the order, for the service as well, and no line.
        let models = newest_first(found, |(place, _)| place).into_iter().filter_map(|(_, model)| model);
        Ok(models.map(|(listed, parts)| Listed { form: complete(parts, listed.form), ..listed }).collect())
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

fn has_all(chunks: Option<&HashSet<u32>>, count: u32) -> bool {
    chunks.is_some_and(|there| (0..count).all(|index| there.contains(&index)))
}
