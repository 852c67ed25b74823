//! What the producer's own thread reports: outputs that are acknowledged settle their events, those that weren't taken are collected.

use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::{
    ClientConfig, ClientContext,
    config::RDKafkaLogLevel,
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    message::{DeliveryResult, OwnedMessage},
    producer::{Producer, ProducerContext, ThreadedProducer},
};

use crate::{
    kafka::context::Connection,
    panics,
    source::{
        acks::Acks,
        offsets::{Fate, Ticket},
    },
};

/// An output that Kafka did not take.
#[derive(Debug)]
pub(super) struct Undelivered {
    pub error: KafkaError,
    pub message: OwnedMessage,
    pub ticket: Ticket,
}

/// The producer's context.
pub struct Reports {
    acks: Arc<Acks>,
    connection: Arc<Connection>,
    undelivered: Mutex<Vec<Undelivered>>,
}

impl Reports {
    /// Settles events through `acks`.
    pub(super) fn new(acks: &Arc<Acks>, connection: &Arc<Connection>) -> Self {
        Self { acks: Arc::clone(acks), connection: Arc::clone(connection), undelivered: Mutex::default() }
    }
}

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.connection.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.connection.error(error, reason);
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = usize;

    fn delivery(&self, report: &DeliveryResult<'_>, opaque: usize) {
        panics::point("producer polling thread");
        let ticket = Ticket::from_opaque(opaque);
        match report {
            Ok(_) => {
                self.connection.alive();
                self.acks.settle(ticket, Fate::Finished);
            }
            Err((error, message)) => {
                let mut undelivered = self.undelivered.lock().unwrap_or_else(PoisonError::into_inner);
                undelivered.push(Undelivered { error: error.clone(), message: message.detach(), ticket });
            }
        }
    }
}

/// The producer of outputs.
pub(super) type OutputProducer = ThreadedProducer<Reports>;

pub(super) fn create(settings: &ClientConfig, reports: Reports) -> KafkaResult<Arc<OutputProducer>> {
    settings.create_with_context(reports).map(Arc::new)
}

/// What was not taken since the last call.
pub(super) fn take_undelivered(producer: &OutputProducer) -> Vec<Undelivered> {
    let mut undelivered = producer.client().context().undelivered.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::take(&mut *undelivered)
}

/// Whether everything that has been reported was taken.
pub(super) fn none_undelivered(producer: &OutputProducer) -> bool {
    producer.client().context().undelivered.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
}

/// Refusals that producing the record again can't mend, with what to do.
pub(super) fn is_records_own(error: &KafkaError) -> Option<&'static str> {
    match error.rdkafka_error_code()? {
        RDKafkaErrorCode::MessageSizeTooLarge => {
            Some("the broker takes no record of this size; raise max.message.bytes of the topic")
        }
        RDKafkaErrorCode::InvalidMessage | RDKafkaErrorCode::InvalidRecord => {
            Some("the broker calls the record invalid; a compacted topic takes none without a key")
        }
        RDKafkaErrorCode::PolicyViolation => Some("a policy of the broker refuses the record"),
        _ => None,
    }
}
