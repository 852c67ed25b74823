//! The workers of one generation, as the pipeline sees them: who is free, who holds which batch, who has been silent
//! for too long.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::{Sender, bounded};

use super::{
    asking::{AskKind, At},
    left::{Dead, Left},
    live::{InFlight, Live},
    messages::{Ask, WorkerId},
};
use crate::{
    config::{Batch, OnError, Probation, Retry},
    event::Took,
    flights::{Job, Part},
    model::ModelLabel,
    wire::{answer::Answer, protocol::Loaded},
};

/// Batches that a worker holds: one that it works on, and one so that it never waits for the next.
pub const IN_FLIGHT: usize = 2;

/// So long a worker may be at a suspect, at least, before others are asked for what waits behind it.
const LEASH: Duration = Duration::from_secs(1);

/// The number of no request.
pub(crate) const NO_REQUEST: u64 = At::NOTHING.id;

/// What a generation goes by.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    /// Its model's name.
    pub label: ModelLabel,
    /// How events are grouped for it.
    pub batch: Batch,
    /// What becomes of an event that fails.
    pub on_error: OnError,
    /// When it is to be taken back.
    pub probation: Probation,
    /// The longest that a worker may be silent on one batch.
    pub predict_timeout: Duration,
    /// How events are tried again.
    pub retry: Option<Retry>,
}

/// Those who start and replace the processes of a generation.
pub(crate) trait Crew: fmt::Debug + Send + Sync {
    /// The generation serves: what is started from now on may use all processors.
    fn take_over(&self);

    /// The generation is over: what loads ends, and nothing begins to.
    fn abandon(&self);

    /// Starts one more process, which reports as a replacement does; where it is to be asked.
    fn spare(&self, worker: WorkerId) -> Option<Sender<Ask>>;
}

/// A worker's place.
#[derive(Debug)]
pub(crate) struct Worker {
    asks: Sender<Ask>,
    pub(super) live: Option<Live>,
    /// It will never be replaced.
    pub(super) gone: bool,
}

impl Worker {
    /// Nothing more is asked of it, and it isn't replaced.
    fn close(&mut self) {
        self.asks = bounded(0).0;
        self.gone = true;
    }

    /// One that is asked over this channel, which holds [`IN_FLIGHT`] asks.
    pub(crate) fn new(asks: Sender<Ask>, live: Live) -> Self {
        Self { asks, live: Some(live), gone: false }
    }
}

/// Events that have been answered: all of a request, or one of those that are asked for singly.
#[derive(Debug)]
pub struct Answered {
    /// What was asked, without the events that aren't answered here.
    pub job: Job,
    /// The answer.
    pub part: Part,
    /// Time that the worker took; `None` for events that it was given singly, from which nothing follows for batches.
    pub took: Option<Took>,
}

/// The workers of one generation. Dropping it ends their processes.
#[derive(Debug)]
pub struct Pool {
    generation: u64,
    terms: Terms,
    crew: Box<dyn Crew>,
    pub(super) workers: Vec<Worker>,
    /// How many workers it is to have.
    size: usize,
    next_id: u64,
    serves: bool,
}

impl Pool {
    /// A generation whose workers have loaded their model.
    pub(crate) fn new(generation: u64, terms: Terms, crew: Box<dyn Crew>, workers: Vec<Worker>) -> Self {
        let size = workers.len();
        Self { generation, terms, crew, workers, size, next_id: NO_REQUEST + 1, serves: false }
    }

    /// From now on this generation serves: its processes may use all processors.
    pub fn take_over(&mut self) {
        self.serves = true;
        self.crew.take_over();
        for live in self.workers.iter().filter_map(|worker| worker.live.as_ref()) {
            release(self.generation, live);
        }
    }

    /// When it is to be taken back.
    pub fn probation(&self) -> Probation {
        self.terms.probation
    }

    /// Whether any of its processes is alive.
    pub fn is_alive(&self) -> bool {
        self.workers.iter().any(|worker| worker.live.is_some())
    }

    /// The generation's number.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The model's name.
    pub fn label(&self) -> &ModelLabel {
        &self.terms.label
    }

