//! What a producer reports: outputs that are acknowledged settle their events, those that weren't taken are collected.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Instant,
};

use rdkafka::{
    error::{KafkaError, RDKafkaErrorCode},
    message::OwnedMessage,
};

use crate::{
    clock::{Clock, Shared},
    event::{Fate, Ticket},
    source::acks::Acks,
};

/// An output that Kafka did not take.
#[derive(Debug)]
pub(crate) struct Undelivered {
    pub error: KafkaError,
    pub message: OwnedMessage,
    pub ticket: Ticket,
}

/// No output's report is waited for.
const NOBODY: usize = usize::MAX;

/// One producer's reports: its own thread brings them, the pipeline's takes them.
#[derive(Debug)]
pub struct Reports {
    acks: Arc<Acks>,
    undelivered: Shared<Vec<Undelivered>>,
    /// The output whose report is waited for, as its opaque value.
    awaited: AtomicUsize,
    /// The producer takes nothing any more.
    given_up: AtomicBool,
}

impl Reports {
    /// Settles events through `acks`.
    pub(crate) fn new(acks: &Arc<Acks>) -> Self {
        Self {
            acks: Arc::clone(acks),
            undelivered: Shared::default(),
            awaited: AtomicUsize::new(NOBODY),
            given_up: AtomicBool::new(false),
        }
    }

    /// An output is acknowledged.
    pub(crate) fn delivered(&self, ticket: Ticket) {
        self.acks.settle(ticket, Fate::Finished);
        self.wake(ticket);
    }

    /// An output was not taken.
    pub(crate) fn not_delivered(&self, output: Undelivered) {
        let ticket = output.ticket;
        self.undelivered.lock().push(output);
        self.wake(ticket);
    }

    /// The producer takes nothing any more.
    pub(crate) fn give_up(&self) {
        let _undelivered = self.undelivered.lock();
        self.given_up.store(true, Ordering::Relaxed);
        self.undelivered.notify();
    }

    /// Under the lock: who is about to wait must not miss it.
    fn wake(&self, ticket: Ticket) {
        if self.awaited.load(Ordering::Relaxed) == ticket.into_opaque() {
            let _undelivered = self.undelivered.lock();
            self.awaited.store(NOBODY, Ordering::Relaxed);
            self.undelivered.notify();
        }
    }

    /// What was not taken since the last call.
    pub(super) fn take_undelivered(&self) -> Vec<Undelivered> {
        std::mem::take(&mut *self.undelivered.lock())
    }

    /// Whether everything that has been reported was taken.
    pub(super) fn is_empty(&self) -> bool {
        self.undelivered.lock().is_empty()
    }

    /// Whether the producer has said that it takes nothing any more.
    pub(super) fn has_given_up(&self) -> bool {
        self.given_up.load(Ordering::Relaxed)
    }

    /// From now on this output's report is waited for, until it has come.
    pub(super) fn expect(&self, ticket: Option<Ticket>) {
        self.awaited.store(ticket.map_or(NOBODY, Ticket::into_opaque), Ordering::Relaxed);
    }

    /// Waits for the report that is expected; `false` when it hasn't come by then, and still may.
    pub(super) fn wait(&self, clock: &impl Clock, until: Instant) -> bool {
        let left = until.saturating_duration_since(clock.now());
        clock.wait(&self.undelivered, left, |_| self.has_come());
        self.has_come()
    }

    fn has_come(&self) -> bool {
        self.awaited.load(Ordering::Relaxed) == NOBODY || self.given_up.load(Ordering::Relaxed)
    }
}

/// A report that is waited for.
pub(super) struct Waited<P> {
    pub producer: Arc<P>,
    /// The partition that the producer begins with it.
    pub opens: i32,
}

/// Refusals that are the record's own, once it was refused alone, with what to do: producing it again can't mend them.
/// A time that the broker doesn't take is none of them: the record gets another one each time, and a clock that is
/// wrong is wrong for all.
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

#[cfg(test)]
mod tests;
