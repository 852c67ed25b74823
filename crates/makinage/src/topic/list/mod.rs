//! Which models the model topic holds, as far as their records' headers and manifests tell: read once, without keeping what they hold.

mod describe;
mod error;

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, KafkaResult},
    message::BorrowedMessage,
};

use self::describe::{Parts, chunk_of, describe};
pub use self::{
    describe::{Form, Listed},
    error::CatalogueError,
};
use crate::kafka::{
    client::Cluster,
    reach::{self, Remembered, Silent},
    topics::{self, Topic},
};

const TIMEOUT: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(200);
/// So long nothing may come, though there is something: a record may hold a gigabyte.
const STALL: Duration = Duration::from_mins(1);

/// A model topic, to look at.
pub struct Catalogue {
    consumer: BaseConsumer<Remembered>,
    endpoint: String,
    topic: String,
    partitions: i32,
}

impl Catalogue {
    /// Finds the topic; it isn't created by that.
    pub fn open(cluster: &Cluster, topic: &str) -> Result<Self, CatalogueError> {
        let mut settings = cluster.model_consumer();
        settings.set("allow.auto.create.topics", "false");
        let consumer: BaseConsumer<Remembered> =
            settings.create_with_context(Remembered::default()).map_err(CatalogueError::Client)?;
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

    /// All models on the topic, in the order of partitions and offsets.
    pub fn models(&self) -> Result<Vec<Listed>, CatalogueError> {
        let mut chunks: HashMap<String, HashSet<Vec<u8>>> = HashMap::new();
        let mut found = Vec::new();
        for partition in 0..self.partitions {
            let (low, high) = self.offsets(partition)?;
            self.read(partition, low, high, |message| {
                if let Some((upload, chunk)) = chunk_of(message) {
                    chunks.entry(upload).or_default().insert(chunk);
                } else {
                    found.extend(describe(message));
                }
            })?;
        }
        let complete = |parts: Option<Parts>, form| match parts {
            None => form,
            Some(Parts { upload, count }) if chunks.get(&upload).is_some_and(|there| there.len() >= count) => form,
            Some(_) => Form::Incomplete,
        };
        Ok(found.into_iter().map(|(listed, parts)| Listed { form: complete(parts, listed.form), ..listed }).collect())
    }

    fn offsets(&self, partition: i32) -> Result<(i64, i64), CatalogueError> {
        self.consumer.fetch_watermarks(&self.topic, partition, TIMEOUT).map_err(|source| {
            let silent = reach::is_silence(&source).then(|| self.silent_leader());
            silent.flatten().unwrap_or_else(|| self.unreadable(source))
        })
    }

    fn read(
        &self,
        partition: i32,
        begin: i64,
        end: i64,
        each: impl FnMut(&BorrowedMessage<'_>),
    ) -> Result<(), CatalogueError> {
        if begin >= end {
            return Ok(());
        }
        self.try_read(partition, begin, end, each).map_err(|source| self.unreadable(source))
    }

    fn try_read(
        &self,
        partition: i32,
        begin: i64,
        end: i64,
        mut each: impl FnMut(&BorrowedMessage<'_>),
    ) -> KafkaResult<()> {
        let mut only = TopicPartitionList::new();
        only.add_partition_offset(&self.topic, partition, Offset::Offset(begin))?;
        self.consumer.assign(&only)?;
        let mut came = Instant::now();
        loop {
            match self.consumer.poll(POLL) {
                Some(Ok(message)) if message.offset() < end => {
                    came = Instant::now();
                    each(&message);
                    if message.offset() + 1 == end {
                        return Ok(());
                    }
                }
                Some(Ok(_) | Err(KafkaError::PartitionEOF(_))) => return Ok(()),
                // Brokers that go are met again; what lasts shows as nothing that comes.
                Some(Err(error)) if came.elapsed() >= STALL => return Err(error),
                None if came.elapsed() >= STALL => {
                    return Err(KafkaError::MessageConsumption(rdkafka::error::RDKafkaErrorCode::OperationTimedOut));
                }
                Some(Err(_)) | None => {}
            }
        }
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

/// The newest complete model: of each partition's last, the one whose record has the latest time, as the service takes it.
pub fn newest(models: &[Listed]) -> Option<&Listed> {
    let mut last: HashMap<i32, &Listed> = HashMap::new();
    for model in models.iter().filter(|model| model.form != Form::Incomplete) {
        let place = &model.place;
        last.entry(place.partition)
            .and_modify(|known| {
                if place.offset > known.place.offset {
                    *known = model;
                }
            })
            .or_insert(model);
    }
    last.into_values().max_by_key(|model| (model.place.timestamp, model.place.offset))
}
