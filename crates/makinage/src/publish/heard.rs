//! What the publisher's clients tell while they are polled: why connections broke, and what has gone out.

use parking_lot::{Mutex, MutexGuard};
use rdkafka::{ClientContext, Statistics, config::RDKafkaLogLevel, error::KafkaError};

use super::flow::Traffic;
use crate::kafka::reach::Failures;

/// librdkafka's names for log messages that say why a connection ended.
const BROKEN_CONNECTION: [&str; 2] = ["FAIL", "REQTMOUT"];

/// What one client has told.
#[derive(Debug, Default)]
pub(super) struct Heard {
    failures: Mutex<Failures>,
    traffic: Mutex<Traffic>,
}

impl Heard {
    /// The last connection's failure.
    pub(super) fn failure(&self) -> Option<String> {
        self.failures().last().map(|(reason, _)| reason.to_owned())
    }

    /// Why connections ended.
    pub(super) fn failures(&self) -> MutexGuard<'_, Failures> {
        self.failures.lock()
    }

    pub(super) fn traffic(&self) -> Traffic {
        *self.traffic.lock()
    }
}

impl ClientContext for Heard {
    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(target: "librdkafka", facility, "{message}");
        // A request that timed out before it was sent follows from a connection that was not made.
        if BROKEN_CONNECTION.contains(&facility) && !message.contains("Timed out 0 in-flight") {
            self.failures().note(message);
        }
    }

    fn stats(&self, statistics: Statistics) {
        *self.traffic.lock() = statistics.brokers.values().fold(Traffic::default(), |sum, broker| Traffic {
            bytes: sum.bytes + broker.txbytes,
            disconnects: sum.disconnects + broker.disconnects.and_then(|n| n.try_into().ok()).unwrap_or(0),
        });
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.failures().hear(&error, reason);
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::{ClientContext, config::RDKafkaLogLevel, error::KafkaError, types::RDKafkaErrorCode};

    use super::Heard;

    #[test]
    fn why_connections_broke_is_remembered_and_what_follows_from_that_is_not() {
        let heard = Heard::default();
        heard.log(RDKafkaLogLevel::Info, "REQTMOUT", "k:1/1: Timed out 0 in-flight, 3 retry-queued");
        heard.log(RDKafkaLogLevel::Info, "CONFWARN", "k:1/1: something else");
        heard.error(KafkaError::Global(RDKafkaErrorCode::AllBrokersDown), "1/1 brokers are down");
        assert_eq!(heard.failure(), None);
        heard.log(RDKafkaLogLevel::Info, "FAIL", "[thrd:k:1/1]: k:1/1: Disconnected (after 5ms in state UP)");
        assert_eq!(heard.failure().as_deref(), Some("k:1/1: Disconnected"));
        heard.error(KafkaError::Global(RDKafkaErrorCode::Resolve), "k:1/1: no such host");
        assert_eq!(heard.failure().as_deref(), Some("k:1/1: no such host"));
    }
}
