//! Deciding whether a model can be published, before anything is sent.

use std::time::{Duration, Instant};

use rdkafka::admin::ResourceSpecifier;

use super::{
    ask::Leader,
    client::Publisher,
    error::PublishError,
    size::{CLIENT_LIMIT, batch_bytes, request_bytes},
};
use crate::model::ModelArchive;

/// What couldn't be checked, as sentences for the user.
pub type Notes = Vec<String>;

impl Publisher {
    /// All checks together take no longer than about this, however many models there are.
    pub const CHECK_TIME: Duration = Duration::from_secs(25);

    /// Finds out by `deadline` whether `topic` is there, its leaders can be reached, and they take the model.
    pub fn check(&self, topic: &str, archive: &ModelArchive, deadline: Instant) -> Result<Notes, PublishError> {
        let batch = batch_bytes(archive);
        if batch > CLIENT_LIMIT {
            return Err(PublishError::AboveClientLimit { needed: batch });
        }
        let leaders = self.leaders(topic, deadline)?;
        for leader in &leaders {
            self.reach(topic, leader, deadline)?;
        }
        let mut notes = self.check_topic_limit(topic, batch, deadline)?;
        let request = request_bytes(batch, topic, &self.client_id);
        for leader in leaders {
            notes.extend(self.check_broker_limit(leader, request, deadline)?);
        }
        Ok(notes)
    }

    fn check_topic_limit(&self, topic: &str, needed: u64, deadline: Instant) -> Result<Notes, PublishError> {
        match self.limit(ResourceSpecifier::Topic(topic), "max.message.bytes", deadline) {
            Ok(limit) if needed > limit => Err(PublishError::AboveTopicLimit {
                topic: topic.to_owned(),
                needed,
                limit,
                endpoints: self.endpoints.clone(),
            }),
            Ok(_) => Ok(Notes::new()),
            Err(reason) => Ok(vec![format!("Kafka doesn't tell what the topic {topic:?} takes ({reason})")]),
        }
    }

    fn check_broker_limit(&self, leader: Leader, needed: u64, deadline: Instant) -> Result<Notes, PublishError> {
        let broker = leader.address;
        match self.limit(ResourceSpecifier::Broker(leader.id), "socket.request.max.bytes", deadline) {
            Ok(limit) if needed > limit => Err(PublishError::AboveBrokerLimit { broker, needed, limit }),
            Ok(_) => Ok(Notes::new()),
            Err(reason) => Ok(vec![format!("the broker {broker} doesn't tell what it takes ({reason})")]),
        }
    }
}
