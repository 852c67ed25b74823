//! What a worker is asked for: some consecutive events of a flight; and what follows where it dies on them. Pure.

use std::{ops::Range, sync::Arc};

use super::deaths::Deaths;
use crate::event::Event;

/// A request to a worker: some consecutive events of a flight.
#[derive(Debug, Clone)]
pub struct Job {
    /// The flight's number.
    pub flight: u64,
    /// All events of the flight.
    pub events: Arc<Vec<Event>>,
    /// The places of those that are asked for.
    pub range: Range<usize>,
    /// The generation that was asked last; 0 for none yet.
    pub generation: u64,
    /// Workers that died on each of its events.
    deaths: Deaths,
    /// A worker ran out of memory on it that others had used: it is to have one for itself.
    wants_fresh: bool,
    /// Its events failed before, in processes that ended then.
    tries: u8,
    /// A worker that had been asked for it died before it began.
    was_left: bool,
    /// How often its only event has failed by an error that may pass.
    failures: u32,
}

/// How often events have been tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// 1 for the first.
    pub number: u32,
    /// What fails now has failed, whatever the error.
    pub is_last: bool,
}

/// A job in parts.
#[derive(Debug)]
pub(crate) struct Parted {
    /// The events that a worker was at.
    pub at: Job,
    /// Those before and behind them.
    pub others: Vec<Job>,
}

/// The number of no flight: what is asked only to see whether it is answered.
const PROBE: u64 = u64::MAX;

/// Processes in which it may fail before it is believed to be at fault, where these end then; one that was exhausted
/// counts for all.
const TRIES: u8 = 2;

impl Job {
    /// All of a flight.
    pub(crate) fn new(flight: u64, events: Arc<Vec<Event>>) -> Self {
        Self {
            flight,
            range: 0..events.len(),
            events,
            generation: 0,
            deaths: Deaths::default(),
            wants_fresh: false,
            tries: 0,
            was_left: false,
            failures: 0,
        }
    }

    /// Events of a flight that were answered in this attempt, and are to be answered by another generation.
    pub(super) fn anew(flight: u64, events: Arc<Vec<Event>>, range: Range<usize>, attempt: Attempt) -> Self {
        Self { range, failures: attempt.number.saturating_sub(1), ..Self::new(flight, events) }
    }

    /// A request for an event that scored before, whose answer is nobody's.
    pub(crate) fn probe(events: Arc<Vec<Event>>) -> Self {
        Self::new(PROBE, events)
    }

    /// Whether it is one of those.
    pub(crate) fn is_probe(&self) -> bool {
        self.flight == PROBE
    }

    /// The events that are asked for.
    pub fn events(&self) -> &[Event] {
        &self.events[self.range.clone()]
    }

    /// Some of its events, blamed for nothing.
    fn part(&self, range: Range<usize>) -> Self {
        Self { range, deaths: Deaths::default(), wants_fresh: false, ..self.clone() }
    }

    /// The event of this place of the flight by itself: it failed by an error that may pass, and is to be tried again.
    pub(crate) fn again(&self, place: usize) -> Self {
        let failures = self.failures + 1;
        Self { range: place..place + 1, failures, tries: 0, was_left: false, ..self.clone() }.forgiven()
    }

    /// The attempt that it is, where so many further ones are granted. A probe's is the only one.
    pub(crate) fn attempt(&self, further: usize) -> Attempt {
        let granted = usize::try_from(self.failures).is_ok_and(|failures| failures < further);
        Attempt { number: self.failures + 1, is_last: self.is_probe() || !granted }
    }

    /// Only the events that have these places in it.
    pub(crate) fn only(self, places: Range<usize>) -> Self {
        Self { range: self.range.start + places.start..self.range.start + places.end, ..self }
    }

    /// Only the events from this place of the flight on.
    pub(crate) fn from(self, place: usize) -> Self {
        Self { range: place..self.range.end, ..self }
    }

