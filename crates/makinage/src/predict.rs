//! Flights and the generations that answer them: which worker gets which batch, and what a worker's death leads to.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::{
    batch::{BatchSizer, Queued},
    config::Batch,
    event::{Event, Failure},
    flights::{AfterDeath, Flights, Job, Landed, Part},
    generation::{Trouble, probation::Probation},
    panics,
    worker::{
        early::EarlyNews,
        messages::{AskKind, FromWorker, WorkerId},
        pool::Pool,
    },
    write::Scored,
};

/// Flights that may be open for each worker: more would only wait in memory behind a slow one.
const MAX_FLIGHTS_PER_WORKER: usize = 4;

/// The flights under way, and the pools of workers that they are with.
///
/// One generation at a time, the newest, takes new jobs; those before it finish what they hold. A job is answered by
/// the generation that took it last.
#[derive(Debug)]
pub(crate) struct Predictor {
    sizer: BatchSizer,
    flights: Flights,
    /// What dead workers left, before anything new.
    retries: VecDeque<Job>,
    current: Option<Pool>,
    /// The conduct of the current one.
    probation: Option<Probation>,
    draining: Vec<Pool>,
    /// Of the workers of a generation that has not taken over yet.
    early: EarlyNews,
}

impl Default for Predictor {
    /// Without a generation: nothing is taken until the first one comes, with its rule.
    fn default() -> Self {
        Self {
            sizer: BatchSizer::new(Batch::Auto),
            flights: Flights::default(),
            retries: VecDeque::new(),
            current: None,
            probation: None,
            draining: vec![],
            early: EarlyNews::default(),
        }
    }
}

impl Predictor {
    /// From now on jobs go to this generation.
    pub(crate) fn switch_to(&mut self, mut pool: Pool, now: Instant) {
        self.early.bring_up_to_date(&mut pool);
        pool.take_over();
        tracing::info!("generation {}: model {} takes over", pool.generation(), pool.label());
        let rate_before = self.probation.as_ref().map_or(0.0, Probation::error_rate);
        self.probation = Some(Probation::new(pool.generation(), pool.probation(), rate_before, now));
        self.sizer = BatchSizer::new(pool.batch());
        self.draining.extend(self.current.replace(pool));
    }

    /// How many of the queued events the next flight should have; 0 while there is no worker for it.
    pub(crate) fn wants(&self, queued: Queued) -> usize {
        self.free_for_next().map_or(0, |in_flight| self.sizer.size_now(queued, in_flight))
    }

    /// How many batches the worker holds that would get the next flight; `None` while none may be opened.
    fn free_for_next(&self) -> Option<usize> {
        let pool = self.current.as_ref().filter(|_| self.retries.is_empty())?;
        let (_, in_flight) = pool.free_worker()?;
        (self.flights.len() < MAX_FLIGHTS_PER_WORKER * pool.size()).then_some(in_flight)
    }

    /// Opens a flight and gives it to a worker. A tombstone, which stands alone, has no value that a worker could see.
    pub(crate) fn open(&mut self, events: Vec<Event>, now: Instant) {
        let tombstone = events.first().is_none_or(|event| event.value().is_none());
        let job = self.flights.open(events);
        if tombstone {
            let failure =
                Failure::new("decode", "Tombstone", "the record has no value (null), so there is nothing to score");
            self.flights.add(job.flight, Part::Failed(0, failure));
        } else {
            self.retries.push_back(job);
            self.dispatch(now);
        }
    }

    /// Gives waiting jobs to free workers.
    pub(crate) fn dispatch(&mut self, now: Instant) {
        for _ in 0..self.retries.len() {
            let Some(job) = self.retries.pop_front() else { return };
            let pool = self.pool_for(&job);
            match pool.and_then(|pool| Some((pool.free_worker()?.0, pool))) {
                Some((slot, pool)) => pool.ask(slot, job, AskKind::Batch, now),
                None => self.retries.push_back(job),
            }
        }
    }

    /// A job goes back to the generation that had it, while that lives: a later batch may have been answered by it
    /// already, and the switch is monotone.
    fn pool_for(&mut self, job: &Job) -> Option<&mut Pool> {
        let had_it = |pool: &Pool| pool.generation() == job.generation && pool.is_alive();
        match self.draining.iter().position(had_it) {
            Some(place) => self.draining.get_mut(place),
            None => self.current.as_mut(),
        }
    }

