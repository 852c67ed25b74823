//! What the loader knows of the topic's models: how far each has come, and their order as far as it was asked for.
//! Pure.
//!
//! The topic alone knows the order, which any new record may change. So it is asked anew from the newest on whenever a
//! record comes, and no further back than is needed; what is known of each model stays.

use std::{
    mem,
    time::{Duration, Instant},
};

use super::{
    choice::{Older, State},
    mailbox::Seen,
};
use crate::{backoff::Backoff, model::RecordPlace};

/// A model that takes more than its record is taken up after this: of a burst, only the newest.
const SETTLE: Duration = Duration::from_millis(300);
/// Between tries to have what can't be had: the first wait and the longest.
const PATIENCE: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_mins(1));
/// Models that are tried again when the configuration changes while nothing serves; those before them loaded no better.
const TRIED: usize = 16;
/// Models out of the order that are remembered.
const REMEMBERED: usize = 256;

#[derive(Debug)]
struct Entry<M> {
    place: RecordPlace,
    state: State<M>,
    patience: Backoff,
    was_told: bool,
}

/// Models, and the order of those that may take over.
#[derive(Debug)]
pub(crate) struct Known<M> {
    entries: Vec<Entry<M>>,
    /// The newest first, without what serves.
    order: Vec<RecordPlace>,
    /// Models that aren't on the topic, or no longer: behind all others.
    off_topic: Vec<RecordPlace>,
    /// What is before the last of the order.
    older: Older,
    /// What came, and hasn't been met in the order.
    fresh: Vec<RecordPlace>,
}

impl<M> Default for Known<M> {
    fn default() -> Self {
        Self { entries: vec![], order: vec![], off_topic: vec![], older: Older::Unread, fresh: vec![] }
    }
}

impl<M> Known<M> {
    /// Another topic is read from now on. Models of the one before that are here stay.
    pub(crate) fn read(&mut self, now: Instant) {
        let here = |place: &&RecordPlace| matches!(self.state(place), Some(State::Here(..)));
        self.off_topic = self.places().filter(here).cloned().collect();
        self.fresh.clear();
        self.ask_anew(now);
    }

    /// A model's record has come.
    pub(crate) fn seen(&mut self, seen: Seen, now: Instant) {
        let due = if seen.is_promise { now + SETTLE } else { now };
        self.note(&seen.place, due);
        self.fresh.push(seen.place);
        self.ask_anew(now);
    }

    /// The order is asked for from the newest on.
    pub(crate) fn ask_anew(&mut self, now: Instant) {
        self.order.clear();
        self.older = Older::Ask(now);
    }

    /// The topic couldn't be asked.
    pub(crate) fn ask_later(&mut self, due: Instant) {
        self.older = Older::Ask(due);
    }

    /// What is before the last of the order.
    pub(crate) fn older(&self) -> Older {
        self.older
    }

    /// The last of the order, before which it goes on.
    pub(crate) fn last(&self) -> Option<&RecordPlace> {
        self.order.last()
    }

    /// The topic's answer: the model before the last of the order. Those that came, and are older than what is here,
    /// are returned: partitions are read beside each other, and all instances are to serve the same.
    pub(crate) fn found(
        &mut self,
        found: Option<RecordPlace>,
        serving: Option<&RecordPlace>,
        now: Instant,
    ) -> Vec<RecordPlace> {
        let Some(found) = found.filter(|found| !self.order.contains(found)) else {
            self.older = Older::None;
            self.keep_tried(serving.is_some());
            return vec![];
        };
        self.fresh.retain(|place| *place != found);
        let is_had = serving == Some(&found) || matches!(self.state(&found), Some(State::Here(..)));
        let late = if is_had && serving.is_some() { mem::take(&mut self.fresh) } else { vec![] };
        for place in &late {
            self.set(place, State::Passed);
        }
        if serving == Some(&found) {
            self.older = Older::None;
            return late;
        }
        self.note(&found, now);
        self.off_topic.retain(|place| *place != found);
        self.order.push(found);
        // While something serves, only those are of interest that came meanwhile, and were passed by for a newer one.
        self.older = if serving.is_none() || self.passes_by() { Older::Ask(now) } else { Older::None };
        late
    }

    /// Whether a model that nobody has tried yet isn't in the order.
    fn passes_by(&self) -> bool {
        let is_untried = |state: &State<M>| match state {
            State::Seen(_) | State::Later(_) | State::Fetching => true,
            State::Here(_, failed) => failed.is_empty(),
            State::Passed => false,
        };
        self.entries.iter().any(|entry| is_untried(&entry.state) && !self.is_candidate(&entry.place))
    }

    fn is_candidate(&self, place: &RecordPlace) -> bool {
        self.order.contains(place) || self.off_topic.contains(place)
    }

    /// How far the models have come that may take over, the newest first.
    pub(crate) fn candidates(&self) -> Vec<&State<M>> {
        self.places().filter_map(|place| self.state(place)).collect()
    }

