//! The client of a transactional producer: what of its outputs was not taken, and whether its connections hold.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

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
        last_words::LastWords,
    },
    panics,
    sink::bell::Bell,
};

/// What is the producer's own in its context.
pub struct Undelivered {
    outputs: Mutex<Vec<(Ticket, KafkaError)>>,
    any: AtomicBool,
    bell: Bell,
    /// How often a connection has broken, or a request was given up.
    breaks: AtomicU64,
    last_words: LastWords,
}

impl Undelivered {
    /// Nothing has been reported yet; what is rings the bell.
    pub(super) fn new(bell: &Bell) -> Self {
        let (any, breaks) = (AtomicBool::new(false), AtomicU64::new(0));
        Self { outputs: Mutex::default(), any, bell: bell.clone(), breaks, last_words: LastWords::default() }
    }

    /// What was not taken since the last look.
    pub(super) fn take(&self) -> Vec<(Ticket, KafkaError)> {
        if self.any.swap(false, Ordering::Acquire) { std::mem::take(&mut *self.outputs.lock()) } else { vec![] }
    }

    /// How often a connection has broken, or a request was given up: what was asked meanwhile may have been asked
    /// again, and come twice.
    pub(super) fn breaks(&self) -> u64 {
        self.breaks.load(Ordering::Acquire)
    }
}

impl Own for Undelivered {
    /// What has become of transactions is told by the delivery.
    fn level(&self, level: RDKafkaLogLevel, facility: &str, _message: &str) -> RDKafkaLogLevel {
        let own = matches!(facility, "FATAL" | "TXNERR" | "ADDOFFSETS" | "ADDPARTS" | "TXNABORT" | "CURRAPI");
        if own { RDKafkaLogLevel::Debug } else { level }
    }

    /// What is told for debugging was asked for to see connections break: others hear of those that are told usually.
    fn notes(&self, level: RDKafkaLogLevel, facility: &str, message: &str) -> bool {
        self.last_words.is_said_by(facility, message);
        if matches!(facility, "FAIL" | "REQTMOUT") && !is_of_an_attempt(message) {
            self.breaks.fetch_add(1, Ordering::Release);
        }
        matches!(level, RDKafkaLogLevel::Debug)
    }

    fn keeps(&self, error: &KafkaError, reason: &str) -> bool {
        use RDKafkaErrorCode as Code;
        let of_transactions = matches!(
            error.rdkafka_error_code(),
            Some(Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch | Code::InvalidTransactionalState)
        );
        of_transactions || self.last_words.is_for(reason)
    }
}

/// Whether it is about a connection that was still being made, so that nothing had been asked on it. While a broker is
/// away there is one each second.
fn is_of_an_attempt(message: &str) -> bool {
    ["in state TRY_CONNECT", "in state CONNECT"].iter().any(|state| message.contains(state))
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

#[cfg(test)]
mod tests;
