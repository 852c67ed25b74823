//! Deciding whether a model can be published, and how, before anything is sent.

use std::time::{Duration, Instant};

use kafka_headers::rights::{self, Operation};
use rdkafka::{admin::ResourceSpecifier, producer::Producer};

use super::{
    ask::Leader,
    client::Publisher,
    error::PublishError,
    way::{Limits, Way},
};
use crate::{
    archive::ModelArchive,
    kafka::{
        described::{Untold, setting},
        retention::Loss,
    },
};

/// What was found out.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// What couldn't be checked, as sentences for the user.
    pub notes: Vec<String>,
    /// What the user should mend.
    pub warnings: Vec<String>,
    limits: Limits,
}

impl Publisher {
    /// All checks together take no longer than about this, however many models there are.
    pub(crate) const CHECK_TIME: Duration = Duration::from_secs(25);

    /// How long the question for rights may take: leaders have just answered.
    const RIGHTS: Duration = Duration::from_secs(3);

    /// Finds out by `deadline` whether `topic` is there, its leaders can be reached, and they take the model, whole or
    /// in chunks.
    pub(crate) fn check(
        &self,
        topic: &str,
        archive: &ModelArchive,
        deadline: Instant,
    ) -> Result<(Way, Checked), PublishError> {
        let checked = self.check_topic(topic, deadline)?;
        let way = checked.limits.way(archive, topic, self.cluster.application()).map_err(|above| {
            PublishError::AboveLimits {
                topic: topic.to_owned(),
                needed: above.needed,
                limit: above.limit,
                endpoints: self.endpoints.clone(),
            }
        })?;
        Ok((way, checked))
    }

    /// Finds out by `deadline` whether `topic` is there, its leaders can be reached, and what they take.
    pub(crate) fn check_topic(&self, topic: &str, deadline: Instant) -> Result<Checked, PublishError> {
        let leaders = self.leaders(topic, deadline)?;
        for leader in &leaders {
            self.reach(topic, leader, deadline)?;
        }
        if let Ok(Some(granted)) = rights::of_topic(self.producer.client(), topic, Self::RIGHTS)
            && !granted.contains(&Operation::Write)
        {
            return Err(self.denied(topic, "as its authorizer says"));
        }
        Ok(self.ask_limits(topic, leaders, deadline))
    }

    /// What the leaders and the topic take, where they tell.
    fn ask_limits(&self, topic: &str, leaders: Vec<Leader>, deadline: Instant) -> Checked {
        let mut checked = Checked::default();
        for leader in leaders {
            let broker = leader.address;
            let told = self.describe(ResourceSpecifier::Broker(leader.id), deadline);
            match told.and_then(|config| setting(&config, "socket.request.max.bytes")) {
                Ok(limit) => {
                    checked.limits.request = Some(checked.limits.request.map_or(limit, |known| known.min(limit)));
                }
                Err(untold @ Untold::NoAnswer(_)) => {
                    // One question is enough for a cluster without that API: librdkafka's mock.
                    checked.notes.push(format!("Kafka doesn't tell what it takes ({untold})"));
                    return checked;
                }
                Err(untold @ Untold::NotForUs) => {
                    checked.notes.push(format!("the broker {broker} doesn't tell what it takes ({untold})"));
                }
            }
        }
        let told = self.describe(ResourceSpecifier::Topic(topic), deadline);
        if let Some(loss) = told.as_ref().ok().and_then(Loss::of) {
            checked.warnings.push(loss.warning(&self.endpoints, topic));
        }
        match told.and_then(|config| setting(&config, "max.message.bytes")) {
            Ok(limit) => checked.limits.batch = Some(limit),
            Err(untold) => {
                checked.notes.push(format!("Kafka doesn't tell what the topic {topic:?} takes ({untold})"));
            }
        }
        checked
    }
}
