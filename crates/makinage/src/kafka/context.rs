//! What librdkafka says on its own: its log lines, and whether brokers can be reached.

use std::{
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
            _ if connection => tracing::debug!(facility, "{message}"),
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
            // Asked for, and no error.
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
