//! How the source learns what became of its events: many hands settle tickets, one thread collects them. All are counted on the way.

use std::{
    mem,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
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
pub struct Acks {
    state: Mutex<State>,
    arrived: Condvar,
}

impl Acks {
    /// So many events have come in.
    pub fn take(&self, events: usize) {
        self.lock().counts.take(events);
    }

    /// Says what became of one event. Once for each: whoever holds it is the only one to know.
    pub fn settle(&self, ticket: Ticket, fate: Fate) {
        let mut state = self.lock();
        let was_empty = state.settled.is_empty();
        state.settled.push((ticket, fate));
        state.counts.settle(fate);
        drop(state);
        // The collector empties the list whole, so only the first entry after that can find it asleep.
        if was_empty {
            self.arrived.notify_all();
        }
    }

    /// Swaps what has been settled into `into`, which must be empty; waits up to `timeout` where there is nothing.
    pub fn collect(&self, into: &mut Vec<(Ticket, Fate)>, timeout: Duration) {
        let mut state = self.lock();
        if state.settled.is_empty() && !state.closed && !timeout.is_zero() {
            (state, _) = self.arrived.wait_timeout(state, timeout).unwrap_or_else(PoisonError::into_inner);
        }
        mem::swap(&mut state.settled, into);
    }

    /// Nothing more is settled: whoever waits for that needn't.
    pub fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    /// Whether nothing more is settled than can be collected now.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// All events up to now.
    pub fn counts(&self) -> Counts {
        self.lock().counts
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
