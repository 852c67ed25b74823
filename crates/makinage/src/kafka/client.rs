//! The Kafka cluster as one application meets it. How its clients are set up is in `settings.rs`.

use std::{sync::Arc, time::Duration};

use super::{context::Connection, renewal::Renewal, tokens::Tokens};
use crate::config::Kafka;

/// librdkafka's default of `fetch.wait.max.ms`.
const FETCH_WAIT: Duration = Duration::from_millis(500);

/// The Kafka cluster as one application meets it: what all its clients have in common.
#[derive(Debug, Clone)]
pub struct Cluster {
    pub(super) kafka: Kafka,
    application: String,
    /// What its clients log in with, where that is tokens.
    pub(super) tokens: Option<Arc<Tokens>>,
    pub(super) renewal: Arc<Renewal>,
    /// Whether its brokers answer: one word of all clients, so that it is told once.
    pub connection: Arc<Connection>,
}

impl Cluster {
    /// The cluster of the `kafka` section, met as `application`, which is also the consumer group.
    pub fn new(kafka: &Kafka, application: &str) -> Self {
        let wait = kafka.properties.get("fetch.wait.max.ms").and_then(|ms| ms.parse().ok());
        let wait = wait.map_or(FETCH_WAIT, Duration::from_millis);
        let connection = || Connection::new(&kafka.endpoints, wait);
        let tokens = kafka.security.tokens.clone().map(|source| Arc::new(Tokens::new(source)));
        let (own, application) = (kafka.clone(), application.to_owned());
        let (renewal, unsecured) = (Arc::default(), Arc::new(connection()));
        let mut cluster = Self { kafka: own, application, tokens, renewal, connection: unsecured };
        cluster.connection = Arc::new(connection().on(cluster.terms()));
        cluster
    }

    /// From now on certificates and keys that change are noticed, by clients that look after it.
    pub fn watch_files(&self) {
        self.renewal.watch(&self.kafka.security);
    }

    /// The application's name.
    pub fn application(&self) -> &str {
        &self.application
    }

    /// What the user calls this instance, if anything.
    pub fn instance(&self) -> Option<&str> {
        self.kafka.properties.get("group.instance.id").map(String::as_str)
    }

    /// The bootstrap servers, for messages and commands.
    pub fn endpoint(&self) -> String {
        self.kafka.endpoints.join(",")
    }
}
