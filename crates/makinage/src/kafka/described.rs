//! What Kafka tells of a topic's or broker's configuration: the one place that asks for it.

use std::time::Duration;

use kafka_headers::tokens::Supplied;
use rdkafka::{
    ClientContext,
    admin::{AdminClient, AdminOptions, ConfigResource, ResourceSpecifier},
    client::DefaultClientContext,
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
};

use super::clients::Settings;

/// Why a configuration isn't known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Untold {
    /// The question isn't answered at all.
    #[error("{}", reason(.0))]
    NoAnswer(KafkaError),
    /// The answer doesn't have it.
    #[error("that takes the right to DescribeConfigs")]
    NotForUs,
}

/// The configuration of a topic or broker.
pub fn describe<C: ClientContext>(
    admin: &AdminClient<C>,
    what: &ResourceSpecifier<'_>,
    timeout: Duration,
) -> Result<ConfigResource, Untold> {
    let options = AdminOptions::new().request_timeout(Some(timeout));
    let answers = futures_executor::block_on(admin.describe_configs([what], &options)).map_err(Untold::NoAnswer)?;
    match answers.into_iter().next() {
        Some(Ok(config)) => Ok(config),
        Some(Err(code)) if !is_denial(code) => Err(Untold::NoAnswer(KafkaError::AdminOp(code))),
        Some(Err(_)) | None => Err(Untold::NotForUs),
    }
}

fn is_denial(code: RDKafkaErrorCode) -> bool {
    matches!(code, RDKafkaErrorCode::TopicAuthorizationFailed | RDKafkaErrorCode::ClusterAuthorizationFailed)
}

/// A setting of it, where it is told and is what it should be. Without the right to ask, an answer has no entries.
pub fn setting<T: std::str::FromStr>(config: &ConfigResource, name: &str) -> Result<T, Untold> {
    let value = config.get(name).and_then(|entry| entry.value.as_ref()?.parse().ok());
    value.ok_or(Untold::NotForUs)
}

/// Whether a broker makes a topic that is asked for and isn't there. One that doesn't tell is taken for one that
/// doesn't.
pub fn makes_topics(client: &Settings, broker: i32, timeout: Duration) -> bool {
    let made: KafkaResult<Supplied<AdminClient<_>>> = client.create_with_context(DefaultClientContext);
    let Ok(admin) = made else { return false };
    let told = describe(&admin, &ResourceSpecifier::Broker(broker), timeout);
    told.and_then(|config| setting(&config, "auto.create.topics.enable")).unwrap_or(false)
}

/// What Kafka or the client says, without the library's name for the call.
pub fn reason(error: &KafkaError) -> String {
    code(error).map_or_else(|| error.to_string(), |code| code.to_string())
}

/// What an error comes down to, those of questions among them.
pub(super) fn code(error: &KafkaError) -> Option<RDKafkaErrorCode> {
    match error {
        KafkaError::AdminOp(code) => Some(*code),
        other => other.rdkafka_error_code(),
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::error::{KafkaError, RDKafkaErrorCode};

    use super::{Untold, reason};

    #[test]
    fn a_reason_is_what_kafka_says_without_the_library_s_words() {
        let code = RDKafkaErrorCode::TopicAuthorizationFailed;
        for error in [KafkaError::AdminOp(code), KafkaError::MetadataFetch(code), KafkaError::MessageProduction(code)] {
            assert_eq!(reason(&error), code.to_string());
        }
        assert_eq!(reason(&KafkaError::Canceled), KafkaError::Canceled.to_string());
        assert_eq!(Untold::NoAnswer(KafkaError::AdminOp(code)).to_string(), code.to_string());
        assert!(Untold::NotForUs.to_string().contains("DescribeConfigs"));
    }
}
