//! Which model a topic's readers would take now: its newest.

use std::time::{Duration, Instant};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, KafkaResult},
    message::BorrowedMessage,
    metadata::{MetadataPartition, MetadataTopic},
};

use super::{
    ask::describe,
    client::{Events, Publisher},
    error::PublishError,
};
use crate::{
    archive::sha256,
    model::{ModelIdentity, RecordPlace},
    record::headers::{NAME_HEADER, RECORD_KEY, SHA256_HEADER, VERSION_HEADER, header},
};

/// The longest wait for one answer.
const ANSWER: Duration = Duration::from_secs(10);
/// The longest look back; a model that is behind more than that is published once more.
const LOOK: Duration = Duration::from_mins(1);
/// How many times more records each look back takes in.
const LOOK_BACK: i64 = 4;

/// A model that is on a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnTopic {
    /// Which model.
    pub identity: ModelIdentity,
    /// Its record.
    pub place: RecordPlace,
}

impl Publisher {
    /// The newest model on `topic`, by its record's headers; `None` where there is none, or none near the end.
    pub fn newest(&self, topic: &str) -> Result<Option<OnTopic>, PublishError> {
        self.look_back(topic).map_err(|error| PublishError::UnusableTopic {
            topic: topic.to_owned(),
            reason: describe(&error),
            endpoints: self.endpoints.clone(),
        })
    }

    fn look_back(&self, topic: &str) -> KafkaResult<Option<OnTopic>> {
        let mut settings = self.base.clone();
        settings
            // Needed to assign partitions; nothing is committed, and no group is joined.
            .set("group.id", format!("{}-models", self.client_id))
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("isolation.level", "read_committed")
            // One record holds a whole model.
            .set("receive.message.max.bytes", "2147483647")
            .set("fetch.max.bytes", "2147483135")
            .set("queued.max.messages.kbytes", "1024");
        let consumer: BaseConsumer<Events> = settings.create_with_context(Events::default())?;
        let metadata = consumer.fetch_metadata(Some(topic), ANSWER)?;
        let partitions = metadata.topics().iter().flat_map(MetadataTopic::partitions).map(MetadataPartition::id);
        let deadline = Instant::now() + LOOK;
        let mut newest: Option<OnTopic> = None;
        for partition in partitions {
            let found = Partition { consumer: &consumer, topic, number: partition }.newest(deadline)?;
            if found.as_ref().map(|found| found.place.timestamp) > newest.as_ref().map(|known| known.place.timestamp) {
                newest = found;
            }
        }
        Ok(newest)
    }
}

struct Partition<'c> {
    consumer: &'c BaseConsumer<Events>,
    topic: &'c str,
    number: i32,
}

impl Partition<'_> {
    fn newest(&self, deadline: Instant) -> KafkaResult<Option<OnTopic>> {
        let (low, mut end) = self.consumer.fetch_watermarks(self.topic, self.number, ANSWER)?;
        let mut back = 1;
        while end > low {
            let begin = low.max(end - back);
            if let Some(found) = self.newest_between(begin, end, deadline)? {
                return Ok(Some(found));
            }
            end = begin;
            back *= LOOK_BACK;
        }
        Ok(None)
    }

    fn newest_between(&self, begin: i64, end: i64, deadline: Instant) -> KafkaResult<Option<OnTopic>> {
        let mut only = TopicPartitionList::new();
        only.add_partition_offset(self.topic, self.number, Offset::Offset(begin))?;
        self.consumer.assign(&only)?;
        let mut newest = None;
        while Instant::now() < deadline {
            match self.consumer.poll(Duration::from_millis(500)) {
                Some(Ok(message)) if message.offset() < end => {
                    newest = model(&message).or(newest);
                    if message.offset() + 1 == end {
                        return Ok(newest);
                    }
                }
                Some(Ok(_) | Err(KafkaError::PartitionEOF(_))) => return Ok(newest),
                // librdkafka tries again by itself, and has told what it is.
                Some(Err(_)) | None => {}
            }
        }
        Ok(newest)
    }
}

/// What a record says of its model, where it is one.
fn model(message: &BorrowedMessage<'_>) -> Option<OnTopic> {
    let value = message.payload().filter(|_| message.key() == Some(RECORD_KEY.as_bytes()))?;
    let digest = header(message, SHA256_HEADER).and_then(|digest| std::str::from_utf8(digest).ok());
    let digest = digest.map_or_else(|| sha256(value), str::to_owned);
    Some(OnTopic {
        identity: ModelIdentity::named(digest, header(message, NAME_HEADER), header(message, VERSION_HEADER)),
        place: RecordPlace::of(message),
    })
}
