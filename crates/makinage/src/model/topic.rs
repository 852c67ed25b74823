//! The model topic: read by every instance, outside the consumer group, from the newest model on.

use std::{sync::Arc, thread, time::Duration};

use crossbeam_channel::Receiver;
use rdkafka::{
    ClientContext, Message, Offset, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::{KafkaError, KafkaResult},
    message::{BorrowedMessage, Headers},
};

use super::{
    ModelIdentity, RecordPlace,
    headers::{NAME_HEADER, VERSION_HEADER},
    sha256,
    store::{Store, StoredModel},
    workspace::StoreError,
};
use crate::{
    config::{ModelStart, ModelTopic},
    generation::{Arrived, Offer, mailbox::Mailbox},
    kafka::{
        client::Cluster,
        context::Connection,
        topics::{self, Topic, Waiting},
    },
};

const TIMEOUT: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(500);
/// Records that one look back adds; a topic of models has few others.
const LOOK_BACK: i64 = 4;

/// The context of the model topic's consumer.
struct ModelContext(Arc<Connection>);

impl ClientContext for ModelContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.0.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.0.error(error, reason);
    }
}

impl ConsumerContext for ModelContext {}

/// Reads the model topic for as long as the mailbox is open.
pub struct ModelReader {
    consumer: BaseConsumer<ModelContext>,
    endpoint: String,
    topic: ModelTopic,
    outlets: Outlets,
}

/// Where what is on the topic goes.
#[derive(Debug)]
pub struct Outlets {
    /// Models' bytes.
    pub store: Arc<Store>,
    /// Models, for the loader.
    pub mailbox: Arc<Mailbox>,
    /// Records that the loader could not use: the model before each is to be offered.
    pub unusable: Receiver<RecordPlace>,
}

impl ModelReader {
    /// A reader of one model topic.
    pub fn new(cluster: &Cluster, topic: &ModelTopic, outlets: Outlets) -> KafkaResult<Self> {
        let mut settings = cluster.base();
        settings
            // Needed to assign partitions; nothing is committed, and no group is joined.
            .set("group.id", format!("{}-models", cluster.application()))
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("auto.offset.reset", "earliest")
            .set("isolation.level", "read_committed")
            // One record holds a whole model: whatever the topic takes must pass.
            .set("receive.message.max.bytes", "2147483647")
            .set("fetch.max.bytes", "2147483135")
            .set("queued.max.messages.kbytes", "1024");
        let consumer = settings.create_with_context(ModelContext(Arc::clone(&cluster.connection)))?;
        Ok(Self { consumer, endpoint: cluster.endpoint(), topic: topic.clone(), outlets })
    }

    /// Hands over the newest model, then each that comes. Passing troubles are waited out.
    pub fn run(self) {
        let partitions = self.wait_for_topic();
        let newest = loop {
            match self.newest(partitions) {
                Ok(found) => break found,
                Err(error) => {
                    tracing::warn!("model topic {}: {error}; trying again", self.topic.name);
                    thread::sleep(TIMEOUT);
                }
            }
        };
        let Newest { model, next } = newest;
        self.outlets.mailbox.offer(model.map_or(Offer::Nothing, Offer::Newer));
        if let Err(error) = self.consumer.assign(&next) {
            tracing::error!(
                "the model topic {} can't be read on ({error}): no later model will arrive; restart the service",
                self.topic.name
            );
            return;
        }
        while !self.outlets.mailbox.is_closed() {
            if self.outlets.unusable.try_recv().is_ok() {
                self.outlets.mailbox.offer(Offer::Nothing);
            }
            match self.consumer.poll(POLL) {
                Some(Ok(message)) => {
                    if let Some(arrived) = self.take(&message) {
                        self.outlets.mailbox.offer(Offer::Newer(arrived));
                    }
                }
                Some(Err(KafkaError::PartitionEOF(_))) | None => {}
                Some(Err(error)) => {
                    self.consumer
                        .context()
                        .0
                        .error(error.clone(), &format!("model topic {}: {error}", self.topic.name));
                }
            }
        }
    }

