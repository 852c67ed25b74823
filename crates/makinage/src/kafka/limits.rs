//! How large a record a topic takes, asked from the broker.

use std::time::Duration;

use kafka_headers::tokens::Supplied;
use rdkafka::{
    admin::{AdminClient, ResourceSpecifier},
    client::DefaultClientContext,
    error::KafkaError,
};

use super::{
    clients::Settings,
    described::{self, Untold},
};

/// Kafka's own default of `max.message.bytes`, for brokers that don't answer the question (the mock cluster).
pub const DEFAULT_MAX_MESSAGE_BYTES: usize = 1_048_588;

/// The topic's `max.message.bytes`.
pub fn max_message_bytes(client: &Settings, topic: &str, timeout: Duration) -> Result<Option<usize>, KafkaError> {
    let admin: Supplied<AdminClient<_>> = client.create_with_context(DefaultClientContext)?;
    match described::describe(&admin, &ResourceSpecifier::Topic(topic), timeout) {
        Ok(config) => Ok(described::setting(&config, "max.message.bytes").ok()),
        Err(Untold::NoAnswer(error)) => Err(error),
        Err(Untold::NotForUs) => Ok(None),
    }
}
