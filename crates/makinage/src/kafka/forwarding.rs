//! A client's context in two parts: who hears what every client tells, and what is this client's own.

use std::sync::Arc;

use rdkafka::{ClientContext, Statistics, config::RDKafkaLogLevel, consumer::ConsumerContext, error::KafkaError};

use super::context::Connection;

/// What is one client's own in its context. What it says nothing of is as every client has it.
pub trait Own: Send + Sync {
    /// How much a log line of this client's matters.
    fn level(&self, level: RDKafkaLogLevel, _facility: &str, _message: &str) -> RDKafkaLogLevel {
        level
    }

    /// Whether a log line is this client's own business, and nobody else is to hear of it.
    fn notes(&self, _level: RDKafkaLogLevel, _facility: &str, _message: &str) -> bool {
        false
    }

    /// Whether an error is this client's own business, and nobody else is to hear of it.
    fn keeps(&self, _error: &KafkaError, _reason: &str) -> bool {
        false
    }

    /// Statistics, before others hear them.
    fn look(&self, _statistics: &Statistics) {}
}

impl Own for () {}

/// The context of a client. Its log lines, errors and statistics go to the listener; rebalances and delivery reports
/// are `own`'s business.
#[derive(Debug)]
pub struct Context<T, L = Connection> {
    /// Who hears what all clients tell.
    pub listener: Arc<L>,
    /// What this client keeps.
    pub own: T,
}

impl<T, L> Context<T, L> {
    /// Of a client that keeps `own`.
    pub fn new(listener: Arc<L>, own: T) -> Self {
        Self { listener, own }
    }
}

impl<T: Own, L: ClientContext> ClientContext for Context<T, L> {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        if !self.own.notes(level, facility, message) {
            self.listener.log(self.own.level(level, facility, message), facility, message);
        }
    }

    fn stats(&self, statistics: Statistics) {
        self.own.look(&statistics);
        self.listener.stats(statistics);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if !self.own.keeps(&error, reason) {
            self.listener.error(error, reason);
        }
    }
}

/// A consumer outside any group has nothing of its own.
impl<L: ClientContext> ConsumerContext for Context<(), L> {}

#[cfg(test)]
mod tests;
