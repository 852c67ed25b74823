//! What librdkafka says on its own: its log lines, and whether brokers can be reached.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rdkafka::{Statistics, client::ClientContext, config::RDKafkaLogLevel, error::KafkaError, types::RDKafkaErrorCode};

/// A broker that has a request and said nothing for so long does not answer: fetches come back in half a second, heartbeats at once.
const SILENCE: Duration = Duration::from_secs(5);
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

    /// Takes the client's statistics for what errors can't tell: a broker that holds its connections and answers nothing.
    fn listen(&self, statistics: &Statistics) {
        let up = statistics.brokers.values().filter(|broker| broker.state == "UP" && broker.rxidle >= 0);
        let (silent, heard): (Vec<_>, Vec<_>) =
            up.partition(|broker| u128::from(broker.rxidle.unsigned_abs()) > SILENCE.as_micros());
        if !heard.is_empty() {
            self.alive();
        } else if silent.iter().any(|broker| broker.waitresp_cnt > 0) {
            self.lost();
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
        match level {
            _ if passing || is_of_other_clients(facility, message) => tracing::debug!(facility, "{message}"),
            RDKafkaLogLevel::Debug | RDKafkaLogLevel::Info | RDKafkaLogLevel::Notice => {
                tracing::debug!(facility, "{message}");
            }
            _ if self.repeated(facility) => {}
            _ => tracing::warn!("Kafka client: {facility}: {message}"),
        }
    }

    fn stats(&self, statistics: Statistics) {
        self.listen(&statistics);
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

/// `kafka.properties` are for all clients, and each says which of them are not for it.
fn is_of_other_clients(facility: &str, message: &str) -> bool {
    facility == "CONFWARN" && message.contains("will be ignored by this")
}

#[cfg(test)]
mod tests;
