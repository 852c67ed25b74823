//! The Kafka clients of the publisher.

use std::sync::Arc;

use kafka_headers::tokens::{Native, Supplied};
use parking_lot::Mutex;
use rdkafka::{
    Message,
    admin::AdminClient,
    config::FromClientConfigAndContext,
    error::KafkaError,
    producer::{BaseProducer, DeliveryResult, Producer, ProducerContext},
};

use super::{error::PublishError, heard::Heard};
use crate::kafka::{
    client::Cluster,
    clients::Settings,
    forwarding::{Context, Own},
};

/// Publishes models on the topics of one Kafka cluster.
pub(crate) struct Publisher {
    pub(super) producer: Supplied<BaseProducer<Context<OneRecord, Heard>>>,
    pub(super) admin: Supplied<AdminClient<Context<(), Heard>>>,
    pub(super) cluster: Cluster,
    /// The bootstrap servers, for messages and commands.
    pub(super) endpoints: String,
    /// Whether asking for a topic may create it.
    pub(super) creates_topics: bool,
}

impl Publisher {
    /// Sets up the clients for models of at most `largest` bytes; nothing is sent yet. A topic that isn't there may be
    /// created by being asked for, where that is the broker's policy.
    pub(crate) fn new(cluster: &Cluster, largest: u64) -> Result<Self, PublishError> {
        Self::with(cluster, &cluster.record_producer(largest), true)
    }

    /// The same for asking only: no topic is created.
    pub(crate) fn for_asking(cluster: &Cluster) -> Result<Self, PublishError> {
        Self::with(cluster, &cluster.publishing_asker(), false)
    }

    fn with(cluster: &Cluster, producer: &Settings, creates_topics: bool) -> Result<Self, PublishError> {
        Ok(Self {
            producer: create(producer, OneRecord::default())?,
            admin: create(&cluster.publishing_asker(), ())?,
            cluster: cluster.clone(),
            endpoints: cluster.endpoint(),
            creates_topics,
        })
    }

    pub(super) fn heard(&self) -> &Heard {
        &self.producer.context().listener
    }

    /// The outcome of the one record that is on its way.
    pub(super) fn take_acknowledgement(&self) -> Option<Acknowledgement> {
        self.producer.context().own.0.lock().take()
    }
}

/// A client of the publisher's.
pub(super) fn create<C, T>(settings: &Settings, own: T) -> Result<Supplied<C>, PublishError>
where
    C: FromClientConfigAndContext<Context<T, Heard>> + Native,
    T: Own,
{
    let context = Context::new(Arc::new(Heard::default()), own);
    settings.create_with_context(context).map_err(PublishError::Client)
}

/// Where the record ended: partition and offset.
pub(super) type Acknowledgement = Result<(i32, i64), KafkaError>;

/// What became of the one record that is on its way.
#[derive(Default)]
pub(super) struct OneRecord(Mutex<Option<Acknowledgement>>);

impl Own for OneRecord {}

impl ProducerContext for Context<OneRecord, Heard> {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        *self.own.0.lock() = Some(match result {
            Ok(message) => Ok((message.partition(), message.offset())),
            Err((error, _)) => Err(error.clone()),
        });
    }
}
