//! Events that workers have died on, by where they stand: those that are read again, since their partition was taken
//! away meanwhile, are suspected at once. Pure.
//!
//! Else assignments that are lost more often than an event is isolated would begin that anew each time, and the
//! partition would stand still for as long as they are.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use super::standing::LastDeath;
use crate::{
    event::{Event, Place},
    flights::{Job, deaths::Deaths, job::Parted},
    telemetry::stream::SuspectSeen,
};

/// So many are known; those that were noted first are forgotten first.
const MOST: usize = 4096;
/// And for so long.
const KEPT: Duration = Duration::from_mins(10);
/// So many are shown.
const SHOWN: usize = 20;

/// A job with what is known of its events.
#[derive(Debug)]
pub(super) struct Known {
    /// What is to be asked for, the suspects behind all others.
    pub jobs: Vec<Job>,
    /// Events that have had all their deaths, each by itself, with the last of them.
    pub accused: Vec<(Job, Arc<LastDeath>)>,
}

/// The suspects.
#[derive(Debug, Default)]
pub(super) struct Suspects(BTreeMap<Place, Suspect>);

#[derive(Debug)]
struct Suspect {
    /// In a topic that was made anew another event stands in its place.
    time: i64,
    /// What another generation's workers die of says nothing of this one's.
    generation: u64,
    deaths: Deaths,
    /// It was the only one that the worker was at.
    is_alone: bool,
    last: Arc<LastDeath>,
    since: Instant,
}

impl Suspects {
    /// A worker of its generation died on this job, in this way: any of its events may be to blame.
    pub(super) fn note(&mut self, job: &Job, last: &Arc<LastDeath>, now: Instant) {
        let is_alone = job.events().len() == 1;
        // Whichever of several it is, two accidents are one death of each: else all would be accused at once.
        let here = if is_alone { job.deaths() } else { job.deaths().shared() };
        for event in job.events().iter().take(MOST) {
            let before = self.0.get(&event.place()).filter(|before| before.is(event, job.generation));
            let (since, deaths) = before.map_or((now, Deaths::default()), |before| (before.since, before.deaths));
            let suspect = Suspect {
                time: event.time,
                generation: job.generation,
                // One that is with two workers, since it was read again, may have had one accident.
                deaths: deaths.max(here),
                is_alone,
                last: Arc::clone(last),
                since,
            };
            self.0.insert(event.place(), suspect);
        }
        while self.0.len() > MOST {
            let Some(first) = self.0.values().map(|suspect| suspect.since).min() else { return };
            self.0.retain(|_, suspect| suspect.since > first);
        }
    }

    /// Nothing is held against these events any more.
    pub(super) fn clear(&mut self, events: &[Event]) {
        if !self.0.is_empty() {
            for event in events {
                self.0.remove(&event.place());
            }
        }
    }

    /// The workers of this generation may have died of something else.
    pub(super) fn forgive(&mut self, generation: u64) {
        self.0.retain(|_, suspect| suspect.generation != generation);
    }

    /// A job that no worker has been asked for yet, in parts, by what workers of this generation have died on.
    pub(super) fn part(&mut self, job: Job, generation: u64, now: Instant) -> Known {
        self.0.retain(|_, suspect| now.saturating_duration_since(suspect.since) < KEPT);
        let mut known = Known { jobs: vec![], accused: vec![] };
        if self.0.is_empty() {
            known.jobs.push(job);
            return known;
        }
        let (events, range) = (Arc::clone(&job.events), job.range.clone());
        let of = |place: usize| {
            let event: &Event = &events[place];
            self.0.get(&event.place()).filter(|suspect| suspect.is(event, generation))
        };
        let runs = runs(range, |place| of(place).map_or_else(Deaths::default, |suspect| suspect.deaths));
        let is_of_none = !runs.iter().any(|(_, deaths)| deaths.are_any());
        let (mut rest, mut suspected) = (Some(job), vec![]);
        for (run, deaths) in runs {
            let Some(job) = rest.take() else { break };
            let place = run.start;
            let Parted { at, mut others } = job.parted(Some(run));
            rest = others.pop();
            let mut at = at.after(deaths);
            if !is_of_none {
                // All parts of a flight go to one generation, and what another had would be forgiven.
                at.generation = generation;
            }
            match of(place).filter(|_| at.is_accused()) {
                Some(suspect) => known.accused.push((at, Arc::clone(&suspect.last))),
                None if at.is_suspect() => suspected.push(at),
                None => known.jobs.push(at),
            }
        }
        known.jobs.extend(suspected);
        known
    }

    /// Those that a worker was at when it died, and at no other.
    pub(super) fn seen(&self, now: Instant) -> Vec<SuspectSeen> {
        let seen = |(place, suspect): (&Place, &Suspect)| SuspectSeen {
            place: *place,
            deaths: suspect.deaths.all(),
            age: now.saturating_duration_since(suspect.since),
        };
        let alone = self.0.iter().filter(|(_, suspect)| suspect.is_alone);
        alone.map(seen).filter(|seen| seen.age < KEPT).take(SHOWN).collect()
    }
}

impl Suspect {
    fn is(&self, event: &Event, generation: u64) -> bool {
        self.time == event.time && self.generation == generation
    }
}

/// The places in runs of as many deaths; what has had its deaths stands by itself.
fn runs(places: Range<usize>, deaths: impl Fn(usize) -> Deaths) -> Vec<(Range<usize>, Deaths)> {
    let mut runs: Vec<(Range<usize>, Deaths)> = vec![];
    for place in places {
        let deaths = deaths(place);
        match runs.last_mut().filter(|(_, before)| *before == deaths && !deaths.are_enough()) {
            Some((run, _)) => run.end += 1,
            None => runs.push((place..place + 1, deaths)),
        }
    }
    runs
}

#[cfg(test)]
mod tests;
