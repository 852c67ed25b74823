//! The data path: **read → batch → predict → write**, on one thread that owns all state of the stream.
//!
//! ```text
//!  source ──Intake──▶ queue ──batch──▶ flights ──Job──▶ pool: worker processes (decode, the three steps, encode)
//!    ▲                                    │                       │
//!    └── acks ◀── sink ◀── write ◀── landed, in order ◀── Answer ─┘
//! ```
//!
//! Nothing here blocks on a model. The only waits are the one in [`Pipeline::read`] and, when the producer's buffer is full, the
//! sink's: that is back-pressure, which reaches the source as events that stay open.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, never, select};

use crate::{
    config::Operator,
    generation::mailbox::Mailbox,
    panics,
    predict::Predictor,
    queue::Queue,
    sink::Sink,
    source::{Intake, acks::Acks},
    stop::Stop,
    worker::{messages::FromWorker, pool::Pool, samples::Samples},
    write::Writer,
};

/// How often the pipeline looks after itself when nothing happens.
const TICK: Duration = Duration::from_secs(1);

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

/// What the pipeline tells those who make generations.
#[derive(Debug, Clone, Default)]
pub struct Outlets {
    /// Takes complaints.
    pub mailbox: Arc<Mailbox>,
    /// Keeps some events.
    pub samples: Samples,
    /// Bounds the end.
    pub stop: Stop,
}

/// How a pipeline ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Everything that was given to a worker has been written and acknowledged.
    pub clean: bool,
    /// An event failed under `on_error: stop`.
    pub stopped_by_error: bool,
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
    outlets: Outlets,
    queue: Queue,
    predictor: Predictor,
    writer: Writer<S>,
    phase: Phase,
}

impl<S: Sink> Pipeline<S> {
    /// A pipeline for one operator.
    pub fn new(operator: &Operator, (inputs, outlets): (Inputs, Outlets), sink: S, acks: Arc<Acks>) -> Self {
        Self {
            inputs,
            outlets,
            queue: Queue::default(),
            predictor: Predictor::new(operator.batch),
            writer: Writer::new(operator, sink, acks),
            phase: Phase::Running,
        }
    }

    /// The same, naming every failed event in the log, however many there are.
    #[must_use]
    pub fn naming_all_failures(mut self) -> Self {
        self.writer.name_all_failures();
        self
    }

    /// Runs until the source says that it ends, then flushes the sink for at most `flush_timeout`.
    pub fn run(mut self, flush_timeout: Duration) -> Ended {
        while !self.is_done() {
            panics::point("pipeline");
            if panics::happened() && self.phase != Phase::Stopping {
                self.stop();
            }
            self.read();
            self.predict();
            self.write();
        }
        let clean = self.writer.flush(flush_timeout);
        Ended { clean, stopped_by_error: self.writer.stopped_by_error() }
    }

    fn is_done(&self) -> bool {
        match self.phase {
            Phase::Running => false,
            Phase::Finishing => self.queue.is_empty() && self.predictor.is_idle(),
            Phase::Stopping => self.predictor.is_idle() || self.predictor.is_abandoned(),
        }
    }

    /// Waits for one message, and takes the answers that have come besides.
    fn read(&mut self) {
        let timeout = self.next_deadline(Instant::now());
        let Inputs { intake, workers, generations } = &self.inputs;
        select! {
            recv(intake) -> message => match message {
                Ok(message) => self.take(message),
                Err(_) => self.source_is_gone(),
            },
            recv(workers) -> message => if let Ok(message) = message {
                self.predictor.hear(message, Instant::now());
            },
            recv(generations) -> pool => match pool {
                Ok(pool) => {
                    self.writer.set_on_error(pool.on_error());
                    self.predictor.switch_to(pool, Instant::now());
                }
                Err(_) => self.inputs.generations = never(),
            },
            default(timeout) => {}
        }
        // Before the clock is looked at: an answer that waits here is no silence.
        while let Ok(message) = self.inputs.workers.try_recv() {
            self.predictor.hear(message, Instant::now());
        }
        self.predictor.tick(Instant::now());
    }

    fn next_deadline(&self, now: Instant) -> Duration {
        let predictor = self.predictor.next_deadline(self.queue.queued(now), now);
        predictor.into_iter().chain(self.writer.next_deadline(now)).min().map_or(TICK, |due| due.min(TICK))
    }

    fn take(&mut self, message: Intake) {
        if let Intake::Events(events) = &message {
            self.writer.take(events);
        }
        match message {
            Intake::Events(events) if self.phase == Phase::Stopping => self.writer.drop_events(&events),
            Intake::Events(events) => {
                self.outlets.samples.pass(&events, Instant::now());
                self.queue.push(events, Instant::now());
            }
            Intake::Revoked(slots) => self.writer.drop_events(&self.queue.remove_slots(&slots)),
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
        self.writer.drop_events(&self.queue.clear());
    }

    /// Gives batches to free workers: first what a dead worker left, then what has queued.
    fn predict(&mut self) {
        let now = Instant::now();
        self.predictor.dispatch(now);
        loop {
            let rows = self.predictor.wants(self.queue.queued(now));
            if rows == 0 {
                return;
            }
            self.predictor.open(self.queue.take(rows), now);
        }
    }

    /// Writes the flights that have landed, in order.
    fn write(&mut self) {
        while let Some(landed) = self.predictor.pop_landed() {
            for scored in self.writer.write(&landed) {
                self.predictor.scored(&scored);
            }
        }
        if let Some(trouble) = self.predictor.verdict(Instant::now()) {
            self.outlets.mailbox.complain(trouble);
        }
        self.writer.tend(Instant::now());
        if self.writer.stopped_by_error() && self.phase != Phase::Stopping {
            self.outlets.stop.end_in_time();
            self.stop();
        }
    }
}
