//! How large a record a topic takes, asked from the broker.

use std::time::Duration;

use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, ResourceSpecifier},
    client::DefaultClientContext,
    error::KafkaError,
};

/// Kafka's own default of `max.message.bytes`, for brokers that don't answer the question (the mock cluster).
pub const DEFAULT_MAX_MESSAGE_BYTES: usize = 1_048_588;

/// The topic's `max.message.bytes`.
pub fn max_message_bytes(client: &ClientConfig, topic: &str, timeout: Duration) -> Result<Option<usize>, KafkaError> {
    let admin: AdminClient<DefaultClientContext> = client.create()?;
    let options = AdminOptions::new().request_timeout(Some(timeout));
    let resources = [ResourceSpecifier::Topic(topic)];
    let answers = futures_executor::block_on(admin.describe_configs(&resources, &options))?;
    let answer = answers.into_iter().next().and_then(Result::ok);
    Ok(answer.and_then(|config| config.get("max.message.bytes")?.value.as_ref()?.parse().ok()))
}