    /// How events are grouped for it.
    pub fn batch(&self) -> Batch {
        self.terms.batch
    }

    /// What becomes of an event that fails.
    pub fn on_error(&self) -> OnError {
        self.terms.on_error
    }

    /// How events are tried again.
    pub fn retry(&self) -> Option<Retry> {
        self.terms.retry
    }

    /// Its number of workers.
    pub fn size(&self) -> usize {
        self.size
    }

    /// What the model's first worker said of it.
    pub fn loaded(&self) -> Option<&Loaded> {
        self.workers.first().and_then(|worker| worker.live.as_ref()).map(|live| &live.loaded)
    }

    /// The worker that should get the next batch, and how many it holds: the one with the fewest. Nothing waits behind
    /// what may kill its worker.
    pub fn free_worker(&self) -> Option<(usize, usize)> {
        self.free_among(|_| true)
    }

    /// The same among those that have answered more than probes.
    pub fn free_seasoned_worker(&self) -> Option<(usize, usize)> {
        self.free_among(|live| !live.is_fresh)
    }

    /// The same among the others.
    pub fn free_fresh_worker(&self) -> Option<(usize, usize)> {
        self.free_among(|live| live.is_fresh)
    }

    /// Whether there is one that has answered nothing but probes, or will be.
    pub fn has_fresh_worker(&self) -> bool {
        self.workers.iter().any(|worker| worker.live.as_ref().map_or(!worker.gone, |live| live.is_fresh))
    }

    fn free_among(&self, is_among: impl Fn(&Live) -> bool) -> Option<(usize, usize)> {
        let has_room = |live: &&Live| {
            live.in_flight.len() < IN_FLIGHT
                && live.ended_for.is_none()
                && live.in_flight.back().is_none_or(|last| !last.job.is_suspect())
                && is_among(live)
        };
        self.workers
            .iter()
            .enumerate()
            .filter_map(|(slot, worker)| Some((slot, worker.live.as_ref().filter(has_room)?.in_flight.len())))
            .min_by_key(|(_, in_flight)| *in_flight)
    }

    /// How many batches a worker holds; `None` where it is dead.
    pub fn in_flight(&self, slot: usize) -> Option<usize> {
        Some(self.workers.get(slot)?.live.as_ref()?.in_flight.len())
    }

    /// The number of the next request.
    pub fn next_id(&self) -> u64 {
        self.next_id
    }

    /// Gives a job to a worker that [`Pool::free_worker`] named.
    pub fn ask(&mut self, slot: usize, mut job: Job, kind: AskKind, now: Instant) {
        job.generation = self.generation;
        let worker = &mut self.workers[slot];
        let Some(live) = worker.live.as_mut() else { return };
        let id = self.next_id;
        self.next_id += 1;
        let ask = Ask { incarnation: live.incarnation, id, encoding: live.encoding.clone(), job: job.clone(), kind };
        let waited = live.begins(InFlight { id, job, kind, answers: vec![], answered: 0, is_cut: false }, now);
        if waited && live.process.takes_at_once(&ask) {
            return;
        }
        // The channel holds IN_FLIGHT asks, and its thread ends only with this pool or a panic, which it tells.
        if worker.asks.try_send(ask).is_err() {
            tracing::debug!(slot, "a worker's thread does not take its job");
        }
    }

    /// Part of an answer has come. `Some` once the request is answered whole; of events that are asked for singly, for
    /// each.
    pub fn answered(&mut self, slot: usize, id: u64, answer: Answer, now: Instant) -> Option<Answered> {
        let live = self.workers.get_mut(slot)?.live.as_mut()?;
        live.silent_since = Some(now);
        let oldest = live.in_flight.front_mut()?;
        let rows = oldest.job.range.len();
        if oldest.id != id || answer.first != oldest.answered || oldest.answered + answer.count > rows {
            tracing::error!(code = "W007", "a worker answered what it was not asked; it is replaced");
            live.process.end();
            return None;
        }
        live.is_fresh &= oldest.job.is_probe();
        let (first, count, took) = (answer.first, answer.count, answer.took);
        oldest.answered += count;
        let is_whole = oldest.answered == rows;
        match oldest.kind {
            AskKind::Singly => {
                let job = oldest.job.clone();
                if is_whole && live.in_flight.pop_front().is_some_and(|request| request.is_cut) {
                    // It goes on with what others have been asked for.
                    live.process.end();
                    live.ended_for = live.ended_for.or(Some(NO_REQUEST));
                }
                let part = self.part(&job, vec![answer]);
                Some(Answered { job: job.only(first..first + count), part, took: None })
            }
            AskKind::Batch => {
                oldest.answers.push(answer);
                let InFlight { job, answers, .. } = live.in_flight.pop_front_if(|_| is_whole)?;
                let part = self.part(&job, answers);
                Some(Answered { job, part, took: Some(took) })
            }
        }
    }

