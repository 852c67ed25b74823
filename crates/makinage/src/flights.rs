//! Batches under way: answers may come out of order and in pieces, events leave in the order in which they came. Pure.
//!
//! A *flight* is a batch as it was taken from the queue; a [`Job`] is the part of it that a worker is asked for: first
//! all, and after two deaths of a worker on it its halves, until the guilty event stands alone.

use std::{collections::VecDeque, ops::Range, sync::Arc};

use crate::{
    event::{Event, Failure},
    model::ModelLabel,
    wire::answer::Answer,
};

/// A request to a worker: some consecutive events of a flight.
#[derive(Debug, Clone)]
pub struct Job {
    /// The flight's number; flights end in this order.
    pub flight: u64,
    /// All events of the flight.
    pub events: Arc<Vec<Event>>,
    /// The places of those that are asked for.
    pub range: Range<usize>,
    /// Workers that died on exactly this job.
    deaths: u8,
    /// The generation that was asked last; 0 for none yet.
    pub generation: u64,
    /// It is part of a job that killed two workers: a single further death halves it again.
    suspect: bool,
}

/// What follows from a worker's death on a job.
#[derive(Debug)]
pub enum AfterDeath {
    /// These are to be asked again, in this order.
    Retry(Vec<Job>),
    /// The job's only event has killed every worker that tried it.
    Guilty(Job),
}

/// Deaths of a worker that a batch, or an event that stands alone, is granted: one may be an accident.
const DEATHS: u8 = 2;

impl Job {
    /// The events that are asked for.
    pub fn events(&self) -> &[Event] {
        &self.events[self.range.clone()]
    }

    /// A worker has died on this job.
    pub fn after_death(mut self) -> AfterDeath {
        self.deaths += 1;
        let alone = self.range.len() == 1;
        if !alone && (self.suspect || self.deaths >= DEATHS) {
            let middle = self.range.start + self.range.len() / 2;
            let half = |range| Job { range, deaths: 0, suspect: true, ..self.clone() };
            AfterDeath::Retry(vec![half(self.range.start..middle), half(middle..self.range.end)])
        } else if alone && self.deaths >= DEATHS {
            AfterDeath::Guilty(self)
        } else {
            AfterDeath::Retry(vec![self])
        }
    }
}

/// What is known about consecutive events of a flight.
#[derive(Debug)]
pub enum Part {
    /// Workers' answers; places count from the job's first event.
    Answered {
        /// The job's first place.
        start: usize,
        /// In ascending order, without gaps.
        answers: Vec<Answer>,
        /// The generation that scored them.
        generation: u64,
        model: ModelLabel,
    },
    /// One event that could not be scored, without an answer.
    Failed(usize, Failure),
}

impl Part {
    fn first(&self) -> usize {
        match self {
            Self::Answered { start, .. } => *start,
            Self::Failed(place, _) => *place,
        }
    }

    fn count(&self) -> usize {
        match self {
            Self::Answered { answers, .. } => answers.iter().map(|answer| answer.count).sum(),
            Self::Failed(..) => 1,
        }
    }
}

/// A flight of which everything is known.
#[derive(Debug)]
pub(crate) struct Landed {
    /// Its events.
    pub events: Arc<Vec<Event>>,
    /// What became of them, in their order.
    pub parts: Vec<Part>,
}

/// The flights under way.
#[derive(Debug, Default)]
pub(crate) struct Flights {
    /// Number of the first open flight.
    first: u64,
    open: VecDeque<Flight>,
}

#[derive(Debug)]
struct Flight {
    events: Arc<Vec<Event>>,
    parts: Vec<Part>,
    missing: usize,
}

impl Flights {
    /// Begins a flight: the job is all of it.
    pub(crate) fn open(&mut self, events: Vec<Event>) -> Job {
        let events = Arc::new(events);
        let flight = self.first + self.open.len() as u64;
        self.open.push_back(Flight { events: Arc::clone(&events), parts: vec![], missing: events.len() });
        Job { flight, range: 0..events.len(), events, deaths: 0, generation: 0, suspect: false }
    }

    /// Something is known about a flight.
    pub(crate) fn add(&mut self, flight: u64, part: Part) {
        let place = flight.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        if let Some(flight) = place.and_then(|place| self.open.get_mut(place)) {
            flight.missing = flight.missing.saturating_sub(part.count());
            flight.parts.push(part);
        }
    }

    /// The next flight in order, once everything about it is known.
    pub(crate) fn pop_landed(&mut self) -> Option<Landed> {
        let mut flight = self.open.pop_front_if(|flight| flight.missing == 0)?;
        self.first += 1;
        flight.parts.sort_by_key(Part::first);
        Some(Landed { events: flight.events, parts: flight.parts })
    }

    /// Whether nothing is under way.
    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// How many are under way, landed ones that wait for an earlier one included.
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }
}

#[cfg(test)]
mod tests;
