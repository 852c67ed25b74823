//! Which partition a topic's models go to: that of their key, so that their order is certain, in one record or in many.

use rdkafka::producer::Producer;

use super::{client::Publisher, error::PublishError};
use crate::{
    kafka::{
        described::reason,
        partitioner::of_key,
        topics::{self, Topic},
    },
    record::headers::RECORD_KEY,
};

impl Publisher {
    /// The partition of the topic's models.
    pub(super) fn partition(&self, topic: &str) -> Result<i32, PublishError> {
        match topics::look_up(self.producer.client(), topic) {
            Topic::Partitions(count) => Ok(of_key(RECORD_KEY.as_bytes(), count)),
            Topic::Missing => Err(PublishError::NoTopic { topic: topic.to_owned(), endpoints: self.endpoints.clone() }),
            Topic::Unknown(error) => Err(PublishError::UnusableTopic {
                topic: topic.to_owned(),
                reason: reason(&error),
                endpoints: self.endpoints.clone(),
            }),
        }
    }
}
