//! The events that wait for a worker, in the order in which they were read. Bounded by the source, which lets only so
//! many be open.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Instant,
};

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
    /// Events of lanes that are set aside.
    aside: BTreeMap<u32, Aside>,
}

/// A lane's events, and when the first of them came, or the lane was set aside.
#[derive(Debug)]
struct Aside {
    since: Instant,
    events: VecDeque<Event>,
}

impl Queue {
    /// Adds what has been read.
    pub(crate) fn push(&mut self, events: Vec<Event>, now: Instant) {
        if self.aside.is_empty() {
            self.add(events, now);
        } else {
            let mut others = Vec::with_capacity(events.len());
            for event in events {
                match self.aside.get_mut(&event.ticket.assignment()) {
                    Some(aside) => aside.events.push_back(event),
                    None => others.push(event),
                }
            }
            self.add(others, now);
        }
    }

    fn add(&mut self, events: Vec<Event>, now: Instant) {
        if !events.is_empty() {
            self.arrivals.push_back((now, events.len()));
            self.bytes += events.iter().map(Event::size).sum::<usize>();
            self.events.extend(events);
        }
    }

    /// Sets just these lanes aside: nothing is taken of them until they come back, before all others.
    pub(crate) fn set_aside(&mut self, lanes: &BTreeSet<u32>, now: Instant) {
        if self.aside.keys().eq(lanes) {
            return;
        }
        let back: Vec<u32> = self.aside.keys().filter(|lane| !lanes.contains(lane)).copied().collect();
        for lane in back {
            self.take_back(lane);
        }
        for lane in lanes {
            self.aside.entry(*lane).or_insert_with(|| Aside { since: now, events: VecDeque::new() });
        }
        let since = self.arrivals.front().map_or(now, |(arrival, _)| *arrival);
        for event in self.extract(|event| lanes.contains(&event.ticket.assignment())) {
            if let Some(aside) = self.aside.get_mut(&event.ticket.assignment()) {
                aside.since = aside.since.min(since);
                aside.events.push_back(event);
            }
        }
    }

    fn take_back(&mut self, lane: u32) {
        let Some(Aside { since, events }) = self.aside.remove(&lane).filter(|aside| !aside.events.is_empty()) else {
            return;
        };
        let since = self.arrivals.front().map_or(since, |(arrival, _)| since.min(*arrival));
        self.arrivals.push_front((since, events.len()));
        self.bytes += events.iter().map(Event::size).sum::<usize>();
        for event in events.into_iter().rev() {
            self.events.push_front(event);
        }
    }

    /// What the batching rule looks at.
    pub(crate) fn queued(&self, now: Instant) -> Queued {
        let waited = self.arrivals.front().map(|(arrival, _)| now.saturating_duration_since(*arrival));
        Queued { rows: self.events.len(), full_of_bytes: self.bytes >= MAX_BYTES, waited: waited.unwrap_or_default() }
    }

    /// How many events wait.
    pub(crate) fn events(&self) -> usize {
        self.events.len() + self.aside.values().map(|aside| aside.events.len()).sum::<usize>()
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty() && self.aside.values().all(|aside| aside.events.is_empty())
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
        let mut removed = self.extract(|event| assignments.contains(&event.ticket.assignment()));
        for aside in assignments.iter().filter_map(|assignment| self.aside.remove(assignment)) {
            removed.extend(aside.events);
        }
        removed
    }

    /// Takes out everything.
    pub(crate) fn clear(&mut self) -> Vec<Event> {
        let mut removed = self.extract(|_| true);
        removed.extend(std::mem::take(&mut self.aside).into_values().flat_map(|aside| aside.events));
        removed
    }

    /// Takes some out of the middle. The others count from the oldest arrival: at worst a fixed batch is sent early.
    fn extract(&mut self, is_taken: impl Fn(&Event) -> bool) -> Vec<Event> {
        let (taken, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.events).into_iter().partition(is_taken);
        self.events = kept.into();
        self.bytes = self.events.iter().map(Event::size).sum();
        let oldest = self.arrivals.front().map(|(arrival, _)| *arrival);
        self.arrivals.clear();
        self.arrivals.extend(oldest.filter(|_| !self.events.is_empty()).map(|arrival| (arrival, self.events.len())));
        taken
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
