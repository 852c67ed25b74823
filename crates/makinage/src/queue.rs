//! The events that wait for a worker, in the order in which they were read. Bounded by the source, which lets only so
//! many be open.

use std::{collections::VecDeque, time::Instant};

use crate::{
    batch::{MAX_BYTES, Queued},
    event::Event,
};

/// Events that no worker has been given yet.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    events: VecDeque<Event>,
    bytes: usize,
    /// When the events came: each entry stands for so many of them, the oldest first.
    arrivals: VecDeque<(Instant, usize)>,
}

impl Queue {
    /// Adds what has been read.
    pub(crate) fn push(&mut self, events: Vec<Event>, now: Instant) {
        self.arrivals.push_back((now, events.len()));
        self.bytes += events.iter().map(Event::size).sum::<usize>();
        self.events.extend(events);
    }

    /// What the batching rule looks at.
    pub(crate) fn queued(&self, now: Instant) -> Queued {
        let waited = self.arrivals.front().map(|(arrival, _)| now.saturating_duration_since(*arrival));
        Queued { rows: self.events.len(), full_of_bytes: self.bytes >= MAX_BYTES, waited: waited.unwrap_or_default() }
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The next batch: at most `rows` events and [`MAX_BYTES`], at least one event. A tombstone, which no worker sees,
    /// stands alone.
    pub(crate) fn take(&mut self, rows: usize) -> Vec<Event> {
        let mut batch = Vec::with_capacity(rows.min(self.events.len()));
        let mut bytes = 0;
        while batch.len() < rows {
            let Some(event) = self.events.pop_front_if(|event| {
                batch.is_empty() || (event.value().is_some() && bytes + event.size() <= MAX_BYTES)
            }) else {
                break;
            };
            bytes += event.size();
            let alone = event.value().is_none();
            batch.push(event);
            if alone {
                break;
            }
        }
        self.bytes -= bytes;
        self.forget_arrivals(batch.len());
        batch
    }

    /// Takes out the events of these assignments.
    pub(crate) fn remove_assignments(&mut self, assignments: &[u32]) -> Vec<Event> {
        let (removed, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.events)
            .into_iter()
            .partition(|event| assignments.contains(&event.ticket.assignment()));
        self.events = kept.into();
        self.recount();
        removed
    }

    /// Takes out everything.
    pub(crate) fn clear(&mut self) -> Vec<Event> {
        let removed = std::mem::take(&mut self.events).into();
        self.recount();
        removed
    }

    /// After a removal from the middle the remaining events count from the oldest arrival: at worst a fixed batch is
    /// sent early.
    fn recount(&mut self) {
        self.bytes = self.events.iter().map(Event::size).sum();
        let oldest = self.arrivals.front().map(|(arrival, _)| *arrival);
        self.arrivals.clear();
        self.arrivals.extend(oldest.filter(|_| !self.events.is_empty()).map(|arrival| (arrival, self.events.len())));
    }

    fn forget_arrivals(&mut self, mut taken: usize) {
        while let Some((_, count)) = self.arrivals.front_mut().filter(|_| taken > 0) {
            let forgotten = taken.min(*count);
            *count -= forgotten;
            taken -= forgotten;
            if *count == 0 {
                self.arrivals.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests;
