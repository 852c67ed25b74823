//! Whether a topic keeps its newest record: Kafka's defaults delete it after seven days.

use std::{fmt, time::Duration};

use kafka_headers::tokens::Supplied;
use rdkafka::{
    admin::{AdminClient, ConfigResource, ResourceSpecifier},
    client::DefaultClientContext,
    error::KafkaResult,
};

use super::{clients::Settings, described};

const TIMEOUT: Duration = Duration::from_secs(5);
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// By what a topic loses its newest record in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// Milliseconds after which a record is deleted.
    ms: Option<i64>,
    /// Bytes above which the oldest records are deleted, of each partition.
    bytes: Option<i64>,
}

impl Loss {
    /// Reads a topic's configuration.
    pub fn of(config: &ConfigResource) -> Option<Self> {
        let value = |name: &str| config.get(name)?.value.as_deref();
        let finite = |name: &str| value(name)?.parse().ok().filter(|limit: &i64| *limit >= 0);
        Self::from(value("cleanup.policy")?, finite("retention.ms"), finite("retention.bytes"))
    }

    fn from(policy: &str, ms: Option<i64>, bytes: Option<i64>) -> Option<Self> {
        let deletes = policy.split(',').any(|part| part.trim() == "delete");
        (deletes && (ms.is_some() || bytes.is_some())).then_some(Self { ms, bytes })
    }

    /// The warning for people who publish on a model topic, or read one.
    pub fn warning(&self, endpoint: &str, topic: &str) -> String {
        format!(
            "the model topic {topic} deletes its records {self}, the newest model too, and an instance that starts then finds none; keep them with: \
             kafka-configs.sh --bootstrap-server {endpoint} --alter --entity-type topics --entity-name {topic} --add-config retention.ms=-1,retention.bytes=-1"
        )
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.ms, self.bytes) {
            (Some(ms), _) if ms >= DAY_MS => write!(f, "after {} days", ms / DAY_MS)?,
            (Some(ms), _) => write!(f, "after {} s", ms / 1000)?,
            (None, _) => {}
        }
        match (self.ms, self.bytes) {
            (Some(_), Some(bytes)) => write!(f, " or above {bytes} bytes"),
            (None, Some(bytes)) => write!(f, "above {bytes} bytes"),
            (_, None) => Ok(()),
        }
    }
}

/// Warns where the topic loses its newest record in the end. A broker that doesn't tell is no reason for a line.
pub fn warn(client: &Settings, endpoint: &str, topic: &str) {
    let made: KafkaResult<Supplied<AdminClient<_>>> = client.create_with_context(DefaultClientContext);
    let Ok(admin) = made else { return };
    match described::describe(&admin, &ResourceSpecifier::Topic(topic), TIMEOUT) {
        Ok(config) => {
            if let Some(loss) = Loss::of(&config) {
                tracing::warn!(code = "K013", topic, "{}", loss.warning(endpoint, topic));
            }
        }
        Err(untold) => tracing::debug!("the configuration of topic {topic} isn't told: {untold}"),
    }
}

#[cfg(test)]
mod tests {
    use super::Loss;

    #[test]
    fn only_a_topic_that_deletes_by_time_or_size_loses_its_newest_record() {
        assert_eq!(Loss::from("compact", Some(1), Some(1)), None);
        assert_eq!(Loss::from("delete", None, None), None);
        let told = |policy, ms, bytes| Loss::from(policy, ms, bytes).expect("a loss").to_string();
        assert_eq!(told("delete", Some(604_800_000), None), "after 7 days");
        assert_eq!(told("compact,delete", Some(60_000), Some(9)), "after 60 s or above 9 bytes");
        assert_eq!(told("compact, delete", None, Some(9)), "above 9 bytes");
    }

    #[test]
    fn the_warning_has_the_command_that_mends_it() {
        let warning = Loss::from("delete", Some(604_800_000), None).expect("a loss").warning("k:9092", "model");
        assert!(warning.contains(
            "kafka-configs.sh --bootstrap-server k:9092 --alter --entity-type topics --entity-name model --add-config retention.ms=-1,retention.bytes=-1"
        ));
    }
}
