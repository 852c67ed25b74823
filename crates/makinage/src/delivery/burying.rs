//! Dead letters, in the transaction that has their events' offsets: they go as outputs go, behind what came before
//! them.
//!
//! A letter that its topic refuses is never given up: it is made smaller where that may help, else it is tried until it
//! is taken, and what is behind it waits. Of an output that was refused the event is read again first.

use rdkafka::{error::KafkaError, producer::BaseRecord};

use super::{
    entries::Output,
    exactly_once::{ExactlyOnce, RETRY},
    letters::Letters,
    transactional::Transactions,
};
use crate::{
    clock::Clock,
    event::{Event, Failure, Ticket},
    letters::{Failed, Letter},
    sink::{Refused, backlog::Held, headers::source_of, producer::Record, refusal::Refusal, size::fit},
};

/// Bytes that a letter may have more than its event before that counts as memory.
const MORE: usize = 1024;

impl<M: Transactions, K: Clock> ExactlyOnce<M, K> {
    /// From now on events that fail become dead letters.
    pub(crate) fn bury_with(&mut self, letters: Letters<M::Producer>) {
        letters.partitions.ask_with(&self.producer);
        self.letters = Some(letters);
    }

    /// The letter of an event, where there is a topic for that.
    pub(super) fn letter(&self, event: &Event, failed: &Failed<'_>) -> Option<Output> {
        let letters = self.letters.as_ref()?;
        let letter = Letter::of(event, failed, &letters.head, self.clock.date());
        let (letter, more) = fit(letter, event, letters.max_record);
        if more > MORE {
            self.ties.acks.grew(event.ticket, more);
        }
        let partition = self.partition_of(event, &letters.partitions);
        let mut record: Record<'_> = BaseRecord::with_opaque_to(&letters.topic, event.ticket.into_opaque());
        (record.key, record.payload) = (letter.key, letter.value);
        record.headers = Some(letter.headers);
        record.partition = Some(partition);
        Some(Output { held: Held::new(record, false), partition, is_letter: true, is_suspect: false })
    }

    /// An output was refused for itself, which is its event's failure.
    pub(super) fn refuse(&mut self, ticket: Ticket, failure: Failure) {
        let Some(output) = self.entries.output(ticket) else { return };
        let message = &output.held.message;
        match &mut self.letters {
            Some(letters) => letters.reunion.look_for(ticket, message.clone(), failure),
            None => self.refused.push(Refused { ticket, place: source_of(message), failure, original: None }),
        }
    }

    /// A letter was refused for itself.
    pub(super) fn insist(&mut self, ticket: Ticket, error: &KafkaError, why: &str) {
        if matches!(Refusal::of(error), Refusal::TooLarge(_)) && self.entries.halve(ticket) {
            return;
        }
        let Some(letters) = &mut self.letters else { return };
        letters.again_at = Some(self.now + RETRY);
        self.look_by(self.now + RETRY);
        self.tell_unacceptable(ticket, why);
    }

    fn tell_unacceptable(&mut self, ticket: Ticket, why: &str) {
        if let Some(letter) = self.entries.output(ticket)
            && let Some(letters) = &self.letters
            && self.said_unacceptable.is_due(self.now)
        {
            tracing::error!(
                code = "D010", topic = %letters.topic, partition = letter.partition,
                "the dead letter of {} is not taken by topic {}, partition {} ({why}); it is tried until it is, and \
                 all that comes behind it waits: let the topic take it (kafka-configs.sh --alter --topic {})",
                source_of(&letter.held.message),
                letters.topic,
                letter.partition,
                letters.topic
            );
        }
    }

    /// Letters that were refused are tried again when it is time, and outputs that were have their events.
    pub(super) fn look_after_letters(&mut self) {
        let Some(letters) = &mut self.letters else { return };
        let entries = &self.entries;
        let found = letters.reunion.take();
        self.refused.extend(found.into_iter().filter(|one| entries.output(one.ticket).is_some()));
        let waits = !letters.reunion.is_complete();
        match letters.again_at {
            Some(at) if self.now < at => self.look_by(at),
            Some(_) => {
                letters.again_at = None;
                self.entries.acquit_letters();
            }
            None => {}
        }
        if waits {
            self.look_by(self.now + RETRY);
        }
    }
}

#[cfg(test)]
mod tests;
