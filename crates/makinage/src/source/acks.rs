//! How the source learns what became of its events: many hands settle tickets, one thread collects them. All are
//! counted on the way.

use std::{mem, time::Duration};

use crate::{
    clock::{Clock, Shared},
    counts::Counts,
    event::{Fate, Ticket},
};

#[derive(Debug, Default)]
struct State {
    /// Not collected yet. Bounded by the number of events that the source lets be open.
    settled: Vec<(Ticket, Fate)>,
    closed: bool,
    counts: Counts,
}

/// What became of the events that the pipeline took.
#[derive(Debug, Default)]
pub struct Acks(Shared<State>);

impl Acks {
    /// So many events have come in.
    pub fn received(&self, events: usize) {
        self.0.lock().counts.received(events);
    }

    /// So many events were deleted before they could come in.
    pub fn lost(&self, events: u64) {
        self.0.lock().counts.lost(events);
    }

    /// Says what became of one event. Once for each: whoever holds it is the only one to know.
    pub fn settle(&self, ticket: Ticket, fate: Fate) {
        let mut state = self.0.lock();
        let was_empty = state.settled.is_empty();
        state.settled.push((ticket, fate));
        state.counts.settle(fate);
        drop(state);
        // The collector empties the list whole, so only the first entry after that can find it asleep.
        if was_empty {
            self.0.notify();
        }
    }

    /// Waits for something to collect, or the end of it, for at most `timeout`.
    pub fn wait(&self, clock: &impl Clock, timeout: Duration) {
        if !timeout.is_zero() {
            clock.wait(&self.0, timeout, |state| !state.settled.is_empty() || state.closed);
        }
    }

    /// Swaps what has been settled into `into`, which must be empty.
    pub fn collect(&self, into: &mut Vec<(Ticket, Fate)>) {
        mem::swap(&mut self.0.lock().settled, into);
    }

    /// Nothing more is settled: whoever waits for that needn't.
    pub fn close(&self) {
        self.0.lock().closed = true;
        self.0.notify();
    }

    /// Whether nothing more is settled than can be collected now.
    pub fn is_closed(&self) -> bool {
        self.0.lock().closed
    }

    /// All events up to now.
    pub fn counts(&self) -> Counts {
        self.0.lock().counts
    }
}

#[cfg(test)]
mod tests;