    /// Where a candidate is.
    pub(crate) fn place(&self, index: usize) -> Option<RecordPlace> {
        self.places().nth(index).cloned()
    }

    fn places(&self) -> impl Iterator<Item = &RecordPlace> {
        self.order.iter().chain(&self.off_topic)
    }

    /// How far a model has come.
    pub(crate) fn state(&self, place: &RecordPlace) -> Option<&State<M>> {
        self.entries.iter().find(|entry| entry.place == *place).map(|entry| &entry.state)
    }

    /// A model has come further, or not.
    pub(crate) fn set(&mut self, place: &RecordPlace, state: State<M>) {
        match self.entries.iter_mut().find(|entry| entry.place == *place) {
            Some(entry) => entry.state = state,
            None => self.entries.push(Entry { place: place.clone(), state, patience: PATIENCE, was_told: false }),
        }
    }

    fn note(&mut self, place: &RecordPlace, due: Instant) {
        if self.state(place).is_none() {
            self.set(place, State::Seen(due));
        }
    }

    /// From now on this model is fetched, and no other.
    pub(crate) fn fetching(&mut self, place: &RecordPlace, now: Instant) {
        for entry in self.entries.iter_mut().filter(|entry| matches!(entry.state, State::Fetching)) {
            entry.state = State::Seen(now);
        }
        self.set(place, State::Fetching);
    }

    /// The model that is being fetched.
    pub(crate) fn fetched(&self) -> Option<RecordPlace> {
        let fetching = self.entries.iter().find(|entry| matches!(entry.state, State::Fetching));
        fetching.map(|entry| entry.place.clone())
    }

    /// A model couldn't be had, and is tried again. Says whether that is news.
    pub(crate) fn later(&mut self, place: &RecordPlace, now: Instant) -> bool {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.place == *place) else { return false };
        entry.state = State::Later(now + entry.patience.failed());
        !mem::replace(&mut entry.was_told, true)
    }

    /// A model that isn't on the topic.
    pub(crate) fn add_off_topic(&mut self, place: RecordPlace, model: M) {
        self.set(&place, State::Here(model, vec![]));
        self.off_topic.push(place);
    }

    /// A candidate didn't load with this configuration. `serves`: another one serves.
    pub(crate) fn failed(&mut self, index: usize, configuration: u64, serves: bool) {
        let Some(place) = self.place(index) else { return };
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.place == place)
            && let State::Here(_, failed) = &mut entry.state
        {
            failed.push(configuration);
        }
        self.keep_tried(serves);
        self.forget_passed();
    }

    /// A candidate serves from now on: those before it are of no interest any more.
    pub(crate) fn serves(&mut self, index: usize) {
        self.order.truncate(index);
        self.off_topic.clear();
        self.fresh.clear();
        self.keep_tried(true);
        self.older = Older::None;
        let order = &self.order;
        self.entries.retain(|entry| order.contains(&entry.place));
    }

    /// Another configuration came: models may load with it that didn't with others, of which only the one that serves
    /// may come back.
    pub(crate) fn configured(&mut self, serving: Option<u64>) {
        for entry in &mut self.entries {
            if let State::Here(_, failed) = &mut entry.state {
                // That it was tried is remembered as long as that matters.
                failed.retain(|configuration| Some(*configuration) == serving);
            }
        }
    }

    /// Of the models that were tried, the newest stay at hand; while another one serves, only one.
    fn keep_tried(&mut self, serves: bool) {
        let is_tried = |entry: &Entry<M>| matches!(&entry.state, State::Here(_, failed) if !failed.is_empty());
        let tried: Vec<&RecordPlace> = self.entries.iter().filter(|entry| is_tried(entry)).map(|e| &e.place).collect();
        let newest = self.order.iter().filter(|place| tried.contains(place));
        let kept: Vec<&RecordPlace> = newest.take(if serves { 1 } else { TRIED }).collect();
        // While nothing serves all are met in the order, which may not have come to them yet.
        let is_dropped = |place: &RecordPlace| !kept.contains(&place) && (serves || self.order.contains(place));
        let dropped = tried.into_iter().filter(|place| is_dropped(place) && !self.off_topic.contains(place));
        let dropped: Vec<RecordPlace> = dropped.cloned().collect();
        for place in &dropped {
            self.set(place, State::Passed);
        }
    }

    fn forget_passed(&mut self) {
        let (order, off_topic) = (&self.order, &self.off_topic);
        let is_out = |place: &RecordPlace| !order.contains(place) && !off_topic.contains(place);
        let mut out = self.entries.iter().filter(|entry| is_out(&entry.place)).count();
        self.entries.retain(|entry| {
            let is_forgotten = out > REMEMBERED && is_out(&entry.place);
            out -= usize::from(is_forgotten);
            !is_forgotten
        });
    }
}

#[cfg(test)]
mod tests;
