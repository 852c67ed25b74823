//! One generation as its predictor sees it: its workers, and whether they can be believed.

use std::time::Instant;

use super::{
    doubts::{Answered, Doubts},
    standing::{Judged, Standing},
};
use crate::{
    flights::Job,
    worker::{
        left::Dead,
        messages::{AskKind, At, WorkerId},
        pool::{IN_FLIGHT, Pool},
    },
};

/// Larger events are no probes: one is kept.
const LARGEST_PROBE: usize = 8 << 20;

/// A generation's workers, and what is known of their health.
#[derive(Debug)]
pub(super) struct Serving {
    pub pool: Pool,
    pub standing: Standing,
    pub doubts: Doubts,
    /// Workers that have answered nothing yet are kept for a job that wants one for itself.
    keeps_fresh: bool,
}

/// What follows from a worker's answer.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// What is believed now.
    pub believed: Vec<Answered>,
    /// What follows for those that are accused.
    pub judged: Judged,
}

impl Serving {
    /// Nothing is known of it yet.
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool, standing: Standing::default(), doubts: Doubts::default(), keeps_fresh: false }
    }

    /// Whether nothing is to be expected of it any more, once another generation serves.
    pub(super) fn is_hopeless(&self) -> bool {
        let proves_nothing = !self.standing.has_probe() && self.pool.is_idle();
        !self.pool.is_alive() || self.standing.is_unwell() || (self.standing.needs_proof() && proves_nothing)
    }

    /// The worker that should get what is new, and how many batches it holds.
    pub(super) fn free_worker(&self) -> Option<(usize, usize)> {
        let is_held = self.standing.is_unwell() && (self.standing.has_probe() || !self.pool.is_idle());
        match self.keeps_fresh {
            _ if is_held => None,
            true => self.pool.free_seasoned_worker(),
            false => self.pool.free_worker(),
        }
    }

    /// Whether workers that have answered nothing yet are kept for a job that wants one for itself.
    pub(super) fn keep_fresh(&mut self, keeps: bool) {
        self.keeps_fresh = keeps && !self.standing.is_unwell();
    }

    /// The worker that should get this job.
    pub(super) fn free_worker_for(&self, job: &Job) -> Option<usize> {
        let wants_fresh = self.keeps_fresh && job.wants_fresh();
        let (slot, in_flight) = if wants_fresh { self.pool.free_fresh_worker() } else { self.free_worker() }?;
        // It must not die of what stands before a suspect, or of what another event has left.
        let may_be_asked = in_flight == 0 && self.standing.may_ask_suspects() && !self.doubts.are_held(slot);
        (may_be_asked || !job.is_suspect()).then_some(slot)
    }

    /// Gives a job to a worker. What another generation's workers died of says nothing of this one's.
    pub(super) fn ask(&mut self, slot: usize, job: Job, now: Instant) {
        let job = if job.generation == self.pool.generation() { job } else { job.forgiven() };
        let is_doubtful = job.is_suspect() || self.standing.is_unwell();
        let kind = if is_doubtful { AskKind::Singly } else { AskKind::Batch };
        self.pool.ask(slot, job, kind, now);
    }

    /// Asks for what scored before, of those whose health is in doubt.
    pub(super) fn ask_probes(&mut self, now: Instant) {
        if let Some(probe) = self.standing.next_probe()
            && let Some((slot, _)) = self.pool.free_worker()
        {
            self.standing.probing();
            self.pool.ask(slot, probe, AskKind::Batch, now);
        }
        if !self.doubts.hold_any() {
            return;
        }
        for slot in self.doubts.wanted().collect::<Vec<_>>() {
            let has_room = self.pool.in_flight(slot).is_some_and(|in_flight| in_flight < IN_FLIGHT);
            if let Some(probe) = self.standing.probe().filter(|_| has_room) {
                self.doubts.probing(slot);
                self.pool.ask(slot, probe, AskKind::Batch, now);
            }
        }
    }

    /// What is held and can't be settled any more, since what scored before was given up: what of that is believed,
    /// and what is tried once more.
    pub(super) fn withdraw_doubts(&mut self) -> Option<(Vec<Answered>, Vec<Job>)> {
        let can_be_settled = self.standing.has_own_probe() || !self.doubts.hold_any();
        (!can_be_settled).then(|| self.doubts.disband())
    }

    /// A worker has answered a job, whole or in part.
    pub(super) fn answered(&mut self, slot: usize, id: u64, answered: Answered, now: Instant) -> Heard {
        let (job, part) = &answered;
        let (is_probe, scores) = (job.is_probe(), part.scores());
        if is_probe {
            self.standing.probe_is_gone();
            if !scores {
                if part.failing_from().is_some() {
                    return self.failed_probe(slot, now);
                }
                // A hook drops what it has seen before, for one: what is held has been seen too.
                self.standing.probe_says_nothing();
                return Heard { believed: self.doubts.believe(slot), judged: Judged::default() };
            }
        }
        // Where an event that scored can be asked, failures prove nothing.
        let proves = scores || (!self.standing.has_probe() && part.is_of_the_model());
        let is_awaited = self.standing.needs_proof() || self.standing.is_unwell();
        let judged = if is_awaited && proves { self.standing.proven(id) } else { Judged::default() };
        if is_probe {
            return Heard { believed: self.doubts.believe(slot), judged };
        }
        self.keep_probe(&answered, now);
        // Else nothing could settle a doubt.
        let can_be_settled = self.standing.has_own_probe();
        let believed = if can_be_settled { self.doubts.answered(slot, answered, now) } else { vec![answered] };
        Heard { believed, judged }
    }

    /// What scored before has failed: the process is ended where that is held against it, and what is held of it is
    /// tried once more.
    fn failed_probe(&mut self, slot: usize, now: Instant) -> Heard {
        let (is_held, generation) = (self.doubts.are_held(slot), self.pool.generation());
        let counts = self.standing.failed_probe(now);
        if !is_held && !counts {
            return Heard { believed: self.doubts.believe(slot), judged: Judged::default() };
        }
        if is_held {
            tracing::warn!(
                code = "W003", worker = %WorkerId { generation, slot },
                "generation {generation}, worker {slot}: events fail, one that scored before too; it is replaced, and they are tried once more"
            );
            self.doubts.exhausted(slot);
        } else {
            tracing::warn!(
                code = "W004", worker = %WorkerId { generation, slot },
                "generation {generation}, worker {slot}: an event that scored before fails; it is replaced"
            );
        }
        self.pool.end(slot);
        Heard::default()
    }

    fn keep_probe(&mut self, (job, part): &Answered, now: Instant) {
        if !self.standing.wants_sample(now) {
            return;
        }
        let scored = part.first_scored().map(|place| &job.events[place]);
        if let Some(event) = scored.filter(|event| event.size() <= LARGEST_PROBE) {
            self.standing.scored(event);
        }
    }

    /// Takes in what a dead worker has answered: what of that is believed, and what is tried once more.
    pub(super) fn take_answers(&mut self, slot: usize, dead: &mut Dead, now: Instant) -> (Vec<Answered>, Vec<Job>) {
        if dead.left.iter().any(|left| left.job.is_probe()) {
            self.standing.probe_is_gone();
        }
        let mut believed = vec![];
        for left in dead.left.iter_mut().filter(|left| !left.job.is_probe()) {
            if let Some(part) = left.part.take() {
                let job = left.job.clone().only(0..left.answered);
                believed.extend(self.doubts.answered(slot, (job, part), now));
            }
        }
        let (also_believed, again) = self.doubts.ended(slot);
        believed.extend(also_believed);
        (believed, again)
    }

    /// The request that a worker died on; `None` where it was at none of those that it left.
    pub(super) fn died_on(dead: &Dead, at: Option<&At>) -> Option<usize> {
        let first = dead.left.first()?;
        let id = dead.ended_for.or_else(|| at.map(|at| at.id)).unwrap_or(first.id);
        let Some(place) = dead.left.iter().position(|left| left.id == id) else {
            // Once it may have died of itself; where the next one does too, it can't even take it in.
            return (dead.ended_for.is_none() && first.job.was_left()).then_some(0);
        };
        // Of events that are asked for singly it may have answered one, and not begun the next.
        let has_answered = |at: &At| at.id == id && at.places.end <= dead.left[place].answered;
        (dead.ended_for.is_some() || !at.is_some_and(has_answered)).then_some(place)
    }
}
