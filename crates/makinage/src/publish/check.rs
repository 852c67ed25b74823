//! Deciding whether a model can be published, and how, before anything is sent.

use std::time::{Duration, Instant};

use rdkafka::admin::{ConfigResource, ResourceSpecifier};

use super::{
    ask::{Leader, Untold},
    client::Publisher,
    error::PublishError,
    way::{Room, Way},
};
use crate::{archive::ModelArchive, kafka::retention::Loss};

/// What was found out.
#[derive(Debug, Default)]
pub struct Checked {
    /// What couldn't be checked, as sentences for the user.
    pub notes: Vec<String>,
    /// What the user should mend.
    pub warnings: Vec<String>,
    room: Room,
}

impl Publisher {
    /// All checks together take no longer than about this, however many models there are.
    pub const CHECK_TIME: Duration = Duration::from_secs(25);

    /// Finds out by `deadline` whether `topic` is there, its leaders can be reached, and they take the model, whole or in chunks.
    pub fn check(
        &self,
        topic: &str,
        archive: &ModelArchive,
        deadline: Instant,
    ) -> Result<(Way, Checked), PublishError> {
        let checked = self.check_topic(topic, deadline)?;
        let way = checked.room.way(archive, topic, &self.client_id).map_err(|above| PublishError::AboveLimits {
            topic: topic.to_owned(),
            needed: above.needed,
            limit: above.limit,
            endpoints: self.endpoints.clone(),
        })?;
        Ok((way, checked))
    }

    /// Finds out by `deadline` whether `topic` is there, its leaders can be reached, and what they take.
    pub fn check_topic(&self, topic: &str, deadline: Instant) -> Result<Checked, PublishError> {
        let leaders = self.leaders(topic, deadline)?;
        for leader in &leaders {
            self.reach(topic, leader, deadline)?;
        }
        Ok(self.ask_limits(topic, leaders, deadline))
    }

    /// What the leaders and the topic take, where they tell.
    fn ask_limits(&self, topic: &str, leaders: Vec<Leader>, deadline: Instant) -> Checked {
        let mut checked = Checked::default();
        for leader in leaders {
            let broker = leader.address;
            let told = self.describe(ResourceSpecifier::Broker(leader.id), deadline);
            match told.and_then(|config| limit(&config, "socket.request.max.bytes")) {
                Ok(limit) => checked.room.request = Some(checked.room.request.map_or(limit, |known| known.min(limit))),
                Err(Untold::NoAnswer(reason)) => {
                    // One question is enough for a cluster without that API: librdkafka's mock.
                    checked.notes.push(format!("Kafka doesn't tell what it takes ({reason})"));
                    return checked;
                }
                Err(Untold::NotForUs(reason)) => {
                    checked.notes.push(format!("the broker {broker} doesn't tell what it takes ({reason})"));
                }
            }
        }
        let told = self.describe(ResourceSpecifier::Topic(topic), deadline);
        if let Some(loss) = told.as_ref().ok().and_then(Loss::of) {
            checked.warnings.push(loss.warning(&self.endpoints, topic));
        }
        match told.and_then(|config| limit(&config, "max.message.bytes")) {
            Ok(limit) => checked.room.batch = Some(limit),
            Err(Untold::NoAnswer(reason) | Untold::NotForUs(reason)) => {
                checked.notes.push(format!("Kafka doesn't tell what the topic {topic:?} takes ({reason})"));
            }
        }
        checked
    }
}

fn limit(config: &ConfigResource, setting: &str) -> Result<u64, Untold> {
    let value = config.get(setting).and_then(|entry| entry.value.as_ref()?.parse().ok());
    // Without the right to ask, the answer has no entries.
    value.ok_or_else(|| Untold::NotForUs("that takes the right to DescribeConfigs".to_owned()))
}
