//! Deciding whether a model can be published, before anything is sent.

use std::time::{Duration, Instant};

use rdkafka::admin::ResourceSpecifier;

use super::{
    ask::{Leader, Untold},
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
        self.check_limits(topic, batch, leaders, deadline)
    }

    /// Compares the model with what its leaders and its topic take, where they tell.
    fn check_limits(
        &self,
        topic: &str,
        batch: u64,
        leaders: Vec<Leader>,
        deadline: Instant,
    ) -> Result<Notes, PublishError> {
        let mut notes = Notes::new();
        let request = request_bytes(batch, topic, &self.client_id);
        for leader in leaders {
            let broker = leader.address;
            match self.limit(ResourceSpecifier::Broker(leader.id), "socket.request.max.bytes", deadline) {
                Ok(limit) if request > limit => {
                    return Err(PublishError::AboveBrokerLimit { broker, needed: request, limit });
                }
                Ok(_) => {}
                Err(Untold::NoAnswer(reason)) => {
                    // One question is enough for a cluster without that API: librdkafka's mock.
                    notes.push(format!("Kafka doesn't tell what it takes ({reason})"));
                    return Ok(notes);
                }
                Err(Untold::NotForUs(reason)) => {
                    notes.push(format!("the broker {broker} doesn't tell what it takes ({reason})"));
                }
            }
        }
        match self.limit(ResourceSpecifier::Topic(topic), "max.message.bytes", deadline) {
            Ok(limit) if batch > limit => {
                return Err(PublishError::AboveTopicLimit {
                    topic: topic.to_owned(),
                    needed: batch,
                    limit,
                    endpoints: self.endpoints.clone(),
                });
            }
            Ok(_) => {}
            Err(Untold::NoAnswer(reason) | Untold::NotForUs(reason)) => {
                notes.push(format!("Kafka doesn't tell what the topic {topic:?} takes ({reason})"));
            }
        }
        Ok(notes)
    }
}
