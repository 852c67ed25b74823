//! Events that failed by errors which may pass, until they are tried again. Pure.
//!
//! Nobody works on them meanwhile: a delay is no worker's silence, and no other lane waits for it.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Instant,
};

use crate::flights::{Job, Part};

/// Requests for one event each, that which is due first in front.
#[derive(Debug, Default)]
pub(super) struct Delayed {
    jobs: VecDeque<(Instant, Job)>,
}

impl Delayed {
    /// What is known by an answer: all but of events that failed by errors which may pass. Those are to be asked for
    /// again at this time, unless their lane is over.
    pub(super) fn sift(&mut self, job: &Job, part: Part, due: Instant, over: &BTreeSet<u32>) -> Vec<Part> {
        let passing = part.passing();
        if passing.is_empty() {
            return vec![part];
        }
        let mut known = part.without(&passing);
        for again in passing.into_iter().map(|place| job.again(place)) {
            if again.events().iter().any(|event| over.contains(&event.ticket.assignment())) {
                known.push(Part::GivenUp(again.range));
            } else {
                self.add(again, due);
            }
        }
        known
    }

    /// The job is to be asked again at this time.
    fn add(&mut self, job: Job, due: Instant) {
        let place = self.jobs.partition_point(|(other, _)| *other <= due);
        self.jobs.insert(place, (due, job));
    }

    /// Takes out those whose time has come, in the order in which they were added where that is the same.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Job> {
        let count = self.jobs.partition_point(|(due, _)| *due <= now);
        self.jobs.drain(..count).map(|(_, job)| job).collect()
    }

    /// When the first is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.jobs.front().map(|(due, _)| *due)
    }

    /// Whether one of them was asked of this generation.
    pub(super) fn any_of(&self, generation: u64) -> bool {
        self.jobs.iter().any(|(_, job)| job.generation == generation)
    }

    /// The lanes that wait for them.
    pub(super) fn lanes(&self) -> BTreeSet<u32> {
        self.jobs.iter().flat_map(|(_, job)| job.events()).map(|event| event.ticket.assignment()).collect()
    }

    /// Takes out those of these lanes.
    pub(super) fn remove(&mut self, lanes: &[u32]) -> Vec<Job> {
        let is_of = |job: &Job| job.events().iter().any(|event| lanes.contains(&event.ticket.assignment()));
        let (removed, kept) = std::mem::take(&mut self.jobs).into_iter().partition(|(_, job)| is_of(job));
        self.jobs = kept;
        VecDeque::into_iter(removed).map(|(_, job)| job).collect()
    }

    /// Takes out all.
    pub(super) fn clear(&mut self) -> Vec<Job> {
        self.jobs.drain(..).map(|(_, job)| job).collect()
    }
}

#[cfg(test)]
mod tests;
