//! The Kafka clients of the model topic's reader: one that follows the topic, and one for each look at a stretch of it.

use std::{ops::Range, sync::Arc, time::Duration};

use kafka_headers::tokens::Supplied;
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::BaseConsumer,
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
};

use super::{
    read::{self, Patience, Stretch},
    stretches::{Each, Stretches},
};
use crate::{
    kafka::{
        client::Cluster,
        clients::Settings,
        context::Connection,
        denied::{Operation, Resource},
        forwarding::Context,
        renewal::MadeWith,
    },
    model::RecordPlace,
    record::Record,
};

/// A consumer of the model topic.
pub(super) type ModelConsumer = Supplied<BaseConsumer<Context<()>>>;

/// Makes consumers of one model topic.
pub(crate) struct TopicClient {
    settings: Settings,
    connection: Arc<Connection>,
    /// The topic's name.
    pub topic: String,
    /// How the user named the brokers.
    pub endpoint: String,
}

impl TopicClient {
    /// For one topic.
    pub(crate) fn new(cluster: &Cluster, topic: &str) -> Self {
        Self {
            settings: cluster.model_consumer(),
            connection: Arc::clone(&cluster.connection),
            topic: topic.to_owned(),
            endpoint: cluster.endpoint(),
        }
    }

    /// A consumer without partitions.
    pub(crate) fn consumer(&self) -> KafkaResult<ModelConsumer> {
        self.settings.create_with_context(Context::new(Arc::clone(&self.connection), ()))
    }

    /// What is known of its connections, and of its rights.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// With which certificates a consumer is made now.
    pub(super) fn files(&self) -> MadeWith {
        self.settings.files()
    }

    /// For the topic's configuration.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A partition, from an offset on.
    pub(crate) fn from(&self, partitions: impl IntoIterator<Item = (i32, Offset)>) -> KafkaResult<TopicPartitionList> {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in partitions {
            list.add_partition_offset(&self.topic, partition, offset)?;
        }
        Ok(list)
    }

    /// Passes on what a consumer says is wrong.
    pub(crate) fn tell(&self, error: &KafkaError) {
        match error.rdkafka_error_code() {
            // A client has to name a group, and asks for it; this one never joins it.
            Some(RDKafkaErrorCode::GroupAuthorizationFailed) => tracing::debug!("{error}"),
            _ if self.connection.denied(error, Resource::Topic(&self.topic), &[Operation::Read]) => {}
            _ => self.connection.returned(error, &format!("model topic {}: {error}", self.topic)),
        }
    }
}

impl Stretches for TopicClient {
    fn read(
        &self,
        partition: i32,
        offsets: Range<i64>,
        given_up: &dyn Fn() -> bool,
        each: Each<'_>,
    ) -> KafkaResult<()> {
        let stretch = Stretch { topic: &self.topic, partition, offsets };
        // What follows the topic has its own consumer, and goes on beside this.
        read::read(&*self.consumer()?, &stretch, &Until { client: self, given_up }, |message| {
            each(&RecordPlace::of(message), Record::of(message))
        })
    }

    fn tell(&self, error: &KafkaError) {
        Self::tell(self, error);
    }
}

/// Waits until somebody gives up.
struct Until<'u> {
    client: &'u TopicClient,
    given_up: &'u dyn Fn() -> bool,
}

impl Patience for Until<'_> {
    fn goes_on(&self, _waited: Duration) -> bool {
        !(self.given_up)()
    }

    fn tell(&self, error: &KafkaError) {
        self.client.tell(error);
    }
}
