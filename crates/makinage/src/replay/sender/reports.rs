//! What the client reports of the records of one transaction.

use parking_lot::Mutex;
use rdkafka::{
    ClientContext, Message,
    config::RDKafkaLogLevel,
    error::{KafkaError, RDKafkaErrorCode},
    producer::{DeliveryResult, ProducerContext},
};

use crate::kafka::{described::reason, reach::Failures};

/// The place of the note among the records.
pub(super) const NOTE: usize = usize::MAX;

/// What has been reported since the transaction began.
#[derive(Debug, Default)]
pub(super) struct Reports {
    reported: Mutex<Reported>,
    connections: Mutex<Failures>,
}

#[derive(Debug, Default)]
struct Reported {
    refused: Option<(usize, String)>,
    failure: Option<String>,
}

impl Reports {
    /// A transaction begins.
    pub(super) fn begin(&self) {
        *self.reported.lock() = Reported::default();
    }

    /// The first record that can't be taken, by its place, and why.
    pub(super) fn refused(&self) -> Option<(usize, String)> {
        self.reported.lock().refused.clone()
    }

    /// Why a record failed, else why the last connection did.
    pub(super) fn failure(&self) -> Option<String> {
        let failure = self.reported.lock().failure.clone();
        failure.or_else(|| self.connections.lock().last().map(|(reason, _)| reason.to_owned()))
    }
}

/// Why a record is never taken, where the error says that.
pub(super) fn refusal(error: &KafkaError) -> Option<String> {
    use RDKafkaErrorCode as Code;
    let what = match error.rdkafka_error_code()? {
        Code::MessageSizeTooLarge | Code::MessageBatchTooLarge => {
            "it is larger than its topic takes; raise max.message.bytes of the topic"
        }
        Code::InvalidMessage | Code::InvalidRecord => {
            "the broker calls it invalid; a compacted topic takes none without a key"
        }
        Code::PolicyViolation => "a policy of the broker refuses it",
        _ => return None,
    };
    Some(what.to_owned())
}

impl ClientContext for Reports {
    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!("{error}: {reason}");
        self.connections.lock().hear(&error, reason);
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, place: usize) {
        let Err((error, message)) = result else {
            // Whatever a connection met before, it works.
            *self.connections.lock() = Failures::default();
            return;
        };
        let mut reported = self.reported.lock();
        // What is thrown away since another failed says nothing.
        let is_purged = matches!(
            error.rdkafka_error_code(),
            Some(RDKafkaErrorCode::PurgeQueue | RDKafkaErrorCode::PurgeInflight | RDKafkaErrorCode::Fatal)
        );
        if is_purged {
            return;
        }
        if let Some(why) = refusal(error) {
            reported.refused.get_or_insert((place, why));
        } else {
            reported.failure.get_or_insert_with(|| format!("topic {}: {}", message.topic(), reason(error)));
        }
    }
}
