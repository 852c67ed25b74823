//! What a producer reports: outputs that are acknowledged settle their events, those that weren't taken are collected,
//! and all are counted by partition.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use parking_lot::Mutex;
use rdkafka::{Message, error::KafkaError, message::OwnedMessage};

use super::{bell::Bell, tally::Tally};
use crate::{
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

/// One producer's reports: its own thread brings them, the pipeline's takes them.
#[derive(Debug)]
pub struct Reports {
    acks: Arc<Acks>,
    /// What an event is whose record is acknowledged.
    fate: Fate,
    bell: Bell,
    undelivered: Mutex<Vec<Undelivered>>,
    tally: Tally,
    /// Something was not taken, or the producer has given up, since the last look.
    news: AtomicBool,
    /// The producer takes nothing any more.
    given_up: AtomicBool,
}

impl Reports {
    /// Settles events through `acks`, with this fate; rings when there is something to look after.
    pub(crate) fn new(acks: &Arc<Acks>, fate: Fate, bell: &Bell) -> Self {
        Self {
            acks: Arc::clone(acks),
            fate,
            bell: bell.clone(),
            undelivered: Mutex::default(),
            tally: Tally::default(),
            news: AtomicBool::new(false),
            given_up: AtomicBool::new(false),
        }
    }

    /// An output is acknowledged.
    pub(crate) fn delivered(&self, ticket: Ticket, partition: i32) {
        self.acks.settle(ticket, self.fate);
        if self.tally.note(partition) {
            self.bell.ring();
        }
    }

    /// An output that no producer has is given up.
    pub(super) fn dropped(&self, ticket: Ticket) {
        self.acks.settle(ticket, Fate::Dropped);
    }

    /// An output was not taken. It is counted last: whoever has seen the count finds it here.
    pub(crate) fn not_delivered(&self, output: Undelivered) {
        let partition = output.message.partition();
        self.undelivered.lock().push(output);
        self.news.store(true, Ordering::Release);
        self.tally.note(partition);
        self.bell.ring();
    }

    /// The producer takes nothing any more.
    pub(crate) fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
        self.news.store(true, Ordering::Release);
        self.bell.ring();
    }

    /// Whether there is something that [`Reports::take_undelivered`] has not told yet.
    pub(super) fn has_news(&self) -> bool {
        self.news.load(Ordering::Acquire)
    }

    /// What was not taken since the last call.
    pub(super) fn take_undelivered(&self) -> Vec<Undelivered> {
        self.news.store(false, Ordering::Relaxed);
        std::mem::take(&mut *self.undelivered.lock())
    }

    /// Whether the producer has said that it takes nothing any more.
    pub(super) fn has_given_up(&self) -> bool {
        self.given_up.load(Ordering::Relaxed)
    }

    /// How many outputs of a partition have been reported, taken or not.
    pub(super) fn reported(&self, partition: i32) -> u64 {
        self.tally.reported(partition)
    }

    /// Rings once so many outputs of a partition have been reported; at once where they have.
    pub(super) fn ring_at(&self, partition: i32, reports: u64) {
        if !self.tally.expect(partition, reports) {
            self.bell.ring();
        }
    }
}

#[cfg(test)]
mod tests;
