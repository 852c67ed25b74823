//! One batch: what is known about its events, and which of them have left. Pure.

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use super::{
    handed::{Handed, Sifted},
    job::Job,
    part::Part,
};
use crate::event::Event;

/// Consecutive events of a flight that leave, with what is known about them.
#[derive(Debug, Clone)]
pub(crate) struct Piece<'f> {
    /// All events of the flight.
    pub events: &'f [Event],
    /// What is known about those that leave, and maybe about others.
    pub part: &'f Part,
    /// Nothing is to come of them, whatever is known: one before them in their lane was given up.
    pub is_cut: bool,
    /// The places of those that leave.
    pub places: Range<usize>,
}

impl Piece<'_> {
    fn is_followed_by(&self, next: &Self) -> bool {
        self.places.end == next.places.start && std::ptr::eq(self.part, next.part) && self.is_cut == next.is_cut
    }
}

/// Lanes that are held up.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    /// Something before is missing.
    pub shut: BTreeSet<u32>,
    /// Something before was given up.
    pub cut: BTreeSet<u32>,
}

/// A batch under way.
#[derive(Debug)]
pub(super) struct Flight {
    events: Arc<Vec<Event>>,
    /// By their first places, once events leave; no two about one event.
    parts: Vec<Part>,
    /// Events about which nothing is known.
    missing: usize,
    /// Bytes of its events, where something is known, and of what is known.
    waiting: usize,
    /// Some of its events are given up.
    is_cut: bool,
    /// Only for a flight whose events don't leave all at once.
    aboard: Option<Aboard>,
}

/// Who is still there of a flight that others' events leave before, or whose own leave one by one.
#[derive(Debug)]
struct Aboard {
    /// Its lanes, each once.
    lanes: Vec<u32>,
    /// By place: the lane's place in `lanes`.
    lane_of: Vec<usize>,
    left: Vec<bool>,
    /// By the lane's place in `lanes`: how many have not left; and of all lanes.
    here: Vec<usize>,
    count: usize,
}

impl Flight {
    /// Nothing is known yet.
    pub(super) fn new(events: Arc<Vec<Event>>) -> Self {
        Self { missing: events.len(), events, parts: vec![], waiting: 0, is_cut: false, aboard: None }
    }

    pub(super) fn add(&mut self, part: Part) {
        if self.parts.is_empty() {
            self.waiting = self.size();
        }
        self.missing -= part.places().len();
        self.is_cut |= matches!(part, Part::GivenUp(_));
        self.waiting += part.bytes();
        self.parts.push(part);
    }

    /// All of its events.
    pub(super) fn events(&self) -> &Arc<Vec<Event>> {
        &self.events
    }

    fn size(&self) -> usize {
        self.events.iter().map(Event::size).sum()
    }

    /// Of what is known of events that have not left, what a newer generation has been handed is known no more: it is
    /// to be asked again.
    pub(super) fn take_back(&mut self, number: u64, handed: &Handed) -> Vec<Job> {
        let mut again = vec![];
        for part in std::mem::take(&mut self.parts) {
            let Sifted { kept, again: taken } = handed.sift(number, &self.events, part);
            self.parts.extend(kept);
            again.extend(taken);
        }
        self.missing += again.iter().map(|job: &Job| job.range.len()).sum::<usize>();
        let known = |parts: &[Part]| parts.iter().map(Part::bytes).sum::<usize>();
        self.waiting = if self.parts.is_empty() { 0 } else { self.size() + known(&self.parts) };
        again
    }

    /// Whether something is known about each event, and none has left or is given up.
    pub(super) fn is_whole(&self) -> bool {
        self.missing == 0 && !self.is_cut && self.aboard.as_ref().is_none_or(|aboard| aboard.count == aboard.left.len())
    }

    /// Of how many events nothing is known.
    pub(super) fn missing(&self) -> usize {
        self.missing
    }

    /// Whether nothing is known.
    pub(super) fn is_unknown(&self) -> bool {
        self.parts.is_empty()
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// All events leave.
    pub(super) fn leave(mut self, take: &mut impl FnMut(Piece<'_>)) {
        self.parts.sort_by_key(|part| part.places().start);
        for part in &self.parts {
            take(Piece { events: &self.events, part, is_cut: false, places: part.places() });
        }
    }

    /// Those leave whose lanes aren't shut; each that doesn't shuts its lane for what comes after it.
    pub(super) fn leave_partly(&mut self, lanes: &mut Lanes, take: &mut impl FnMut(Piece<'_>)) {
        self.parts.sort_by_key(|part| part.places().start);
        let Self { events, parts, aboard, .. } = self;
        let aboard = aboard.get_or_insert_with(|| Aboard::new(events));
        let is_in = |set: &BTreeSet<u32>| aboard.lanes.iter().map(|lane| set.contains(lane)).collect::<Vec<_>>();
        let (mut shut, mut cut) = (is_in(&lanes.shut), is_in(&lanes.cut));
        let mut known = parts.iter().map(|part| (part.places(), part)).peekable();
        let mut piece: Option<Piece<'_>> = None;
        for place in 0..events.len() {
            while known.next_if(|(places, _)| places.end <= place).is_some() {}
            let lane = aboard.lane_of[place];
            let part = known.peek().filter(|(places, _)| places.contains(&place)).map(|(_, part)| *part);
            match part.filter(|_| !shut[lane] && !aboard.left[place]) {
                Some(part) => {
                    aboard.leaves(place);
                    cut[lane] |= matches!(part, Part::GivenUp(_));
                    let next = Piece { events, part, is_cut: cut[lane], places: place..place + 1 };
                    match piece.as_mut().filter(|piece| piece.is_followed_by(&next)) {
                        Some(piece) => piece.places.end += 1,
                        None => piece.replace(next).into_iter().for_each(&mut *take),
                    }
                }
                None => shut[lane] |= !aboard.left[place],
            }
        }
        piece.into_iter().for_each(take);
        for (place, lane) in aboard.lanes.iter().enumerate() {
            if shut[place] {
                lanes.shut.insert(*lane);
            }
            if cut[place] {
                lanes.cut.insert(*lane);
            }
        }
    }

    /// Whether all events have left.
    pub(super) fn has_left(&self) -> bool {
        self.aboard.as_ref().is_some_and(|aboard| aboard.count == 0)
    }

    /// The lanes of events that have not left, each once.
    pub(super) fn lanes(&mut self) -> impl Iterator<Item = u32> + '_ {
        let aboard = self.aboard.get_or_insert_with(|| Aboard::new(&self.events));
        aboard.lanes.iter().zip(&aboard.here).filter(|(_, here)| **here > 0).map(|(lane, _)| *lane)
    }
}

impl Aboard {
    fn leaves(&mut self, place: usize) {
        self.left[place] = true;
        self.here[self.lane_of[place]] -= 1;
        self.count -= 1;
    }

    fn new(events: &[Event]) -> Self {
        let mut lanes: Vec<u32> = vec![];
        let mut last = 0;
        let (mut lane_of, mut here) = (Vec::with_capacity(events.len()), vec![]);
        for event in events {
            let lane = event.ticket.assignment();
            // Events of a lane come in runs.
            if lanes.get(last) != Some(&lane) {
                last = lanes.iter().position(|known| *known == lane).unwrap_or(lanes.len());
                if last == lanes.len() {
                    lanes.push(lane);
                    here.push(0);
                }
            }
            here[last] += 1;
            lane_of.push(last);
        }
        Self { lanes, lane_of, left: vec![false; events.len()], here, count: events.len() }
    }
}
