//! The data path: **read → batch → predict → write**, on one thread that owns all state of the stream.
//!
//! ```text
//!  source ──Intake──▶ queue ──batch──▶ flights ──Job──▶ pool: worker processes (decode, the three steps, encode)
//!    ▲                                    ▲                        │
//!    └── acks ◀── sink ◀── write ◀── landed, in order ◀── Answer ──┘
//! ```
//!
//! A flight is answered by one generation; new flights go to the newest one. Nothing here blocks on a model: the only wait besides the
//! one in [`Pipeline::read`] is for the producer's buffer, and that is back-pressure.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, never, select};

use crate::{
    batch::BatchSizer,
    config::{DataTopic, Operator},
    errors::{FailedEvents, Verdict},
    event::{Event, Failure},
    flights::{AfterDeath, Flights, Job, Landed, Part},
    queue::Queue,
    sink::Sink,
    source::{Intake, acks::Acks, offsets::Fate},
    splice::splice,
    worker::{
        answer::Outcome,
        pool::{FromWorker, Pool, WorkerId},
    },
};

/// How often the pipeline looks after itself when nothing happens.
const TICK: Duration = Duration::from_secs(1);
/// Flights that may be open: more would only wait in memory behind a slow one.
const MAX_FLIGHTS_PER_WORKER: usize = 4;

/// What the pipeline listens to.
#[derive(Debug)]
pub struct Inputs {
    /// Events.
    pub intake: Receiver<Intake>,
    /// Answers.
    pub workers: Receiver<FromWorker>,
    /// Generations that are ready to take over.
    pub generations: Receiver<Pool>,
}

/// How a pipeline ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Everything that was given to a worker has been written and acknowledged.
    pub clean: bool,
    /// An event failed under `on_error: stop`.
    pub stopped_by_error: bool,
    /// Events that failed.
    pub failed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    /// No more events come: all that are here are still scored.
    Finishing,
    /// What no worker has been given is dropped.
    Stopping,
}

/// The stream's state and its one thread.
#[derive(Debug)]
pub struct Pipeline<S> {
    inputs: Inputs,
    topics: Vec<DataTopic>,
    batch_rule: crate::config::Batch,
    queue: Queue,
    sizer: BatchSizer,
    flights: Flights,
    retries: VecDeque<Job>,
    current: Option<Pool>,
    draining: Vec<Pool>,
    sink: S,
    acks: Arc<Acks>,
    failed: FailedEvents,
    phase: Phase,
    stopped_by_error: bool,
}

impl<S: Sink> Pipeline<S> {
    /// A pipeline for one operator.
    pub fn new(operator: &Operator, inputs: Inputs, sink: S, acks: Arc<Acks>) -> Self {
        Self {
            inputs,
            topics: operator.data.clone(),
            batch_rule: operator.batch,
            queue: Queue::default(),
            sizer: BatchSizer::new(operator.batch),
            flights: Flights::default(),
            retries: VecDeque::new(),
            current: None,
            draining: vec![],
            sink,
            acks,
            failed: FailedEvents::new(operator.on_error, Instant::now()),
            phase: Phase::Running,
            stopped_by_error: false,
        }
    }

    /// Runs until the source says that it ends, then flushes the sink for at most `flush_timeout`.
    pub fn run(mut self, flush_timeout: Duration) -> Ended {
        while !self.is_done() {
            self.read();
            self.predict();
            self.write();
        }
        let clean = self.sink.flush(flush_timeout);
        self.tend_sink();
        Ended { clean, stopped_by_error: self.stopped_by_error, failed: self.failed.total() }
    }

    fn is_done(&self) -> bool {
        match self.phase {
            Phase::Running => false,
            Phase::Finishing => self.queue.is_empty() && self.flights.is_empty(),
            Phase::Stopping => self.flights.is_empty(),
        }
    }

