//! What librdkafka says on its own: its log lines, and whether brokers can be reached.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rdkafka::{client::ClientContext, config::RDKafkaLogLevel, error::KafkaError, types::RDKafkaErrorCode};

/// A line that comes again and again is written once in this time.
const REPEAT: Duration = Duration::from_mins(1);
/// Different lines that are remembered for that; more of them are forgotten, the oldest first.
const REMEMBERED: usize = 32;

/// Tells once that no broker answers and once that one does again, and passes on what else the client logs.
#[derive(Debug)]
pub struct Connection {
    endpoints: String,
    away: AtomicBool,
    /// The oldest first.
    lines: Mutex<VecDeque<(String, Instant)>>,
}

impl Connection {
    /// `endpoints` is how the user named the brokers.
    pub fn new(endpoints: &[String]) -> Self {
        Self { endpoints: endpoints.join(","), away: AtomicBool::new(false), lines: Mutex::default() }
    }

    /// Something came from a broker.
    pub fn alive(&self) {
        if self.away.load(Ordering::Relaxed) && self.away.swap(false, Ordering::Relaxed) {
            tracing::info!("Kafka at {} answers again", self.endpoints);
        }
    }

    /// Whether brokers answer, as far as is known.
    pub fn is_alive(&self) -> bool {
        !self.away.load(Ordering::Relaxed)
    }

    fn lost(&self) {
        if !self.away.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "no Kafka broker answers at {}: waiting for one; check that Kafka runs there, and kafka.endpoint",
                self.endpoints
            );
        }
    }

    fn repeated(&self, line: &str) -> bool {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        while lines.len() >= REMEMBERED
            || lines.front().is_some_and(|(_, written)| now.saturating_duration_since(*written) >= REPEAT)
        {
            lines.pop_front();
        }
        let repeated = lines.iter().any(|(text, _)| text == line);
        if !repeated {
            lines.push_back((line.to_owned(), now));
        }
        repeated
    }
}

impl ClientContext for Connection {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        // Connections that come and go are told once, by `error` below, in words that say what to do.
        // The idempotent producer asks for its id again by itself until the broker's coordinator is up.
        let passing = matches!(facility, "FAIL" | "BROKERFAIL" | "CONNFAIL" | "TERMINATE" | "REQTMOUT" | "GETPID");
        // All clients share `kafka.properties`, so that each hears of those that are another kind's.
        let of_another_kind = facility == "CONFWARN" && message.contains("will be ignored by this");
        match level {
            _ if passing || of_another_kind => tracing::debug!(facility, "{message}"),
            RDKafkaLogLevel::Debug | RDKafkaLogLevel::Info | RDKafkaLogLevel::Notice => {
                tracing::debug!(facility, "{message}");
            }
            _ if self.repeated(facility) => {}
            _ => tracing::warn!("Kafka client: {facility}: {message}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        match error.rdkafka_error_code() {
            // No error: the reader of the model topic has asked to be told.
            Some(RDKafkaErrorCode::PartitionEOF) => {}
            Some(RDKafkaErrorCode::AllBrokersDown) => self.lost(),
            Some(
                RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::Resolve
                | RDKafkaErrorCode::OperationTimedOut,
            ) => {
                tracing::debug!("{error}: {reason}");
            }
            _ if self.repeated(reason) => {}
            _ => tracing::warn!("Kafka client: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Connection, REMEMBERED};

    #[test]
    fn lines_that_take_turns_are_each_written_once() {
        let connection = Connection::new(&["localhost:9092".into()]);
        let written: Vec<bool> = ["a", "b", "a", "b"].iter().map(|line| !connection.repeated(line)).collect();
        assert_eq!(written, [true, true, false, false]);
    }

    #[test]
    fn what_is_remembered_of_the_log_is_bounded() {
        let connection = Connection::new(&["localhost:9092".into()]);
        (0..10 * REMEMBERED).for_each(|line| assert!(!connection.repeated(&line.to_string())));
        assert!(connection.lines.lock().expect("the lines").len() <= REMEMBERED);
    }
}