    fn part(&self, job: &Job, answers: Vec<Answer>) -> Part {
        let attempt = job.attempt(self.terms.retry.map_or(0, |retry| retry.attempts));
        Part::answered(job.range.start, answers, self.generation, Arc::clone(&self.terms.label), attempt)
    }

    /// A worker shows that it is still at work.
    pub fn progressed(&mut self, slot: usize, now: Instant) {
        if let Some(live) = self.workers.get_mut(slot).and_then(|worker| worker.live.as_mut()) {
            live.silent_since = Some(now);
        }
    }

    /// A worker died.
    pub fn died(&mut self, slot: usize) -> Dead {
        let Some(live) = self.workers.get_mut(slot).and_then(|worker| worker.live.take()) else {
            return Dead::default();
        };
        // The one that was started beside it takes its place, where it has loaded.
        if self.places() > self.size && self.has_successor(slot) {
            self.workers[slot].close();
        }
        let left = |InFlight { id, job, kind, answers, answered, .. }| {
            let part = (!answers.is_empty()).then(|| self.part(&job, answers));
            Left { id, job, kind, answered, part }
        };
        Dead {
            ended_for: live.ended_for,
            was_fresh: live.is_fresh,
            left: live.in_flight.into_iter().map(left).collect(),
        }
    }

    /// Nothing more comes of a worker.
    pub fn gone(&mut self, slot: usize) {
        if let Some(worker) = self.workers.get_mut(slot) {
            worker.gone = true;
        }
    }

    /// Those that have a worker, or will.
    fn places(&self) -> usize {
        self.workers.iter().filter(|worker| !worker.gone).count()
    }

    /// Whether there are as many live workers without this one as the pool is to have.
    pub fn has_successor(&self, slot: usize) -> bool {
        let others = self.workers.iter().enumerate().filter(|(other, _)| *other != slot);
        others.filter(|(_, worker)| worker.live.is_some()).count() >= self.size
    }

    /// Hands back what waits behind suspects that their workers have been at for long. Where each worker is at one, so
    /// that all others would wait for `predict_timeout`, one more is started, which takes the place of the first that
    /// dies. One that is `needed` stays, though it is idle and more than enough.
    pub fn go_past_suspects(&mut self, now: Instant, needed: impl Fn(usize) -> bool) -> Vec<Job> {
        let leash = LEASH.max(self.terms.predict_timeout / 10);
        let (mut back, mut stuck) = (vec![], 0);
        for live in self.workers.iter_mut().filter_map(|worker| worker.live.as_mut()) {
            let since = live.silent_since().filter(|since| now.saturating_duration_since(*since) >= leash);
            let request = live.in_flight.front_mut().filter(|request| since.is_some() && request.job.is_suspect());
            stuck += usize::from(request.is_some());
            back.extend(request.and_then(InFlight::cut));
        }
        if stuck == 0 {
            self.close_surplus(needed);
        } else if stuck == self.places() && stuck == self.size {
            let worker = WorkerId { generation: self.generation, slot: self.workers.len() };
            let asks = self.crew.spare(worker);
            self.workers.extend(asks.map(|asks| Worker { asks, live: None, gone: false }));
        }
        back
    }

