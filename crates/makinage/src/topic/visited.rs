//! A topic as a command visits it: found, or the sentence why not, and read as far as it goes by then.

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

pub(crate) use self::error::{Role, VisitError};
use super::read::{self, Patience, Stretch};
use crate::kafka::{
    client::Cluster,
    clients::Settings,
    denied::{Operation, Resource, Rights},
    explained::Explained,
    reach::{self, Remembered, Silent},
    topics::{self, Topic},
};

const TIMEOUT: Duration = Duration::from_secs(5);

/// A topic, to look at.
pub(crate) struct Visited {
    consumer: Supplied<BaseConsumer<Remembered>>,
    rights: Rights,
    endpoint: String,
    role: Role,
    /// Its name.
    pub topic: String,
    /// How many partitions it has.
    pub partitions: i32,
}

impl Visited {
    /// Finds the topic; it isn't created by that, where `settings` are those of one who only looks.
    pub(crate) fn open(cluster: &Cluster, settings: &Settings, role: Role, topic: &str) -> Result<Self, VisitError> {
        let (endpoint, rights) = (cluster.endpoint(), cluster.rights());
        let made = settings.create_with_context(Remembered::default());
        let consumer: Supplied<BaseConsumer<Remembered>> = made.map_err(VisitError::Client)?;
        let topic = topic.to_owned();
        let named = match reach::named(consumer.client(), TIMEOUT) {
            Ok(named) => named.join(", "),
            Err(source) => {
                if let Some(explained) = Remembered::of(&consumer).explained(&cluster.terms(), &endpoint) {
                    return Err(explained.into());
                }
                return Err(match reach::tried_in_vain(&consumer, &endpoint) {
                    Some(Silent { broker, reason }) => {
                        VisitError::BrokerUnreachable { topic, endpoint, broker, reason }
                    }
                    None => VisitError::Unreachable { endpoint, source },
                });
            }
        };
        match topics::look_up(consumer.client(), &topic) {
            Topic::Partitions(partitions) => Ok(Self { consumer, rights, endpoint, role, topic, partitions }),
            Topic::Missing => Err(VisitError::NoTopic { role, topic, endpoint }),
            Topic::Unknown(source) if reach::is_silence(&source) => {
                let silent = reach::tried_in_vain(&consumer, &endpoint);
                let Silent { broker, reason } = silent.unwrap_or(Silent { broker: named, reason: None });
                Err(VisitError::BrokerUnreachable { topic, endpoint, broker, reason })
            }
            Topic::Unknown(source) => Err(unreadable(&rights, role, topic, source)),
        }
    }

    /// What a partition has, as far as the settings let it be read.
    pub(crate) fn offsets(&self, partition: i32) -> Result<Range<i64>, VisitError> {
        let asked = self.consumer.fetch_watermarks(&self.topic, partition, TIMEOUT);
        asked.map(|(low, high)| low..high).map_err(|source| {
            let silent = reach::is_silence(&source).then(|| self.silent_leader());
            silent.flatten().unwrap_or_else(|| self.unreadable(source))
        })
    }

    /// Shows what a partition has there.
    pub(crate) fn read(
        &self,
        partition: i32,
        offsets: Range<i64>,
        patience: &impl Patience,
        each: impl FnMut(&BorrowedMessage<'_>) -> ControlFlow<()>,
    ) -> Result<(), VisitError> {
        let stretch = Stretch { topic: &self.topic, partition, offsets };
        read::read(&self.consumer, &stretch, patience, each).map_err(|source| self.unreadable(source))
    }

    /// How many partitions another topic has; `None` where it isn't there.
    pub(crate) fn partitions_of(&self, topic: &str) -> Result<Option<i32>, VisitError> {
        match topics::look_up(self.consumer.client(), topic) {
            Topic::Partitions(partitions) => Ok(Some(partitions)),
            Topic::Missing => Ok(None),
            Topic::Unknown(source) => Err(unreadable(&self.rights, Role::Data, topic.to_owned(), source)),
        }
    }

    fn silent_leader(&self) -> Option<VisitError> {
        let Silent { broker, reason } = reach::silent_leader(&self.consumer, &self.endpoint, &self.topic, TIMEOUT)?;
        let (topic, endpoint) = (self.topic.clone(), self.endpoint.clone());
        Some(VisitError::BrokerUnreachable { topic, endpoint, broker, reason })
    }

    fn unreadable(&self, source: KafkaError) -> VisitError {
        unreadable(&self.rights, self.role, self.topic.clone(), source)
    }
}

fn unreadable(rights: &Rights, role: Role, topic: String, source: KafkaError) -> VisitError {
    match rights.line(&source, Resource::Topic(&topic), &[Operation::Read]) {
        Some(line) => Explained(line).into(),
        None => VisitError::Unreadable { role, topic, source },
    }
}
