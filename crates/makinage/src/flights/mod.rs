//! Batches under way: answers may come out of order and in pieces; of each lane events leave in the order in which they
//! came. Pure.
//!
//! A *flight* is a batch as it was taken from the queue; a [`Job`](job::Job) is the part of it that a worker is asked
//! for. A *lane* is what must be kept in order: one assignment of one partition. An event leaves once it is known what
//! became of it and all before it in its lane have left, whatever other lanes wait for.

pub(crate) mod deaths;
pub(crate) mod flight;
mod handed;
pub(crate) mod job;
mod part;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use self::{
    flight::{Flight, Lanes, Piece},
    handed::{Handed, Sifted},
};
pub(crate) use self::{job::Job, part::Part};
use crate::event::Event;

/// Bytes of events and answers that may wait for earlier ones of their lanes before no lane may add to them.
const MOST_WAITING: usize = 64 << 20;

/// The flights under way.
#[derive(Debug, Default)]
pub(crate) struct Flights {
    next: u64,
    /// In the order in which they were opened.
    open: BTreeMap<u64, Flight>,
    /// Bytes of flights of which something is known already.
    waiting: usize,
    /// Something has become known since events left last.
    changed: bool,
    /// Lanes of which an event was given up: what comes after it is too, or it would overtake it.
    cut: BTreeSet<u32>,
    /// Lanes that newer generations have been handed, while older ones still answer.
    handed: Handed,
}

impl Flights {
    /// Begins a flight: the job is all of it.
    pub(crate) fn open(&mut self, events: Vec<Event>) -> Job {
        let (flight, events) = (self.next, Arc::new(events));
        self.next += 1;
        self.open.insert(flight, Flight::new(Arc::clone(&events)));
        Job::new(flight, events)
    }

    /// Something is known about events of a flight; once about each.
    pub(crate) fn add(&mut self, flight: u64, part: Part) {
        let Some(flight) = self.open.get_mut(&flight) else { return };
        self.changed = true;
        let before = flight.waiting();
        flight.add(part);
        self.waiting += flight.waiting() - before;
    }

    /// What a generation has answered about events of a flight; once about each. Those whose lanes a newer one has been
    /// handed meanwhile are that one's to answer: these jobs.
    pub(crate) fn answer(&mut self, flight: u64, part: Part) -> Vec<Job> {
        let Some(open) = self.open.get(&flight).filter(|_| !self.handed.is_empty()) else {
            self.add(flight, part);
            return vec![];
        };
        let Sifted { kept, again } = self.handed.sift(flight, open.events(), part);
        for part in kept {
            self.add(flight, part);
        }
        again
    }

    /// A job that an older generation had goes to this one. What older ones have answered of the same lanes behind it,
    /// or will answer, is to be asked of this one too: these jobs, of what is answered already.
    pub(crate) fn hand_over(&mut self, job: &Job, generation: u64) -> Vec<Job> {
        for place in job.range.clone() {
            self.handed.note(job.events[place].ticket.assignment(), (job.flight, place), generation);
        }
        let mut again = vec![];
        for (number, flight) in self.open.range_mut(job.flight..) {
            let before = flight.waiting();
            again.extend(flight.take_back(*number, &self.handed));
            self.waiting = self.waiting - before + flight.waiting();
        }
        again
    }

    /// No older generation answers any more.
    pub(crate) fn only_newest_answers(&mut self) {
        self.handed.forget();
    }

    /// Whether something has become known since events left last, so that some may leave now.
    pub(crate) fn has_news(&self) -> bool {
        self.changed
    }

    /// Bytes of events and answers that wait, for earlier ones of their lanes or to be taken.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// How many of the first flights wait for nobody but who takes them.
    fn ready(&self) -> usize {
        if self.cut.is_empty() { self.open.values().take_while(|flight| flight.is_whole()).count() } else { 0 }
    }

    /// Hands over all events that may leave: in pieces, each of consecutive events of one flight's part.
    pub(crate) fn release(&mut self, mut take: impl FnMut(Piece<'_>)) {
        if !std::mem::take(&mut self.changed) {
            return;
        }
        while let Some(first) = self.open.first_entry().filter(|first| self.cut.is_empty() && first.get().is_whole()) {
            let flight = first.remove();
            self.waiting -= flight.waiting();
            flight.leave(&mut take);
        }
        if self.open.values().any(|flight| !flight.is_unknown()) {
            self.release_past_others(&mut take);
        }
    }

    /// The same where an earlier flight isn't whole: the lanes that it holds up are those of its missing events.
    fn release_past_others(&mut self, take: &mut impl FnMut(Piece<'_>)) {
        let mut lanes = Lanes { cut: std::mem::take(&mut self.cut), ..Lanes::default() };
        for flight in self.open.values_mut() {
            flight.leave_partly(&mut lanes, take);
        }
        let waiting = &mut self.waiting;
        self.open.retain(|_, flight| {
            if flight.has_left() {
                *waiting -= flight.waiting();
            }
            !flight.has_left()
        });
        // Their assignments never come back.
        self.cut = self.under_way(&lanes.cut);
    }

    /// These lanes, without those that no event is under way of.
    pub(crate) fn under_way(&mut self, lanes: &BTreeSet<u32>) -> BTreeSet<u32> {
        let all = self.open.values_mut().flat_map(Flight::lanes);
        all.filter(|lane| lanes.contains(lane)).collect()
    }

    /// Lanes of which nothing more should be taken on: those with events in so many flights, and all that have any
    /// where too much waits.
    pub(crate) fn crowded(&mut self, flights: usize) -> BTreeSet<u32> {
        // Those that are taken together with the next ones stand in nobody's way.
        let ready = self.ready();
        if self.open.len() - ready < flights && self.waiting < MOST_WAITING {
            return BTreeSet::new();
        }
        let most = if self.waiting < MOST_WAITING { flights } else { 1 };
        let mut crowds = BTreeMap::new();
        for flight in self.open.values_mut().skip(ready) {
            for lane in flight.lanes() {
                *crowds.entry(lane).or_insert(0) += 1;
            }
        }
        crowds.into_iter().filter(|(_, count)| *count >= most).map(|(lane, _)| lane).collect()
    }

    /// How many events have no answer yet.
    pub(crate) fn unanswered(&self) -> usize {
        self.open.values().map(Flight::missing).sum()
    }

    /// Whether nothing is under way.
    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }
}

#[cfg(test)]
mod tests;
