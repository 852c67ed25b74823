//! Which right a transactional producer lacks: of the transactional id, the group, or a topic that it writes to.

use std::{sync::Arc, time::Duration};

use kafka_headers::rights;
use rdkafka::{
    client::{Client, ClientContext},
    error::{KafkaError, RDKafkaErrorCode},
};

use crate::kafka::{
    context::Connection,
    denied::{Operation, Resource, is_denial_code},
};

/// How long brokers are asked for the rights to a topic.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What a transactional producer needs rights to.
#[derive(Clone)]
pub(super) struct Denials {
    pub connection: Arc<Connection>,
    /// The consumer group.
    pub group: Arc<str>,
    /// The transactional id.
    pub name: Arc<str>,
    /// The topics that it writes to.
    pub topics: Arc<[String]>,
    /// The topics of which it commits how far they are read.
    pub sources: Arc<[String]>,
}

impl Denials {
    /// What an error says; with the command that grants it, where a right is missing.
    pub(super) fn told<C: ClientContext>(&self, client: &Client<C>, error: &KafkaError) -> String {
        let connection = &self.connection;
        let line = match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::TransactionalIdAuthorizationFailed) => {
                let id = Resource::TransactionalId(&self.name);
                connection.denial(error, id, &[Operation::Write, Operation::Describe])
            }
            Some(RDKafkaErrorCode::GroupAuthorizationFailed) => {
                connection.denial(error, Resource::Group(&self.group), &[Operation::Read])
            }
            Some(RDKafkaErrorCode::TopicAuthorizationFailed) => {
                let written = self.topics.iter().map(|topic| (topic, Operation::Write));
                let read = self.sources.iter().map(|topic| (topic, Operation::Read));
                let lacking = written.chain(read).find(|(topic, operation)| lacks(client, topic, *operation));
                lacking.and_then(|(topic, operation)| connection.denial(error, Resource::Topic(topic), &[operation]))
            }
            _ => None,
        };
        line.unwrap_or_else(|| error.to_string())
    }
}

/// The error doesn't say which topic it is about.
fn lacks<C: ClientContext>(client: &Client<C>, topic: &str, operation: Operation) -> bool {
    match rights::of_topic(client, topic, TIMEOUT) {
        Ok(granted) => granted.is_some_and(|granted| !granted.contains(&operation)),
        Err(code) => is_denial_code(code),
    }
}