    /// Takes in what a worker says.
    pub(crate) fn hear(&mut self, message: FromWorker, now: Instant) {
        match message {
            FromWorker::Answer { worker, id, answer } => {
                let Some(answered) = self.pool(worker).and_then(|pool| pool.answered(worker.slot, id, answer, now))
                else {
                    return;
                };
                if self.current.as_ref().is_some_and(|pool| pool.generation() == worker.generation) {
                    self.sizer.measured(answered.rows, answered.took);
                }
                self.flights.add(answered.flight, answered.part);
            }
            FromWorker::Progress { worker } => {
                if let Some(pool) = self.pool(worker) {
                    pool.progressed(worker.slot, now);
                }
            }
            FromWorker::Ready { worker, live } => {
                tracing::info!("{worker}: replaced, its model is loaded again");
                match self.pool(worker) {
                    Some(pool) => pool.replaced(worker.slot, live),
                    None => self.early.note(worker, Some(live)),
                }
            }
            FromWorker::Died { worker, cause, at: _ } => self.worker_died(worker, &cause),
            FromWorker::Gone { worker } => {
                self.worker_died(worker, "its thread panicked");
                if let Some(pool) = self.pool(worker) {
                    pool.gone(worker.slot);
                }
            }
        }
    }

    fn pool(&mut self, worker: WorkerId) -> Option<&mut Pool> {
        self.current.iter_mut().chain(&mut self.draining).find(|pool| pool.generation() == worker.generation)
    }

    fn worker_died(&mut self, worker: WorkerId, cause: &str) {
        let Some(pool) = self.pool(worker) else {
            tracing::warn!("{worker} died ({cause}) before its generation took over, or after its end");
            self.early.note(worker, None);
            return;
        };
        let mut held = pool.died(worker.slot).left.into_iter().map(|left| left.job);
        tracing::warn!("{worker} died ({cause}); it is replaced and its batch tried again");
        // Only the oldest job was being worked on; the others come back without blame, behind what follows from it.
        // After a panic of this program's own no event is to blame.
        let blamed = if panics::happened() { None } else { held.next() };
        let died_on = blamed.as_ref().map(|job| (job.flight, job.range.clone()));
        let blamed = blamed.map(Job::after_death);
        for job in held.rev() {
            self.retries.push_front(job);
        }
        if let Some(probation) = self.probation.as_mut().filter(|probation| probation.is_of(worker.generation))
            && let Some((flight, part)) = died_on
        {
            probation.crashed_on(flight, &part);
        }
        match blamed {
            Some(AfterDeath::Retry(jobs)) => jobs.into_iter().rev().for_each(|job| self.retries.push_front(job)),
            Some(AfterDeath::Guilty(job)) => {
                let message = format!("the worker died each time it was given this event ({cause})");
                let failure = Failure::new("predict", "WorkerDied", message);
                self.flights.add(job.flight, Part::Failed(job.range.start, failure));
            }
            None => {}
        }
    }

    /// Ends workers that have been silent for too long, and generations that have finished what they held.
    pub(crate) fn tick(&mut self, now: Instant) {
        for pool in self.current.iter_mut().chain(&mut self.draining) {
            pool.end_silent(now);
        }
        let retries = &self.retries;
        let awaited = |pool: &Pool| pool.is_alive() && retries.iter().any(|job| job.generation == pool.generation());
        self.draining.retain(|pool| !pool.is_idle() || awaited(pool));
    }

    /// When [`Predictor::tick`], or the batching rule, has something to do without a message.
    pub(crate) fn next_deadline(&self, queued: Queued, now: Instant) -> Option<Duration> {
        let silent = self.current.iter().chain(&self.draining).filter_map(Pool::next_deadline).min();
        let silent = silent.map(|at| at.saturating_duration_since(now));
        // Without room its being due changes nothing, and to look again at once would be to spin.
        let due = self.sizer.deadline(queued).filter(|_| self.free_for_next().is_some());
        silent.into_iter().chain(due).min()
    }

    /// So many events of a generation were answered, of which so many failed.
    pub(crate) fn scored(&mut self, scored: &Scored) {
        if let Some(probation) = self.probation.as_mut().filter(|probation| probation.is_of(scored.generation)) {
            probation.scored(scored.events, scored.failed);
        }
    }

    /// Whether the current generation should be taken back; told once.
    pub(crate) fn verdict(&mut self, now: Instant) -> Option<Trouble> {
        self.probation.as_mut()?.verdict(now)
    }

    /// The next flight in order, once everything about it is known.
    pub(crate) fn pop_landed(&mut self) -> Option<Landed> {
        self.flights.pop_landed()
    }

    /// Whether what is under way will never be answered.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.current.iter().chain(&self.draining).all(Pool::is_gone)
    }

    /// Whether nothing is under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.flights.is_empty()
    }
}

#[cfg(test)]
mod tests;