    /// Without the first events, which have been answered.
    pub(crate) fn without_first(mut self, answered: usize) -> Option<Self> {
        self.range.start += answered;
        (!self.range.is_empty()).then_some(self)
    }

    /// The events of these places, where they are known and among those that are left, and all others.
    pub(crate) fn parted(self, places: Option<Range<usize>>) -> Parted {
        let places = places.unwrap_or_else(|| self.range.clone());
        let among = places.start.max(self.range.start)..places.end.min(self.range.end);
        let at = if among.is_empty() { self.range.clone() } else { among };
        let others = [self.range.start..at.start, at.end..self.range.end];
        let others = others.into_iter().filter(|range| !range.is_empty()).map(|range| self.part(range)).collect();
        Parted { at: Self { range: at, ..self }, others }
    }

    /// A worker has died on all of it.
    pub(crate) fn after_death(self) -> Self {
        Self { deaths: self.deaths.crash(), ..self }
    }

    /// Somebody has killed a worker that was at all of it.
    pub(crate) fn after_kill(self) -> Self {
        Self { deaths: self.deaths.kill(), ..self }
    }

    /// So many workers died on each of its events before.
    pub(crate) fn after(self, deaths: Deaths) -> Self {
        Self { deaths, ..self }
    }

    /// A worker has run out of memory on all of it, and others may have used that up.
    pub(crate) fn wanting_fresh(self) -> Self {
        Self { wants_fresh: true, ..self }
    }

    /// Whether it is to be asked of a worker that has answered nothing else.
    pub(crate) fn wants_fresh(&self) -> bool {
        self.wants_fresh
    }

    /// Its events failed in a process that has ended since, which was exhausted, or may have been.
    pub(crate) fn tried(self, exhausted: bool) -> Self {
        let tries = if exhausted { TRIES } else { 1 };
        Self { tries: self.tries.saturating_add(tries), ..self }
    }

    /// Whether its events have had the tries that they are granted: how they fare now is believed.
    pub(crate) fn is_tried(&self) -> bool {
        self.tries >= TRIES
    }

    /// A worker has died before it began it.
    pub(crate) fn left(self) -> Self {
        Self { was_left: true, ..self }
    }

    /// Whether the worker before died before it began it, too.
    pub(crate) fn was_left(&self) -> bool {
        self.was_left
    }

    /// Whether a worker died on it: each of its events is asked for by itself, and nothing is queued behind it.
    pub(crate) fn is_suspect(&self) -> bool {
        self.deaths.are_any()
    }

    /// Workers that died on each of its events.
    pub(crate) fn deaths(&self) -> Deaths {
        self.deaths
    }

    /// Whether its only event has been granted all deaths.
    pub(crate) fn is_accused(&self) -> bool {
        self.range.len() == 1 && self.deaths.are_enough()
    }

    /// Its workers may have died of something else.
    pub(crate) fn forgive(&mut self) {
        self.deaths = Deaths::default();
        self.wants_fresh = false;
    }

    /// The same.
    pub(crate) fn forgiven(mut self) -> Self {
        self.forgive();
        self
    }

    /// Without the events of these lanes; and the places of those.
    pub(crate) fn without_lanes(self, lanes: &[u32]) -> (Vec<Self>, Vec<Range<usize>>) {
        let (mut kept, mut removed): (Vec<Range<usize>>, Vec<Range<usize>>) = (vec![], vec![]);
        for place in self.range.clone() {
            let is_removed = lanes.contains(&self.events[place].ticket.assignment());
            let runs = if is_removed { &mut removed } else { &mut kept };
            match runs.last_mut().filter(|run| run.end == place) {
                Some(run) => run.end += 1,
                None => runs.push(place..place + 1),
            }
        }
        (kept.into_iter().map(|range| Self { range, ..self.clone() }).collect(), removed)
    }
}

#[cfg(test)]
mod tests;
