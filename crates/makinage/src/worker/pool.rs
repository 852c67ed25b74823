//! The workers of one generation, as the pipeline sees them: who is free, who holds which batch, who has been silent for too long.

use std::{
    collections::VecDeque,
    net::Shutdown,
    os::unix::net::UnixStream,
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Sender, bounded};

use super::{
    messages::{Ask, FromWorker, WorkerId},
    setup::WorkerPlan,
    slot::Slot,
};
use crate::{
    child::confine,
    wire::{
        answer::Answer,
        protocol::{LoadFailure, Loaded},
    },
};
use crate::{
    config::{self, Batch, OnError},
    flights::{Job, Part},
    model::ModelLabel,
};

/// Batches that a worker holds: one that it works on, and one so that it never waits for the next.
pub const IN_FLIGHT: usize = 2;

/// A process that has loaded its model.
#[derive(Debug)]
pub struct Live {
    pub(super) incarnation: u32,
    process: u32,
    /// What it said of the model.
    pub loaded: Loaded,
    abort: UnixStream,
    in_flight: VecDeque<InFlight>,
    /// Since when the worker has been at its oldest request without a sign of life.
    silent_since: Instant,
}

#[derive(Debug)]
struct InFlight {
    id: u64,
    job: Job,
    answers: Vec<Answer>,
}

impl Live {
    pub(super) fn new(process: u32, abort: UnixStream, loaded: Loaded) -> Self {
        Self { incarnation: 0, process, loaded, abort, in_flight: VecDeque::new(), silent_since: Instant::now() }
    }
}

#[derive(Debug)]
struct Worker {
    asks: Sender<Ask>,
    live: Option<Live>,
    /// It will never be replaced.
    gone: bool,
}

/// A request that has been answered whole.
#[derive(Debug)]
pub struct Answered {
    /// The flight that it belongs to.
    pub flight: u64,
    /// The answer.
    pub part: Part,
    /// Events in it.
    pub rows: usize,
    /// Time that the model took.
    pub took: Duration,
}

/// The workers of one generation. Dropping it ends their processes.
#[derive(Debug)]
pub struct Pool {
    generation: u64,
    plan: Arc<WorkerPlan>,
    workers: Vec<Worker>,
    next_id: u64,
}

impl Pool {
    /// Starts all workers and waits until each has loaded the model; the first failure ends the attempt.
    pub fn start(generation: u64, plan: WorkerPlan, pipeline: &Sender<FromWorker>) -> Result<Self, LoadFailure> {
        let plan = Arc::new(plan);
        let mut starting = Vec::with_capacity(plan.workers);
        for slot in 0..plan.workers {
            let id = WorkerId { generation, slot };
            let (asks, jobs) = bounded(IN_FLIGHT);
            let (started, outcome) = bounded(1);
            let slot = Slot { id, plan: Arc::clone(&plan), jobs, pipeline: pipeline.clone() };
            // The thread lives as long as its worker: PR_SET_PDEATHSIG looks at the thread that started the child.
            thread::Builder::new().name(id.to_string()).spawn(move || slot.run(&started)).map_err(|error| {
                LoadFailure {
                    step: "environment".into(),
                    error: "ThreadLimit".into(),
                    message: format!("cannot start a thread for {id}: {error}"),
                    hint: Some("raise the limit of processes, or lower operators.<name>.workers".into()),
                    ..LoadFailure::default()
                }
            })?;
            starting.push((asks, outcome));
        }
        let workers = starting
            .into_iter()
            .map(|(asks, outcome)| {
                let live = outcome.recv().unwrap_or_else(|_| Err(LoadFailure::default()))?;
                Ok(Worker { asks, live: Some(live), gone: false })
            })
            .collect::<Result<_, LoadFailure>>()
            // The others' outcome is of no use any more.
            .inspect_err(|_| plan.starting.abandon())?;
        Ok(Self { generation, plan, workers, next_id: 0 })
    }

    /// From now on this generation serves: its processes may use all processors.
    pub fn take_over(&self) {
        self.plan.beside_another.store(false, Ordering::SeqCst);
        for live in self.workers.iter().filter_map(|worker| worker.live.as_ref()) {
            release(self.generation, live);
        }
    }

    /// When it is to be taken back.
    pub fn probation(&self) -> config::Probation {
        self.plan.probation
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
        &self.plan.model.label
    }

    /// How events are grouped for it.
    pub fn batch(&self) -> Batch {
        self.plan.batch
    }

    /// What becomes of an event that fails.
    pub fn on_error(&self) -> OnError {
        self.plan.on_error
    }

    /// Its number of workers.
    pub fn size(&self) -> usize {
        self.workers.len()
    }

    /// What the model's first worker said of it.
    pub fn loaded(&self) -> Option<&Loaded> {
        self.workers.first().and_then(|worker| worker.live.as_ref()).map(|live| &live.loaded)
    }

    /// The worker that should get the next batch, and how many it holds: the one with the fewest.
    pub fn free_worker(&self) -> Option<(usize, usize)> {
        self.workers
            .iter()
            .enumerate()
            .filter_map(|(slot, worker)| Some((slot, worker.live.as_ref()?.in_flight.len())))
            .filter(|(_, in_flight)| *in_flight < IN_FLIGHT)
            .min_by_key(|(_, in_flight)| *in_flight)
    }

