//! The Kafka clients of the model topic's reader: one that follows the topic, and one for each look at a stretch of it.

use std::{
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use kafka_headers::tokens::Supplied;
use parking_lot::Mutex;
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
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

/// How long a consumer is kept for the next stretch: a model that has been found is fetched at once.
const KEPT: Duration = Duration::from_secs(5);

/// A consumer of the model topic.
pub(super) type ModelConsumer = Supplied<BaseConsumer<Context<()>>>;

/// A consumer that has read a stretch.
struct Idle {
    consumer: ModelConsumer,
    /// The certificates that it was made with.
    files: MadeWith,
    since: Instant,
}

/// Makes consumers of one model topic.
pub(crate) struct TopicClient {
    /// Another connection to the brokers takes longer than most models do to be read.
    idle: Mutex<Option<Idle>>,
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
            idle: Mutex::default(),
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

    /// Ends the connections of what has read a stretch, where no other follows.
    pub(super) fn let_go(&self, now: Instant) {
        let is_over = |idle: &mut Idle| now.saturating_duration_since(idle.since) >= KEPT;
        let over = self.idle.lock().take_if(is_over);
        drop(over);
    }

    /// A consumer for a stretch.
    fn reading(&self) -> KafkaResult<(ModelConsumer, MadeWith)> {
        let idle = self.idle.lock().take().filter(|idle| !idle.files.is_out_of_date());
        if let Some(Idle { consumer, files, .. }) = idle {
            return Ok((consumer, files));
        }
        let files = self.files();
        Ok((self.consumer()?, files))
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
        let (consumer, files) = self.reading()?;
        read::read(&*consumer, &stretch, &Until { client: self, given_up }, |message| {
            each(&RecordPlace::of(message), Record::of(message))
        })?;
        consumer.unassign()?;
        *self.idle.lock() = Some(Idle { consumer, files, since: Instant::now() });
        Ok(())
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

#[cfg(test)]
mod tests;