    /// Waits for one message, takes what else has come, and looks after the clock.
    fn read(&mut self) {
        let timeout = self.next_deadline(Instant::now());
        let Inputs { intake, workers, generations } = &self.inputs;
        let (intake, workers, generations) = (intake.clone(), workers.clone(), generations.clone());
        select! {
            recv(intake) -> message => match message {
                Ok(message) => self.take_intake(message),
                Err(_) => self.source_is_gone(),
            },
            recv(workers) -> message => if let Ok(message) = message { self.take_answer(message) },
            recv(generations) -> pool => match pool {
                Ok(pool) => self.switch_to(pool),
                Err(_) => self.inputs.generations = never(),
            },
            default(timeout) => {}
        }
        while let Ok(message) = workers.try_recv() {
            self.take_answer(message);
        }
        let now = Instant::now();
        for pool in self.current.iter_mut().chain(&mut self.draining) {
            pool.end_silent(now);
        }
        self.draining.retain(|pool| !pool.is_idle());
        self.failed.tick(now);
        self.tend_sink();
    }

    fn next_deadline(&self, now: Instant) -> Duration {
        let pools = self.current.iter().chain(&self.draining);
        let silent = pools.filter_map(Pool::next_deadline).min();
        let at = silent.into_iter().chain(self.failed.next_deadline()).min();
        let clock = at.map_or(TICK, |at| at.saturating_duration_since(now));
        let company = self.current.as_ref().and_then(|_| self.sizer.deadline(self.queue.queued(now))).unwrap_or(TICK);
        clock.min(company).min(TICK)
    }

    fn take_intake(&mut self, message: Intake) {
        match message {
            Intake::Events(events) if self.phase == Phase::Stopping => self.drop_events(&events),
            Intake::Events(events) => self.queue.push(events, Instant::now()),
            Intake::Revoked(slots) => {
                let dropped = self.queue.remove_slots(&slots);
                self.drop_events(&dropped);
            }
            Intake::Finish => self.phase = Phase::Finishing,
            Intake::Stop => self.stop(),
        }
    }

    fn source_is_gone(&mut self) {
        self.inputs.intake = never();
        if self.phase == Phase::Running {
            self.stop();
        }
    }

    fn stop(&mut self) {
        self.phase = Phase::Stopping;
        let dropped = self.queue.clear();
        self.drop_events(&dropped);
    }

    fn drop_events(&self, events: &[Event]) {
        for event in events {
            self.acks.settle(event.ticket, Fate::Dropped);
        }
    }

    fn switch_to(&mut self, pool: Pool) {
        tracing::info!("generation {}: model {} takes over", pool.generation(), pool.label());
        self.sizer = BatchSizer::new(self.batch_rule);
        if let Some(before) = self.current.replace(pool) {
            self.draining.push(before);
        }
    }

    fn pool(&mut self, worker: WorkerId) -> Option<&mut Pool> {
        self.current.iter_mut().chain(&mut self.draining).find(|pool| pool.generation() == worker.generation)
    }

    fn take_answer(&mut self, message: FromWorker) {
        let now = Instant::now();
        match message {
            FromWorker::Answer { worker, id, answer } => {
                let answered = self.pool(worker).and_then(|pool| pool.answered(worker.slot, id, answer, now));
                if let Some(answered) = answered {
                    if self.current.as_ref().is_some_and(|pool| pool.generation() == worker.generation) {
                        self.sizer.measured(answered.rows, answered.took);
                    }
                    self.flights.add(answered.flight, answered.part);
                }
            }
            FromWorker::Progress { worker } => {
                if let Some(pool) = self.pool(worker) {
                    pool.progressed(worker.slot, now);
                }
            }
            FromWorker::Ready { worker, live } => {
                if let Some(pool) = self.pool(worker) {
                    tracing::info!("{worker}: replaced, its model is loaded again");
                    pool.replaced(worker.slot, live);
                }
            }
            FromWorker::Died { worker, cause } => self.worker_died(worker, &cause),
        }
    }

