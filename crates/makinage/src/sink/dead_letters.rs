//! Events that failed, on their way to their topic: a letter is made of each, and goes the way that outputs go.
//!
//! Of an output that was refused only its key and headers are left: its event is read again first (`reunion`).

use std::{sync::Arc, time::Duration};

use super::{
    Refused, Sink,
    kafka::{KafkaSink, RefusedRecord},
    originals::Originals,
    producer::Producers,
    reunion::Reunion,
    size::fit,
};
use crate::{
    clock::Clock,
    event::Event,
    letters::{Failed, Letter, Letterhead},
    source::acks::Acks,
};

/// The pause between two looks at the end.
const LOOK: Duration = Duration::from_millis(20);
/// Bytes that a letter may have more than its event before that counts as memory.
const MORE: usize = 1024;

/// Writes the dead letters of one operator.
pub(crate) struct DeadLetters<M: Producers, K, O> {
    sink: KafkaSink<M, K>,
    head: Letterhead,
    acks: Arc<Acks>,
    reunion: Reunion<O>,
}

impl<M: Producers, K: Clock, O: Originals> DeadLetters<M, K, O> {
    /// Sends letters with this head; their originals are at hand, or found.
    pub(crate) fn new(sink: KafkaSink<M, K>, head: Letterhead, originals: O, acks: Arc<Acks>) -> Self {
        let reunion = Reunion::new(head.topics().to_vec(), originals);
        Self { sink, head, acks, reunion }
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
        let (letter, more) = fit(letter, event, self.sink.limits.max_record);
        if more > MORE {
            self.acks.grew(event.ticket, more);
        }
        if let Err(refused) = self.sink.put(event, letter.value, letter.headers) {
            self.sink.not_taken_for_its_size(*refused);
        }
    }

    /// Looks after what was taken. Outputs that were refused come in as such, and out with their events.
    pub(super) fn tend(&mut self, refused: Vec<RefusedRecord>) -> Vec<Refused> {
        for RefusedRecord { held, failure } in refused {
            self.reunion.look_for(held.ticket, held.message, failure);
        }
        let found = self.reunion.take();
        let lost = self.sink.tend_records();
        debug_assert!(lost.is_empty(), "letters are never refused for good");
        found
    }

    /// These assignments are over.
    pub(super) fn give_up(&mut self, assignments: &[u32]) {
        self.sink.give_up(assignments);
        for ticket in self.reunion.give_up(assignments) {
            self.sink.drop_output(ticket);
        }
    }

    pub(super) fn next_look(&self) -> Option<Duration> {
        self.sink.next_look()
    }

    /// Waits until all letters are settled; `false` when that did not happen in time.
    pub(super) fn flush(&mut self, timeout: Duration) -> bool {
        let flushed = self.sink.flush(timeout);
        if flushed && !self.reunion.is_complete() {
            // Others look for what is missing, and whoever waits here comes again at once.
            self.sink.clock.sleep(LOOK.min(timeout));
        }
        flushed && self.reunion.is_complete()
    }
}

#[cfg(test)]
mod tests;
