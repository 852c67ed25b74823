//! What follows from a worker's death: what it leaves is asked of others, and who may be to blame is asked for by
//! itself.

use std::{sync::Arc, time::Instant};

use super::{
    Predictor,
    serving::{Heard, Serving},
    standing::{Judged, LastDeath},
    suspects::Known,
    traced,
};
use crate::{
    flights::{Job, job::Parted},
    panics,
    telemetry::stream::Death,
    worker::{
        left::Dead,
        messages::{AskKind, At, Cause, WorkerId},
        pool::NO_REQUEST,
    },
};

/// The step of a death of which nobody knows it: most are the model's.
const UNKNOWN: &str = "predict";

impl Predictor {
    pub(super) fn worker_died(&mut self, worker: WorkerId, cause: &Cause, at: Option<&At>, now: Instant) {
        let Some(serving) = self.serving(worker) else {
            tracing::warn!(
                code = "W001", worker = %worker,
                "{worker} died ({cause}) before its generation took over, or after its end"
            );
            self.early.note(worker, None);
            return;
        };
        let mut dead = serving.pool.died(worker.slot);
        let has_successor = serving.pool.has_successor(worker.slot);
        let (believed, doubtful) = serving.take_answers(worker.slot, &mut dead, now);
        let died_on = Serving::died_on(&dead, at);
        // After a panic of this program's own no event is to blame.
        let may_be_blamed = !panics::happened()
            && died_on.is_none_or(|place| serving.standing.died(dead.left[place].job.is_probe(), now));
        self.telemetry.stream.died(reason(&dead, cause));
        let may_be_last_straw = cause.is_exhaustion && dead.ended_for.is_none() && !dead.was_fresh;
        let is_kill = cause.is_kill && dead.ended_for.is_none();
        let after = |job: Job| if is_kill { job.after_kill() } else { job.after_death() };
        let at = at.filter(|at| died_on.is_some_and(|place| dead.left[place].id == at.id));
        let step = at.and_then(|at| at.step);
        self.take_in(Heard { believed, judged: Judged::default() }, worker.generation, now);
        let (mut waiting, mut behind, mut named) = (vec![], vec![], String::new());
        for (place, left) in dead.left.into_iter().enumerate() {
            let (places, singly) = (left.places(at), left.kind == AskKind::Singly);
            let Some(job) = left.job.without_first(left.answered).filter(|job| !job.is_probe()) else { continue };
            traced::died(&self.telemetry.traces, job.events(), (worker, cause), now);
            if died_on != Some(place) {
                waiting.push(if place == 0 && died_on.is_none() { job.left() } else { job });
                continue;
            }
            // One by one, those behind have not been begun.
            let first = job.range.start;
            let Parted { at, others } = job.parted(places.or_else(|| singly.then_some(first..first + 1)));
            let within = step.map(|step| format!(", in {step}")).unwrap_or_default();
            named = format!(" at {}{within}", self.named(&at));
            self.crashed_on(worker, &at, cause);
            if may_be_blamed && may_be_last_straw {
                // It may have been the others: one death at most. And in front of them, who would use it up again.
                let at = if at.is_suspect() { at } else { after(at) };
                waiting.push(at.wanting_fresh());
                waiting.extend(others);
            } else if may_be_blamed {
                for other in &others {
                    self.suspects.clear(other.events());
                }
                waiting.extend(others);
                let last = LastDeath { cause: cause.words.clone(), step: step.unwrap_or(UNKNOWN) };
                waiting.extend(self.blame(after(at), worker, last, now));
            } else {
                waiting.extend(others);
                behind.push(at);
            }
        }
        tracing::warn!(
            code = "W002", worker = %worker,
            "{worker} died ({cause}){named}; it is replaced and its batch tried again"
        );
        if let Some(serving) = self.serving(worker).filter(|_| has_successor) {
            serving.standing.replaced();
        }
        self.retries.extend(behind);
        self.return_jobs(doubtful.into_iter().chain(waiting));
    }

    fn crashed_on(&mut self, worker: WorkerId, job: &Job, cause: &Cause) {
        let probation = self.probation.as_mut().filter(|probation| probation.is_of(worker.generation));
        if let Some(probation) = probation.filter(|_| !panics::happened()) {
            probation.crashed_on(job.flight, &job.range, &cause.words);
        }
    }

    /// A job that no worker has been asked for: what is known of its events from when they were read before isn't to be
    /// found out again.
    pub(super) fn begin(&mut self, job: Job, now: Instant) {
        let Some(serving) = &mut self.current else { return self.retries.push_back(job) };
        let Known { jobs, accused } = self.suspects.part(job, serving.pool.generation(), now);
        self.retries.extend(jobs);
        for (job, last) in accused {
            let next = serving.pool.next_id();
            serving.standing.accuse(job, last, next, now);
        }
    }

    /// A worker died on this job: it is to be asked again, or accused.
    fn blame(&mut self, job: Job, worker: WorkerId, last: LastDeath, now: Instant) -> Option<Job> {
        let last = Arc::new(last);
        self.suspects.note(&job, &last, now);
        match self.serving(worker).filter(|_| job.is_accused()) {
            Some(serving) => {
                let next = serving.pool.next_id();
                serving.standing.accuse(job, last, next, now);
                None
            }
            None => Some(job),
        }
    }
}

/// Why a process ended.
fn reason(dead: &Dead, cause: &Cause) -> Death {
    match dead.ended_for {
        Some(NO_REQUEST) => Death::Replaced,
        Some(_) => Death::Timeout,
        None if cause.is_exhaustion => Death::Memory,
        None => Death::Crash,
    }
}