    fn wait_for_topic(&self) -> i32 {
        let mut waiting = Waiting::new(&self.endpoint, &self.topic.name);
        loop {
            let found = topics::look_up(self.consumer.client(), &self.topic.name);
            if let Topic::Partitions(count) = found {
                waiting.over();
                return count;
            }
            waiting.tell(&found);
            thread::sleep(POLL);
        }
    }

    /// Looks back from the end of each partition for its newest model, and takes the newest of all by the records' time.
    fn newest(&self, partitions: i32) -> KafkaResult<Newest> {
        let mut next = TopicPartitionList::new();
        let mut newest: Option<(i64, Arrived)> = None;
        for partition in 0..partitions {
            let (low, high) = self.consumer.fetch_watermarks(&self.topic.name, partition, TIMEOUT)?;
            next.add_partition_offset(&self.topic.name, partition, Offset::Offset(high))?;
            if self.topic.start_from == ModelStart::End {
                continue;
            }
            let mut back = 1;
            let mut end = high;
            while end > low {
                let begin = low.max(high - back);
                if let Some((time, arrived)) = self.newest_between(partition, begin, end)? {
                    if newest.as_ref().is_none_or(|(known, _)| time > *known) {
                        newest = Some((time, arrived));
                    }
                    break;
                }
                end = begin;
                back *= LOOK_BACK;
            }
        }
        Ok(Newest { model: newest.map(|(_, arrived)| arrived), next })
    }

    /// The newest model at `begin..end` of a partition, with its record's time.
    fn newest_between(&self, partition: i32, begin: i64, end: i64) -> KafkaResult<Option<(i64, Arrived)>> {
        let mut only = TopicPartitionList::new();
        only.add_partition_offset(&self.topic.name, partition, Offset::Offset(begin))?;
        self.consumer.assign(&only)?;
        let mut newest = None;
        loop {
            match self.consumer.poll(POLL) {
                Some(Ok(message)) if message.offset() < end => {
                    if let Some(arrived) = self.take(&message) {
                        newest = Some((message.timestamp().to_millis().unwrap_or(0), arrived));
                    }
                    if message.offset() + 1 == end {
                        return Ok(newest);
                    }
                }
                Some(Ok(_) | Err(KafkaError::PartitionEOF(_))) => return Ok(newest),
                Some(Err(error)) => {
                    self.consumer
                        .context()
                        .0
                        .error(error.clone(), &format!("model topic {}: {error}", self.topic.name));
                }
                None => {}
            }
        }
    }

    /// Stores a record's model; what isn't one is named and left.
    fn take(&self, message: &BorrowedMessage<'_>) -> Option<Arrived> {
        let place = RecordPlace {
            topic: message.topic().to_owned(),
            partition: message.partition(),
            offset: message.offset(),
            timestamp: message.timestamp().to_millis().unwrap_or(0),
        };
        let Some(zip) = message.payload() else {
            tracing::warn!("{place}: a record without a value on the model topic is ignored");
            return None;
        };
        match self.store(zip, message) {
            Ok(model) => Some(Arrived { place, model }),
            Err(error) => {
                tracing::error!("{place}: this record of {} bytes can't be stored: {error}", zip.len());
                None
            }
        }
    }

    fn store(&self, zip: &[u8], message: &BorrowedMessage<'_>) -> Result<StoredModel, StoreError> {
        let identity = ModelIdentity::named(sha256(zip), header(message, NAME_HEADER), header(message, VERSION_HEADER));
        let store = &self.outlets.store;
        let mut spool = store.spool()?;
        spool.write(zip).map_err(|error| store.failed(error))?;
        store.keep(spool, identity)
    }
}

fn header<'m>(message: &'m BorrowedMessage<'_>, name: &str) -> Option<&'m [u8]> {
    message.headers()?.iter().find(|header| header.key == name)?.value
}

struct Newest {
    model: Option<Arrived>,
    /// Where reading goes on.
    next: TopicPartitionList,
}
