//! What librdkafka says on its own: its log lines, and whether brokers can be reached.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rdkafka::{client::ClientContext, config::RDKafkaLogLevel, error::KafkaError, types::RDKafkaErrorCode};

/// A line that comes again and again is written once in this time.
const REPEAT: Duration = Duration::from_mins(1);

/// Tells once that no broker answers and once that one does again, and passes on what else the client logs.
#[derive(Debug)]
pub struct Connection {
    endpoints: String,
    away: AtomicBool,
    last_line: Mutex<Option<(String, Instant)>>,
}

impl Connection {
    /// `endpoints` is how the user named the brokers.
    pub fn new(endpoints: &[String]) -> Self {
        Self { endpoints: endpoints.join(","), away: AtomicBool::new(false), last_line: Mutex::default() }
    }

    /// Something came from a broker.
    pub fn alive(&self) {
        if self.away.load(Ordering::Relaxed) && self.away.swap(false, Ordering::Relaxed) {
            tracing::info!("Kafka at {} answers again", self.endpoints);
        }
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
        let mut last = self.last_line.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let repeated = last.as_ref().is_some_and(|(text, at)| text == line && now.duration_since(*at) < REPEAT);
        if !repeated {
            *last = Some((line.to_owned(), now));
        }
        repeated
    }
}

impl ClientContext for Connection {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        // Connections that come and go are told once, by `error` below, in words that say what to do.
        let connection = matches!(facility, "FAIL" | "BROKERFAIL" | "CONNFAIL" | "TERMINATE" | "REQTMOUT");
        match level {
            _ if connection || is_of_other_clients(facility, message) => tracing::debug!(facility, "{message}"),
            RDKafkaLogLevel::Debug | RDKafkaLogLevel::Info | RDKafkaLogLevel::Notice => {
                tracing::debug!(facility, "{message}");
            }
            _ if self.repeated(facility) => {}
            _ => tracing::warn!("Kafka client: {facility}: {message}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::AllBrokersDown) => self.lost(),
            Some(
                // That all there is has been read, where a client asks to be told.
                RDKafkaErrorCode::PartitionEOF
                | RDKafkaErrorCode::BrokerTransportFailure
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

/// `kafka.properties` are for all clients, and each says which of them are not for it.
fn is_of_other_clients(facility: &str, message: &str) -> bool {
    facility == "CONFWARN" && message.contains("will be ignored by this")
}

#[cfg(test)]
mod tests;