    fn worker_died(&mut self, worker: WorkerId, cause: &str) {
        let mut held = self.pool(worker).map(|pool| pool.died(worker.slot)).unwrap_or_default().into_iter();
        tracing::warn!("{worker} died ({cause}); it is replaced and its batch tried again");
        // Only the oldest job was being worked on; the others come back without blame, behind what follows from it.
        let blamed = held.next().map(Job::after_death);
        for job in held.rev() {
            self.retries.push_front(job);
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

    /// Gives batches to free workers: first what a dead worker left, then what has queued.
    fn predict(&mut self) {
        loop {
            let now = Instant::now();
            let Some((slot, in_flight)) = self.current.as_ref().and_then(Pool::free_worker) else { return };
            let Some(job) = self.retries.pop_front().or_else(|| self.next_batch(in_flight, now)) else { return };
            if let Some(pool) = self.current.as_mut() {
                pool.ask(slot, job, now);
            }
        }
    }

    fn next_batch(&mut self, in_flight: usize, now: Instant) -> Option<Job> {
        let workers = self.current.as_ref().map_or(1, Pool::size);
        while self.flights.len() < MAX_FLIGHTS_PER_WORKER * workers {
            let rows = self.sizer.take(self.queue.queued(now), in_flight);
            let events = self.queue.take(rows);
            let tombstone = events.first()?.value().is_none();
            let job = self.flights.open(events);
            if !tombstone {
                return Some(job);
            }
            let failure = Failure::new("decode", "Tombstone", "the record has no value (null), so there is nothing to score");
            self.flights.add(job.flight, Part::Failed(0, failure));
        }
        None
    }

    /// Writes the flights that have landed, in order.
    fn write(&mut self) {
        while let Some(landed) = self.flights.pop_landed() {
            self.write_flight(&landed);
        }
    }

    fn write_flight(&mut self, landed: &Landed) {
        let mut output = Vec::new();
        for part in &landed.parts {
            match part {
                Part::Failed(place, failure) => self.fail(&landed.events[*place], failure),
                Part::Answered { start, answers, model } => {
                    for answer in answers {
                        for item in 0..answer.count {
                            let event = &landed.events[start + answer.first + item];
                            self.write_event(event, &answer.outcome(item), model, &mut output);
                        }
                    }
                }
            }
        }
    }

    fn write_event(&mut self, event: &Event, outcome: &Outcome<'_>, model: &str, output: &mut Vec<u8>) {
        if self.stopped_by_error {
            return self.acks.settle(event.ticket, Fate::Dropped);
        }
        let written = match outcome {
            Outcome::Skipped => return self.acks.settle(event.ticket, Fate::Finished),
            Outcome::Failed(failure) => Err(failure.clone()),
            Outcome::Output(value) => self.sink.write(event, value, model),
            prediction => match splice(event.value().unwrap_or_default(), prediction, output) {
                Some(()) => self.sink.write(event, output, model),
                None => Ok(()),
            },
        };
        if let Err(failure) = written {
            self.fail(event, &failure);
        }
    }

    fn fail(&mut self, event: &Event, failure: &Failure) {
        let topic = self.topics.get(usize::from(event.source)).map_or("?", |topic| &topic.name);
        let place = format!("{topic}/{}/{}", event.partition, event.offset);
        self.settle_failed(event.ticket, &place, failure);
    }

    fn settle_failed(&mut self, ticket: crate::source::offsets::Ticket, place: &str, failure: &Failure) {
        match self.failed.failed(place, failure, Instant::now()) {
            Verdict::Skip => self.acks.settle(ticket, Fate::Finished),
            Verdict::Stop => {
                self.acks.settle(ticket, Fate::Dropped);
                self.stopped_by_error = true;
                self.stop();
            }
        }
    }

    fn tend_sink(&mut self) {
        for refused in self.sink.tend() {
            self.settle_failed(refused.ticket, &refused.place, &refused.failure);
        }
    }
}
