//! The Kafka clients of the model topic's reader: one that follows the topic, and one for each look at a stretch of it.

use std::{
    ops::{ControlFlow, Range},
    sync::Arc,
    time::Duration,
};

use rdkafka::{
    ClientConfig, ClientContext, Offset, Statistics, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, ConsumerContext},
    error::{KafkaError, KafkaResult},
    message::BorrowedMessage,
};

use super::read::{self, Patience, Stretch};
use crate::{
    generation::mailbox::Mailbox,
    kafka::{
        client::{Cluster, STATISTICS_MS},
        context::Connection,
    },
};

/// The context of the model topic's consumers.
pub struct ModelContext(Arc<Connection>);

impl ClientContext for ModelContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.0.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.0.error(error, reason);
    }

    fn stats(&self, statistics: Statistics) {
        self.0.stats(statistics);
    }
}

impl ConsumerContext for ModelContext {}

/// A consumer of the model topic.
pub type ModelConsumer = BaseConsumer<ModelContext>;

/// Makes consumers of one model topic.
pub struct TopicClient {
    settings: ClientConfig,
    connection: Arc<Connection>,
    mailbox: Arc<Mailbox>,
    /// The topic's name.
    pub topic: String,
    /// How the user named the brokers.
    pub endpoint: String,
}

impl TopicClient {
    /// For one topic, until the mailbox is closed.
    pub fn new(cluster: &Cluster, topic: &str, mailbox: Arc<Mailbox>) -> Self {
        let mut settings = cluster.model_consumer();
        // The other pulse beside the data topics' consumer: this one fetches while a consumer group waits for its members.
        settings.set("statistics.interval.ms", STATISTICS_MS);
        Self {
            settings,
            connection: Arc::clone(&cluster.connection),
            mailbox,
            topic: topic.to_owned(),
            endpoint: cluster.endpoint(),
        }
    }

    /// A consumer without partitions.
    pub fn consumer(&self) -> KafkaResult<ModelConsumer> {
        self.settings.create_with_context(ModelContext(Arc::clone(&self.connection)))
    }

    /// For the topic's configuration.
    pub fn settings(&self) -> &ClientConfig {
        &self.settings
    }

    /// A partition, from an offset on.
    pub fn from(&self, partitions: impl IntoIterator<Item = (i32, Offset)>) -> KafkaResult<TopicPartitionList> {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in partitions {
            list.add_partition_offset(&self.topic, partition, offset)?;
        }
        Ok(list)
    }

    /// Shows what is left of a stretch of a partition, record by record, until `each` has seen enough. Brokers that are
    /// away are waited for.
    pub fn read(
        &self,
        partition: i32,
        offsets: Range<i64>,
        each: impl FnMut(&BorrowedMessage<'_>) -> ControlFlow<()>,
    ) -> KafkaResult<()> {
        // What follows the topic has its own consumer, and goes on beside this.
        read::read(&self.consumer()?, &Stretch { topic: &self.topic, partition, offsets }, self, each)
    }

    /// Passes on what a consumer says is wrong.
    pub fn tell(&self, error: &KafkaError) {
        self.connection.error(error.clone(), &format!("model topic {}: {error}", self.topic));
    }
}

impl Patience for TopicClient {
    fn goes_on(&self, _waited: Duration) -> bool {
        !self.mailbox.is_closed()
    }

    fn tell(&self, error: &KafkaError) {
        Self::tell(self, error);
    }
}
