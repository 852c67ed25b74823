//! The data path: **read → batch → predict → write**, on one thread that owns all state of the stream.
//!
//! ```text
//!  source ──Intake──▶ queue ──batch──▶ flights ──Job──▶ pool: worker processes (decode, the three steps, encode)
//!    ▲                                    │                       │
//!    └── acks ◀── sink ◀── write ◀── leave, lane by lane ◀─ Answer ─┘
//! ```
//!
//! The steps are the [`Stream`]'s; here are the channels that it listens to, and the clock.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, never, select};

use crate::{
    clock::{Clock, SystemClock},
    config::Operator,
    delivery::Delivery,
    generation::mailbox::Mailbox,
    panics,
    source::{Intake, acks::Acks},
    stop::Stop,
    stream::{Ended, Stream},
    telemetry::{
        Telemetry,
        growth::{Grown, Growth},
        machine::usage,
    },
    worker::{
        messages::{FromWorker, WorkerId},
        pool::Pool,
        samples::Samples,
    },
    write::Writer,
};

/// How often the pipeline looks after itself when nothing happens.
const TICK: Duration = Duration::from_secs(1);

/// What the pipeline listens to.
#[derive(Debug)]
pub(crate) struct Inputs {
    /// Events.
    pub intake: Receiver<Intake>,
    /// Answers.
    pub workers: Receiver<FromWorker>,
    /// Generations that are ready to take over.
    pub generations: Receiver<Pool>,
}

/// What the pipeline tells those who make generations.
#[derive(Debug, Clone, Default)]
pub(crate) struct PipelineOutlets {
    /// Takes complaints.
    pub mailbox: Arc<Mailbox>,
    /// Keeps some events.
    pub samples: Samples,
    /// Bounds the end.
    pub stop: Stop,
    /// Shows what is under way.
    pub telemetry: Arc<Telemetry>,
}

/// The stream, and what it listens to.
#[derive(Debug)]
pub(crate) struct Pipeline<D> {
    inputs: Inputs,
    outlets: PipelineOutlets,
    stream: Stream<D>,
    /// Rings when the delivery has something to look after.
    bell: Receiver<()>,
    /// When it was shown last what is under way.
    told: Option<Instant>,
    growth: Growth,
}

impl<D: Delivery> Pipeline<D> {
    /// A pipeline for one operator.
    pub(crate) fn new(
        operator: &Operator,
        inputs: Inputs,
        outlets: PipelineOutlets,
        delivery: D,
        acks: Arc<Acks>,
    ) -> Self {
        let topics = operator.data.iter().map(|topic| topic.name.clone()).collect();
        let telemetry = || Arc::clone(&outlets.telemetry);
        let writer = Writer::new(topics, delivery, acks, SystemClock.now()).shown_in(telemetry());
        let stream = Stream::new(writer, outlets.samples.clone(), telemetry());
        let bell = stream.bell();
        Self { inputs, outlets, stream, bell, told: None, growth: Growth::default() }
    }

    /// The same for events that are lines of a text: the log names each that fails, however many there are.
    #[must_use]
    pub(crate) fn of_lines(mut self) -> Self {
        self.stream.of_lines();
        self
    }

    /// Runs until the source says that it ends, then flushes the sink for at most `flush_timeout`.
    pub(crate) fn run(mut self, flush_timeout: Duration) -> Ended {
        while !self.stream.is_done() {
            if self.time_left().is_some_and(|left| left.is_zero()) {
                self.stream.give_up_at_the_end(SystemClock.now());
                break;
            }
            panics::point("pipeline");
            if panics::happened() {
                self.stream.stop();
            }
            self.read();
            let now = SystemClock.now();
            let news = self.stream.go_on(now);
            self.tell(now);
            if let Some(trouble) = news.trouble {
                self.outlets.mailbox.complain(trouble);
            }
            if news.ends {
                // Those who bring events stop at once, and what has finished is committed while the sink is flushed.
                self.outlets.stop.request();
                self.outlets.stop.end_in_time();
            }
        }
        self.stream.flush(flush_timeout, &SystemClock)
    }

    /// How long what is under way may still be waited for; `None` as long as nothing bounds the end.
    fn time_left(&self) -> Option<Duration> {
        Some(self.outlets.stop.drains_until()?.saturating_duration_since(SystemClock.now()))
    }

    /// Shows that this thread is at work, and with what.
    fn tell(&mut self, now: Instant) {
        self.outlets.telemetry.stream.beat.beats(now);
        if self.told.is_none_or(|told| now.saturating_duration_since(told) >= TICK) {
            self.told = Some(now);
            self.stream.tell(now);
            let workers = self.outlets.telemetry.stream.seen().workers;
            let used = |pid| Some(usage(Some(pid))?.resident_bytes);
            self.growth.look(&workers, now, used).iter().for_each(warn_of);
        }
    }

    /// Waits for one message, and takes the answers that have come besides.
    fn read(&mut self) {
        let due = self.stream.next_deadline(SystemClock.now());
        let timeout = due.into_iter().chain(self.time_left()).fold(TICK, Duration::min);
        let (Inputs { intake, workers, generations }, stream) = (&self.inputs, &mut self.stream);
        select! {
            recv(intake) -> message => if let Ok(message) = message {
                stream.accept(message, SystemClock.now());
            } else {
                stream.source_is_gone();
                self.inputs.intake = never();
            },
            recv(workers) -> message => if let Ok(message) = message {
                stream.hear(message, SystemClock.now());
            },
            recv(generations) -> pool => match pool {
                Ok(pool) => stream.switch_to(pool, SystemClock.now()),
                Err(_) => self.inputs.generations = never(),
            },
            // What has come is looked after with everything else.
            recv(self.bell) -> _ => {},
            default(timeout) => {}
        }
        while let Ok(message) = self.inputs.workers.try_recv() {
            self.stream.hear(message, SystemClock.now());
        }
    }
}

fn warn_of(grown: &Grown) {
    let Grown { generation, slot, before, now } = *grown;
    let worker = WorkerId { generation, slot };
    let mebibytes = |bytes: u64| bytes >> 20;
    tracing::warn!(
        code = "W020", worker = %worker,
        "{worker} uses {} MiB of memory, and used {} a quarter of an hour ago: look for what the hooks or the model keep \
         of each event; operators.<name>.memory_limit ends it before the machine is full, and loses no event",
        mebibytes(now),
        mebibytes(before),
    );
}
