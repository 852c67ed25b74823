//! How the source learns what became of its events: many hands settle tickets, one thread collects them. All are
//! counted on the way, and the spans of those that are traced end here.

use std::{collections::HashMap, mem, sync::Arc, time::Duration};

use crate::{
    clock::{Clock, Shared},
    counts::Counts,
    event::{Fate, Ticket},
    traces::span::{Ending, Span},
};

/// Bytes that a span takes, more or less.
const SPAN: usize = 1024;

#[derive(Debug, Default)]
struct State {
    /// Not collected yet. Bounded by the number of events that the source lets be open.
    settled: Vec<(Ticket, Fate)>,
    /// Those of which something has become that takes more room than they did.
    grown: Vec<(Ticket, usize)>,
    /// How many are to be settled before whoever waits for that is woken; one at least.
    wanted: usize,
    closed: bool,
    counts: Counts,
    /// Of events that are traced and not settled.
    spans: HashMap<Ticket, Arc<Span>>,
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
        state.settled.push((ticket, fate));
        state.counts.settle(fate);
        let span = if state.spans.is_empty() { None } else { state.spans.remove(&ticket) };
        // The collector empties the list whole, and sleeps only while there are fewer.
        let enough = state.settled.len() == state.wanted.max(1);
        drop(state);
        if enough {
            self.0.notify();
        }
        if let Some(span) = span {
            span.settled(ending(fate));
        }
    }

    /// These events are traced: their spans end when they are settled, and take room until then.
    pub(crate) fn trace(&self, spans: Vec<(Ticket, Arc<Span>)>) {
        let mut state = self.0.lock();
        state.grown.extend(spans.iter().map(|(ticket, _)| (*ticket, SPAN)));
        state.spans.extend(spans);
    }

    /// The span of an event that is traced and not settled.
    pub(crate) fn span(&self, ticket: Ticket) -> Option<Arc<Span>> {
        let state = self.0.lock();
        if state.spans.is_empty() { None } else { state.spans.get(&ticket).cloned() }
    }

    /// Nothing more is settled: what is open is read again, by whoever has it next.
    pub(crate) fn end_spans(&self) {
        let spans = mem::take(&mut self.0.lock().spans);
        for span in spans.into_values() {
            span.settled(ending(Fate::Dropped));
        }
    }

    /// Says that what has become of an event, before it is settled, takes so many bytes more than the event.
    pub fn grew(&self, ticket: Ticket, bytes: usize) {
        self.0.lock().grown.push((ticket, bytes));
    }

    /// Waits for something to collect, or the end of it, for at most `timeout`.
    pub fn wait(&self, clock: &impl Clock, timeout: Duration) {
        self.wait_for(1, clock, timeout);
    }

    /// The same, for so many.
    pub fn wait_for(&self, wanted: usize, clock: &impl Clock, timeout: Duration) {
        if !timeout.is_zero() {
            self.0.lock().wanted = wanted;
            clock.wait(&self.0, timeout, |state| state.settled.len() >= state.wanted.max(1) || state.closed);
        }
    }

    /// Swaps what has been settled into `into`, which must be empty; says what has grown before that, by how much.
    pub fn collect(&self, into: &mut Vec<(Ticket, Fate)>) -> Vec<(Ticket, usize)> {
        let mut state = self.0.lock();
        mem::swap(&mut state.settled, into);
        mem::take(&mut state.grown)
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

/// What a fate is called where an event is traced.
fn ending(fate: Fate) -> Ending {
    let is_failure = matches!(fate, Fate::Failed | Fate::DeadLetter | Fate::Stopped);
    let (name, step) = match fate {
        Fate::Finished => ("output", None),
        Fate::Skipped(step) => ("skipped", Some(step.name())),
        Fate::Failed => ("failed", None),
        Fate::DeadLetter => ("dead_letter", None),
        Fate::Stopped => ("stopped", None),
        Fate::Dropped => ("given_up", None),
    };
    Ending { name, is_failure, step }
}

#[cfg(test)]
mod tests;