    /// Ends a spare, or the one that it was started beside, where neither has anything to do.
    fn close_surplus(&mut self, needed: impl Fn(usize) -> bool) {
        // The death of one that was ended has still to be reported.
        let lives = |worker: &Worker| worker.live.as_ref().is_some_and(|live| live.ended_for.is_none());
        let live = self.workers.iter().filter(|worker| lives(worker)).count();
        if live >= self.size && !self.has_suspects() {
            // What has not started yet would be one too many, and each try may cost the others their memory.
            self.workers.iter_mut().filter(|worker| worker.live.is_none()).for_each(Worker::close);
        }
        let is_idle = |worker: &Worker| worker.live.as_ref().is_some_and(|live| live.in_flight.is_empty());
        let mut all = self.workers.iter_mut().enumerate();
        let idle = all.rfind(|(slot, worker)| lives(worker) && is_idle(worker) && !needed(*slot));
        if let Some((_, worker)) = idle.filter(|_| live > self.size) {
            worker.live = None;
            worker.close();
        }
    }

    /// Whether any worker is at what another died of.
    fn has_suspects(&self) -> bool {
        let mut asked = self.workers.iter().filter_map(|worker| worker.live.as_ref()).flat_map(|live| &live.in_flight);
        asked.any(|request| request.job.is_suspect())
    }

    /// Whether none of its workers will ever answer again.
    pub fn is_gone(&self) -> bool {
        self.workers.iter().all(|worker| worker.gone)
    }

    /// A worker was replaced.
    pub fn replaced(&mut self, slot: usize, live: Live) {
        let Some(worker) = self.workers.get_mut(slot).filter(|worker| !worker.gone) else { return };
        // It may have been loading, on one processor, when its generation took over.
        if self.serves {
            release(self.generation, &live);
        }
        worker.live = Some(live);
    }

    /// Ends workers that have been silent on a batch for longer than `predict_timeout`; each is reported dead soon.
    pub fn end_silent(&mut self, now: Instant) {
        for (slot, worker) in self.workers.iter_mut().enumerate() {
            let Some(live) = worker.live.as_mut() else { continue };
            let Some(since) = live.silent_since() else { continue };
            let silent = now.saturating_duration_since(since);
            if silent >= self.terms.predict_timeout {
                let id = WorkerId { generation: self.generation, slot };
                tracing::warn!(
                    code = "W008", worker = %id,
                    "{id}: no answer for {} s (operators.<name>.predict_timeout); it is replaced and its batch tried again",
                    silent.as_secs()
                );
                live.process.end();
                // An answer may still come before its death is reported: what it is at then is not to blame.
                live.ended_for = live.ended_for.or_else(|| Some(live.in_flight.front()?.id));
                // Not again before its death is reported.
                live.silent_since = Some(now);
            }
        }
    }

    /// Ends a worker for no fault of what it holds; it is reported dead soon.
    pub fn end(&mut self, slot: usize) {
        if let Some(live) = self.workers.get_mut(slot).and_then(|worker| worker.live.as_mut()) {
            live.process.end();
            live.ended_for = live.ended_for.or(Some(NO_REQUEST));
        }
    }

    /// The whole program stood still for so long, and its workers may have as well.
    pub fn stood_still(&mut self, time: Duration, now: Instant) {
        for live in self.workers.iter_mut().filter_map(|worker| worker.live.as_mut()) {
            live.silent_since = live.silent_since.map(|since| (since + time).min(now));
        }
    }

    /// When the first worker will have been silent for too long.
    pub fn next_deadline(&self) -> Option<Instant> {
        let since = self.workers.iter().filter_map(|worker| worker.live.as_ref()?.silent_since()).min()?;
        Some(since + self.terms.predict_timeout)
    }

    /// Whether no worker holds a batch.
    pub fn is_idle(&self) -> bool {
        self.workers.iter().all(|worker| worker.live.as_ref().is_none_or(|live| live.in_flight.is_empty()))
    }
}

fn release(generation: u64, live: &Live) {
    if let Err(error) = live.process.release() {
        tracing::warn!(
            code = "W009",
            generation,
            "generation {generation}: {:?} stays on one processor ({error})",
            live.process
        );
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.crew.abandon();
    }
}

#[cfg(test)]
mod tests;
