//! The Kafka clients of the model topic's reader: one that follows the topic, and one for stretches of it, which is
//! kept for a moment.

use std::{
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
};

use super::{
    kept::{Kept, ModelConsumer, Spare},
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

/// How long a consumer that was kept may say nothing: another one is asked then, which knows nothing of what was.
const BRIEFLY: Duration = Duration::from_secs(5);

/// Makes consumers of one model topic.
pub(crate) struct TopicClient {
    settings: Settings,
    /// Of consumers for stretches.
    stretches: Settings,
    /// What has read a stretch.
    pub(super) kept: Kept,
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
            stretches: cluster.model_stretches(),
            kept: Kept::default(),
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
        let mut reading = Reading { client: self, partition, offsets, each };
        if let Some(kept) = self.kept.take(Instant::now()) {
            let read = reading.go_on(kept, &Until { client: self, given_up, longest: BRIEFLY });
            if read.is_ok() || given_up() {
                return read;
            }
            // Whatever was wrong may be what it still knows of another incarnation of the topic.
        }
        // What follows the topic has its own consumer, and goes on beside this.
        let fresh = Spare {
            files: self.stretches.files(),
            consumer: self.stretches.create_with_context(Context::new(Arc::clone(&self.connection), ()))?,
        };
        reading.go_on(fresh, &Until { client: self, given_up, longest: Duration::MAX })
    }

    fn tell(&self, error: &KafkaError) {
        Self::tell(self, error);
    }
}

/// A stretch that is read.
struct Reading<'r> {
    client: &'r TopicClient,
    partition: i32,
    /// What is left of it.
    offsets: Range<i64>,
    each: Each<'r>,
}

impl Reading<'_> {
    fn go_on(&mut self, spare: Spare, patience: &Until<'_>) -> KafkaResult<()> {
        let Self { client, partition, offsets, each } = self;
        let stretch = Stretch { topic: &client.topic, partition: *partition, offsets: offsets.clone() };
        read::read(&*spare.consumer, &stretch, patience, |message| {
            offsets.start = message.offset() + 1;
            each(&RecordPlace::of(message), Record::of(message))
        })?;
        client.kept.put(spare, Instant::now());
        Ok(())
    }
}

/// Waits until somebody gives up, or nothing has come for so long.
struct Until<'u> {
    client: &'u TopicClient,
    given_up: &'u dyn Fn() -> bool,
    longest: Duration,
}

impl Patience for Until<'_> {
    fn goes_on(&self, waited: Duration) -> bool {
        !(self.given_up)() && waited < self.longest
    }

    fn tell(&self, error: &KafkaError) {
        self.client.tell(error);
    }
}
