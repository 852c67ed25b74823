//! Whether a process that fails all of its events is exhausted: out of file descriptors, its accelerator's context
//! broken. Pure.
//!
//! Failures after which nothing scored are not believed at once: the process is asked for the *probe*, an event that
//! its generation has scored. Where that scores, they are. Where it fails too, the process is replaced and the events
//! are tried once more. Where they fail then as well, replacing was of no use, and it is not done again for a while
//! that grows from one such time to the next, until replacing has been of use.

use std::time::{Duration, Instant};

use crate::{
    backoff::Backoff,
    flights::{Job, Part},
};

/// For so long answers are believed after a replacement that was of no use: at first, and at most.
const BELIEVED: Backoff = Backoff::new(Duration::from_mins(1), Duration::from_hours(1));

/// An answer.
pub(super) type Answered = (Job, Part);

/// What is held of one process.
#[derive(Debug, Default)]
struct Process {
    /// Each with the place of the first event that failed since one scored.
    held: Vec<(Answered, usize)>,
    is_probing: bool,
    /// It failed the probe too, and is ended for that.
    is_exhausted: bool,
}

/// One generation's, by the workers' places.
#[derive(Debug)]
pub(super) struct Doubts {
    processes: Vec<Process>,
    believed: Backoff,
    believed_until: Option<Instant>,
}

impl Default for Doubts {
    fn default() -> Self {
        Self { processes: vec![], believed: BELIEVED, believed_until: None }
    }
}

impl Doubts {
    fn process(&mut self, slot: usize) -> &mut Process {
        if self.processes.len() <= slot {
            self.processes.resize_with(slot + 1, Process::default);
        }
        &mut self.processes[slot]
    }

    /// A worker has answered: what is believed now.
    pub(super) fn answered(&mut self, slot: usize, answered: Answered, now: Instant) -> Vec<Answered> {
        let (job, part) = &answered;
        let (failing_from, scores) = (part.failing_from(), part.scores());
        let is_time_of_belief = self.believed_until.is_some_and(|until| now < until);
        match job.is_tried() {
            true if scores => self.believed.succeeded(),
            // Of several that fail at the same time the first one counts.
            true if failing_from.is_some() && !is_time_of_belief => {
                self.believed_until = Some(now + self.believed.failed());
            }
            _ => {}
        }
        let is_believed = job.is_tried() || is_time_of_belief;
        let process = self.process(slot);
        let mut all = vec![];
        if scores {
            all.extend(process.held.drain(..).map(|(answered, _)| answered));
        }
        match failing_from.filter(|_| !is_believed) {
            Some(from) => process.held.push((answered, from)),
            None => all.push(answered),
        }
        all
    }

    /// The workers of which a probe is wanted.
    pub(super) fn wanted(&self) -> impl Iterator<Item = usize> + '_ {
        let wanted = |process: &Process| !process.held.is_empty() && !process.is_probing;
        self.processes.iter().enumerate().filter(move |(_, process)| wanted(process)).map(|(slot, _)| slot)
    }

    /// It was asked.
    pub(super) fn probing(&mut self, slot: usize) {
        self.process(slot).is_probing = true;
    }

    /// The probe was answered, and not so that what is held would be doubtful: it is believed.
    pub(super) fn believe(&mut self, slot: usize) -> Vec<Answered> {
        let process = self.process(slot);
        process.is_probing = false;
        process.held.drain(..).map(|(answered, _)| answered).collect()
    }

    /// Whether answers of this worker are held.
    pub(super) fn are_held(&self, slot: usize) -> bool {
        self.processes.get(slot).is_some_and(|process| !process.held.is_empty())
    }

    /// The process has failed the probe too: it is to be ended.
    pub(super) fn exhausted(&mut self, slot: usize) {
        self.process(slot).is_exhausted = true;
    }

    /// The process has ended: what is believed of what was held of it, and what is tried again.
    pub(super) fn ended(&mut self, slot: usize) -> (Vec<Answered>, Vec<Job>) {
        let Process { held, is_exhausted, .. } = std::mem::take(self.process(slot));
        let (mut believed, mut again) = (vec![], vec![]);
        for ((job, part), from) in held {
            again.push(job.clone().from(from).tried(is_exhausted));
            believed.extend(part.until(from).map(|part| (job, part)));
        }
        (believed, again)
    }

    /// The generation is over: what of all that is held is believed, and what is asked of the next.
    pub(super) fn disband(&mut self) -> (Vec<Answered>, Vec<Job>) {
        let (mut believed, mut again) = (vec![], vec![]);
        for slot in 0..self.processes.len() {
            let (answered, jobs) = self.ended(slot);
            believed.extend(answered);
            again.extend(jobs);
        }
        (believed, again)
    }

    /// Whether any answer is held.
    pub(super) fn hold_any(&self) -> bool {
        self.processes.iter().any(|process| !process.held.is_empty())
    }
}

#[cfg(test)]
mod tests;
