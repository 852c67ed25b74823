//! How the source learns what became of its events: many hands settle tickets, one thread collects them.

use std::{
    mem,
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

use super::offsets::{Fate, Ticket};

/// The settled tickets that the source has not collected yet. Bounded by the number of events that the source lets be open.
#[derive(Debug, Default)]
pub struct Acks {
    settled: Mutex<Vec<(Ticket, Fate)>>,
    arrived: Condvar,
}

impl Acks {
    /// Says what became of one event.
    pub fn settle(&self, ticket: Ticket, fate: Fate) {
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        let was_empty = settled.is_empty();
        settled.push((ticket, fate));
        drop(settled);
        // The collector empties the list whole, so only the first entry after that can find it asleep.
        if was_empty {
            self.arrived.notify_all();
        }
    }

    /// Swaps what has been settled into `into`, which must be empty; waits up to `timeout` where there is nothing.
    pub fn collect(&self, into: &mut Vec<(Ticket, Fate)>, timeout: Duration) {
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        if settled.is_empty() && !timeout.is_zero() {
            (settled, _) = self.arrived.wait_timeout(settled, timeout).unwrap_or_else(PoisonError::into_inner);
        }
        mem::swap(&mut *settled, into);
    }
}
