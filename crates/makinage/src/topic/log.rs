//! The end of the model topic, as its follower sees it: Kafka's, or a test's.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use rdkafka::{
    Offset,
    consumer::Consumer,
    error::{KafkaError, KafkaResult},
};

use super::{client::TopicClient, kept::ModelConsumer, stretches::Stretches};
use crate::{
    kafka::{
        renewal::MadeWith,
        topics::{self, Topic},
    },
    model::RecordPlace,
    record::Record,
};

/// How long one look for a record takes at most, and so how soon a follower notices that it is to end.
pub(super) const POLL: Duration = Duration::from_millis(200);
/// How long the broker may take for an answer.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);

/// One topic that is followed.
pub(super) trait Log {
    /// Waits a little, and shows a record where one came. [`KafkaError::Canceled`] where the client is to be replaced.
    fn poll(&self, each: &mut dyn FnMut(RecordPlace, &Record<'_>)) -> KafkaResult<()>;

    /// What the broker says of the topic.
    fn look_up(&self) -> Topic;

    /// The offset that a partition's next record will have.
    fn end(&self, partition: i32) -> KafkaResult<i64>;

    /// The first offset of a partition whose record is later than this, in milliseconds since 1970.
    fn first_after(&self, partition: i32, time: i64) -> KafkaResult<Option<i64>>;

    /// Whether a record is where it was.
    fn is_there(&self, place: &RecordPlace) -> KafkaResult<bool>;

    /// From now on a partition that was added is read too, from its beginning: what is in it came while nobody looked.
    fn add(&self, partition: i32) -> KafkaResult<()>;

    /// Passes on what is wrong with the topic.
    fn tell(&self, error: &KafkaError);
}

/// The topic on Kafka, through a consumer that has its partitions.
pub(super) struct KafkaLog<'c> {
    /// Its client, which reads stretches too.
    pub client: &'c TopicClient,
    /// Its consumer.
    pub consumer: ModelConsumer,
    /// The certificates that it was made with.
    pub files: MadeWith,
    /// Whether nobody waits any more.
    pub given_up: &'c dyn Fn() -> bool,
}

impl Log for KafkaLog<'_> {
    fn poll(&self, each: &mut dyn FnMut(RecordPlace, &Record<'_>)) -> KafkaResult<()> {
        if self.files.is_out_of_date() {
            return Err(KafkaError::Canceled);
        }
        self.client.kept.let_go(Instant::now());
        match self.consumer.poll(POLL) {
            Some(Ok(message)) => {
                each(RecordPlace::of(&message), &Record::of(&message));
                Ok(())
            }
            Some(Err(KafkaError::PartitionEOF(_))) | None => Ok(()),
            Some(Err(error)) => Err(error),
        }
    }

    fn look_up(&self) -> Topic {
        topics::look_up(self.consumer.client(), &self.client.topic)
    }

    fn end(&self, partition: i32) -> KafkaResult<i64> {
        Ok(self.consumer.fetch_watermarks(&self.client.topic, partition, TIMEOUT)?.1)
    }

    fn first_after(&self, partition: i32, time: i64) -> KafkaResult<Option<i64>> {
        let asked = self.client.from([(partition, Offset::Offset(time + 1))])?;
        let found = self.consumer.offsets_for_times(asked, TIMEOUT)?;
        Ok(found.elements().iter().find_map(|found| match found.offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        }))
    }

    fn is_there(&self, place: &RecordPlace) -> KafkaResult<bool> {
        // What was kept knows nothing of a topic that was made anew meanwhile.
        self.client.kept.forget();
        let mut is_there = false;
        self.client.read(place.partition, place.offset..place.offset + 1, self.given_up, &mut |found, _| {
            is_there = found == place;
            ControlFlow::Break(())
        })?;
        Ok(is_there)
    }

    fn add(&self, partition: i32) -> KafkaResult<()> {
        self.consumer.incremental_assign(&self.client.from([(partition, Offset::Beginning)])?)
    }

    fn tell(&self, error: &KafkaError) {
        self.client.tell(error);
    }
}
