//! The client of a transactional producer: what of its outputs was not taken, and whether its connections hold.

use std::sync::atomic::{AtomicBool, Ordering};

use kafka_headers::tokens::Supplied;
use parking_lot::Mutex;
use rdkafka::{
    Message,
    config::RDKafkaLogLevel,
    error::{KafkaError, RDKafkaErrorCode},
    message::DeliveryResult,
    producer::{ProducerContext, ThreadedProducer},
};

use crate::{
    event::Ticket,
    kafka::{
        denied::{Operation, Resource},
        forwarding::{Context, Own},
    },
    panics,
    sink::bell::Bell,
};

/// What is the producer's own in its context.
pub struct Undelivered {
    outputs: Mutex<Vec<(Ticket, KafkaError)>>,
    any: AtomicBool,
    bell: Bell,
    /// A connection has broken.
    broke: AtomicBool,
}

impl Undelivered {
    /// Nothing has been reported yet; what is rings the bell.
    pub(super) fn new(bell: &Bell) -> Self {
        let (any, broke) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { outputs: Mutex::default(), any, bell: bell.clone(), broke }
    }

    /// What was not taken since the last look.
    pub(super) fn take(&self) -> Vec<(Ticket, KafkaError)> {
        if self.any.swap(false, Ordering::Acquire) { std::mem::take(&mut *self.outputs.lock()) } else { vec![] }
    }

    /// Whether a connection broke since the last look: what was asked may have been asked again, and come twice.
    pub(super) fn has_broken(&self) -> bool {
        self.broke.swap(false, Ordering::Relaxed)
    }
}

impl Own for Undelivered {
    /// What has become of transactions is told by the delivery.
    fn level(&self, level: RDKafkaLogLevel, facility: &str, _message: &str) -> RDKafkaLogLevel {
        let own = matches!(facility, "FATAL" | "TXNERR" | "ADDOFFSETS" | "ADDPARTS" | "TXNABORT" | "CURRAPI");
        if own { RDKafkaLogLevel::Debug } else { level }
    }

    fn notes(&self, facility: &str, _message: &str) -> bool {
        if matches!(facility, "FAIL" | "REQTMOUT") {
            self.broke.store(true, Ordering::Relaxed);
        }
        false
    }

    fn keeps(&self, error: &KafkaError) -> bool {
        use RDKafkaErrorCode as Code;
        matches!(
            error.rdkafka_error_code(),
            Some(
                Code::Fatal
                    | Code::Fenced
                    | Code::ProducerFenced
                    | Code::InvalidProducerEpoch
                    | Code::InvalidTransactionalState
            )
        )
    }
}

impl ProducerContext for Context<Undelivered> {
    type DeliveryOpaque = usize;

    fn delivery(&self, report: &DeliveryResult<'_>, opaque: usize) {
        panics::point("producer polling thread");
        match report {
            Ok(_) => self.listener.alive(),
            Err((error, message)) => {
                self.listener.denied(error, Resource::Topic(message.topic()), &[Operation::Write]);
                self.own.outputs.lock().push((Ticket::from_opaque(opaque), error.clone()));
                self.own.any.store(true, Ordering::Release);
                self.own.bell.ring();
            }
        }
    }
}

/// The client.
pub(super) type Native = Supplied<ThreadedProducer<Context<Undelivered>>>;