    /// Gives a job to a worker that [`Pool::free_worker`] named.
    pub fn ask(&mut self, slot: usize, mut job: Job, now: Instant) {
        job.generation = self.generation;
        let worker = &mut self.workers[slot];
        let Some(live) = worker.live.as_mut() else { return };
        let id = self.next_id;
        self.next_id += 1;
        let ask = Ask { incarnation: live.incarnation, id, dense: live.loaded.dense, job: job.clone() };
        if live.in_flight.is_empty() {
            live.silent_since = now;
        }
        live.in_flight.push_back(InFlight { id, job, answers: vec![] });
        // The channel holds IN_FLIGHT asks, and its thread ends only with this pool or a panic, which it tells.
        if worker.asks.try_send(ask).is_err() {
            tracing::debug!(slot, "a worker's thread does not take its job");
        }
    }

    /// Part of an answer has come. `Some` once the request is answered whole.
    pub fn answered(&mut self, slot: usize, id: u64, answer: Answer, now: Instant) -> Option<Answered> {
        let live = self.workers.get_mut(slot)?.live.as_mut()?;
        live.silent_since = now;
        let oldest = live.in_flight.front_mut()?;
        let known: usize = oldest.answers.iter().map(|answer| answer.count).sum();
        let rows = oldest.job.range.len();
        if oldest.id != id || answer.first != known || known + answer.count > rows {
            tracing::error!("a worker answered what it was not asked; it is replaced");
            abort(live);
            return None;
        }
        let complete = known + answer.count == rows;
        let took = Duration::from_nanos(answer.nanoseconds);
        oldest.answers.push(answer);
        if !complete {
            return None;
        }
        let InFlight { job, answers, .. } = live.in_flight.pop_front()?;
        let (generation, model) = (self.generation, Arc::clone(&self.plan.model.label));
        let part = Part::Answered { start: job.range.start, answers, generation, model };
        Some(Answered { flight: job.flight, part, rows, took })
    }

    /// A worker shows that it is still at work.
    pub fn progressed(&mut self, slot: usize, now: Instant) {
        if let Some(live) = self.workers.get_mut(slot).and_then(|worker| worker.live.as_mut()) {
            live.silent_since = now;
        }
    }

    /// A worker died: the jobs that it held, the one that it worked on first.
    pub fn died(&mut self, slot: usize) -> Vec<Job> {
        let live = self.workers.get_mut(slot).and_then(|worker| worker.live.take());
        live.map(|live| live.in_flight.into_iter().map(|held| held.job).collect()).unwrap_or_default()
    }

    /// Nothing more comes of a worker.
    pub fn gone(&mut self, slot: usize) {
        if let Some(worker) = self.workers.get_mut(slot) {
            worker.gone = true;
        }
    }

    /// Whether none of its workers will ever answer again.
    pub fn is_gone(&self) -> bool {
        self.workers.iter().all(|worker| worker.gone)
    }

    /// A worker was replaced.
    pub fn replaced(&mut self, slot: usize, live: Live) {
        let Some(worker) = self.workers.get_mut(slot) else { return };
        // It may have been loading, on one processor, when its generation took over.
        if !self.plan.beside_another.load(Ordering::SeqCst) {
            release(self.generation, &live);
        }
        worker.live = Some(live);
    }

    /// Ends workers that have been silent on a batch for longer than `predict_timeout`; each is reported dead soon.
    pub fn end_silent(&mut self, now: Instant) {
        for (slot, worker) in self.workers.iter_mut().enumerate() {
            let Some(live) = worker.live.as_mut().filter(|live| !live.in_flight.is_empty()) else { continue };
            let silent = now.saturating_duration_since(live.silent_since);
            if silent > self.plan.predict_timeout {
                let id = WorkerId { generation: self.generation, slot };
                tracing::warn!(
                    "{id}: no answer for {} s (operators.<name>.predict_timeout); it is replaced and its batch tried again",
                    silent.as_secs()
                );
                abort(live);
                // Not again before its death is reported.
                live.silent_since = now;
            }
        }
    }

    /// When the first worker will have been silent for too long.
    pub fn next_deadline(&self) -> Option<Instant> {
        let busy =
            self.workers.iter().filter_map(|worker| worker.live.as_ref()).filter(|live| !live.in_flight.is_empty());
        busy.map(|live| live.silent_since + self.plan.predict_timeout).min()
    }

    /// Whether no worker holds a batch.
    pub fn is_idle(&self) -> bool {
        self.workers.iter().all(|worker| worker.live.as_ref().is_none_or(|live| live.in_flight.is_empty()))
    }
}

fn release(generation: u64, live: &Live) {
    if let Err(error) = confine::release(live.process) {
        tracing::warn!("generation {generation}: the worker process {} stays on one processor ({error})", live.process);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.plan.starting.abandon();
    }
}

/// Closes the socket from this side, which wakes the slot's threads wherever they are: they end and replace the process.
fn abort(live: &Live) {
    if let Err(error) = live.abort.shutdown(Shutdown::Both) {
        tracing::debug!(%error, "the worker's socket is closed already");
    }
}
