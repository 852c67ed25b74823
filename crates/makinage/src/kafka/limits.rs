//! How large a record a topic takes, asked from the broker.

use std::time::Duration;

use kafka_headers::tokens::Supplied;
use rdkafka::{
    admin::{AdminClient, ResourceSpecifier},
    client::DefaultClientContext,
    error::{KafkaError, RDKafkaErrorCode},
};

use super::{
    clients::Settings,
    described::{self, Untold},
};

/// Kafka's own default of `max.message.bytes`, for brokers that don't answer the question (the mock cluster).
pub const DEFAULT_MAX_MESSAGE_BYTES: usize = 1_048_588;

/// The topic's `max.message.bytes`; `None` where brokers don't know the question, or it is not for us to ask. An error
/// where nobody has answered.
pub fn max_message_bytes(client: &Settings, topic: &str, timeout: Duration) -> Result<Option<usize>, KafkaError> {
    let admin: Supplied<AdminClient<_>> = client.create_with_context(DefaultClientContext)?;
    match described::describe(&admin, &ResourceSpecifier::Topic(topic), timeout) {
        Ok(config) => Ok(described::setting(&config, "max.message.bytes").ok()),
        Err(Untold::NoAnswer(error)) if is_unknown(&error) => Ok(None),
        Err(Untold::NoAnswer(error)) => Err(error),
        Err(Untold::NotForUs) => Ok(None),
    }
}

/// Whether brokers don't know the question.
fn is_unknown(error: &KafkaError) -> bool {
    matches!(described::code(error), Some(RDKafkaErrorCode::UnsupportedFeature | RDKafkaErrorCode::UnsupportedVersion))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_brokers_that_do_not_know_the_question_have_answered_without_a_limit() {
        let is_answer = |code| is_unknown(&KafkaError::AdminOp(code));
        assert!(is_answer(RDKafkaErrorCode::UnsupportedFeature) && is_answer(RDKafkaErrorCode::UnsupportedVersion));
        for code in [
            RDKafkaErrorCode::OperationTimedOut,
            RDKafkaErrorCode::BrokerTransportFailure,
            RDKafkaErrorCode::UnknownTopicOrPartition,
        ] {
            assert!(!is_answer(code), "{code}");
        }
        assert!(!is_unknown(&KafkaError::Canceled));
    }
}
