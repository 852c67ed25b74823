//! A client's context in two parts: who hears what every client tells, and what is this client's own.

use std::sync::Arc;

use rdkafka::{ClientContext, Statistics, config::RDKafkaLogLevel, consumer::ConsumerContext, error::KafkaError};

use super::context::Connection;

/// The context of a client. Its log lines, errors and statistics go to the listener; rebalances and delivery reports are
/// `own`'s business.
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

impl<T: Send + Sync, L: ClientContext> ClientContext for Context<T, L> {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.listener.log(level, facility, message);
    }

    fn stats(&self, statistics: Statistics) {
        self.listener.stats(statistics);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.listener.error(error, reason);
    }
}

/// A consumer outside any group has nothing of its own.
impl<L: ClientContext> ConsumerContext for Context<(), L> {}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use rdkafka::{ClientContext, Statistics, config::RDKafkaLogLevel, error::KafkaError, types::RDKafkaErrorCode};

    use super::Context;

    #[derive(Default)]
    struct Ears(Mutex<Vec<String>>);

    impl ClientContext for Ears {
        fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
            self.0.lock().unwrap().push(format!("{facility}: {message}"));
        }

        fn stats(&self, statistics: Statistics) {
            self.0.lock().unwrap().push(statistics.name);
        }

        fn error(&self, error: KafkaError, reason: &str) {
            self.0.lock().unwrap().push(format!("{:?}: {reason}", error.rdkafka_error_code()));
        }
    }

    #[test]
    fn all_that_a_client_tells_is_heard_by_the_listener_whatever_its_own_is() {
        let ears = Arc::new(Ears::default());
        let context = Context::new(Arc::clone(&ears), "its own");
        context.log(RDKafkaLogLevel::Info, "FAIL", "refused");
        context.stats(Statistics { name: "app#consumer-1".into(), ..Statistics::default() });
        context.error(KafkaError::Global(RDKafkaErrorCode::Resolve), "no such host");
        assert_eq!(*ears.0.lock().unwrap(), ["FAIL: refused", "app#consumer-1", "Some(Resolve): no such host"]);
    }
}
