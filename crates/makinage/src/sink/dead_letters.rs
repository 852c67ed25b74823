//! Events that failed, on their way to their topic: a letter is made of each, and goes the way that outputs go.
//!
//! Of an output that was refused only its key and headers are left: its event is read again first (`originals`).

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use rdkafka::{Message, message::OwnedMessage};

use super::{
    Original, Refused, Sink,
    headers::{self, model_of, originals, source_of},
    kafka::{KafkaSink, RECORD_OVERHEAD, RefusedRecord},
    originals::{Found, Originals, Wanted},
    producer::Producers,
};
use crate::{
    clock::Clock,
    event::{Event, Failure, Place, Ticket},
    letters::{Failed, Letter, Letterhead, Missing},
    source::acks::Acks,
};

/// Bytes that a letter may have more than its event before that counts as memory.
const MORE: usize = 1024;

/// An output that was refused, until its event has been read again.
struct Waiting {
    message: OwnedMessage,
    failure: Failure,
    place: Place,
}

/// Writes the dead letters of one operator.
pub(crate) struct DeadLetters<M: Producers, K, O> {
    sink: KafkaSink<M, K>,
    head: Letterhead,
    originals: O,
    acks: Arc<Acks>,
    /// Outputs that were refused, by their tickets.
    waiting: BTreeMap<Ticket, Waiting>,
}

impl<M: Producers, K: Clock, O: Originals> DeadLetters<M, K, O> {
    /// Sends letters with this head; their originals are at hand, or found.
    pub(crate) fn new(sink: KafkaSink<M, K>, head: Letterhead, originals: O, acks: Arc<Acks>) -> Self {
        Self { sink, head, originals, acks, waiting: BTreeMap::new() }
    }

    /// Where they go.
    pub(super) fn topic(&self) -> &str {
        &self.sink.topic
    }

    /// Sends the letter of an event.
    pub(super) fn bury(&mut self, event: &Event, failed: &Failed<'_>) {
        if self.sink.drops(event) {
            return;
        }
        let letter = Letter::of(event, failed, &self.head, self.sink.clock.date());
        let beside = letter.key.map_or(0, <[u8]>::len) + headers::size(&letter.headers) + RECORD_OVERHEAD;
        let letter = letter.cut(self.sink.limits.max_record.saturating_sub(beside));
        let more = beside.saturating_sub(event.key().map_or(0, <[u8]>::len) + headers::own_size(event));
        if more > MORE {
            self.acks.grew(event.ticket, more);
        }
        if let Err(refused) = self.sink.put(event, letter.value, letter.headers) {
            self.sink.not_taken_for_its_size(*refused);
        }
    }

    /// Looks after what was taken. Outputs that were refused come in as such, and out with their events.
    pub(super) fn tend(&mut self, refused: Vec<RefusedRecord>) -> Vec<Refused> {
        for one in refused {
            self.look_for(one);
        }
        let found = self.originals.take().into_iter().filter_map(|found| self.reunite(found)).collect();
        let lost = self.sink.tend_records();
        debug_assert!(lost.is_empty(), "letters are never refused for good");
        found
    }

    fn look_for(&mut self, RefusedRecord { held, failure }: RefusedRecord) {
        let (ticket, message) = (held.ticket, held.message);
        let Some(place) = self.place(&source_of(&message)) else { return };
        self.waiting.insert(ticket, Waiting { message, failure, place });
        self.originals.ask(Wanted { ticket, place });
    }

    /// What an output's header says.
    fn place(&self, source: &str) -> Option<Place> {
        let mut parts = source.rsplitn(3, '/');
        let (offset, partition, topic) = (parts.next()?, parts.next()?, parts.next()?);
        let source = self.head.topics().iter().position(|name| name == topic)?;
        Some(Place {
            source: u16::try_from(source).ok()?,
            partition: partition.parse().ok()?,
            offset: offset.parse().ok()?,
        })
    }

    /// An output that was refused, and its event.
    fn reunite(&mut self, Found { ticket, event }: Found) -> Option<Refused> {
        // Its assignment may be over.
        let Waiting { message, failure, place } = self.waiting.remove(&ticket)?;
        // Another record stands there where the topic was made anew.
        let event = event.filter(|event| event.key() == message.key());
        let missing = event.is_none().then_some(Missing::Value);
        let event = event.unwrap_or_else(|| {
            let mut event = Event::new(ticket, place, message.key(), None);
            event.headers = originals(&message).map(Ok);
            event
        });
        let original = Original { event, model: model_of(&message), missing };
        Some(Refused { ticket, place: source_of(&message), failure, original: Some(original) })
    }

    /// These assignments are over.
    pub(super) fn give_up(&mut self, assignments: &[u32]) {
        self.sink.give_up(assignments);
        for (ticket, _) in self.waiting.extract_if(.., |ticket, _| assignments.contains(&ticket.assignment())) {
            self.sink.drop_output(ticket);
        }
    }

    pub(super) fn next_look(&self) -> Option<Duration> {
        self.sink.next_look()
    }

    /// Waits until all letters are settled; `false` when that did not happen in time.
    pub(super) fn flush(&mut self, timeout: Duration) -> bool {
        self.sink.flush(timeout) && self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests;
