//! The state of the stream, and its steps: **read → batch → predict → write**. Who drives them has the channels and the
//! clock.
//!
//! Nothing here waits for a model, nor for the sink to be rid of its outputs: what can't be produced yet is held there,
//! and stays open, which is what bounds the source. (Only where a topic turns out to have another size than before, the
//! sink waits for the broker's answer.)

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::Receiver;

use crate::{
    clock::Clock,
    delivery::Delivery,
    generation::Trouble,
    predict::Predictor,
    queue::Queue,
    source::Intake,
    telemetry::{Telemetry, stream::StreamSeen},
    worker::{messages::FromWorker, pool::Pool, samples::Samples},
    write::Writer,
};

/// Bytes of events and answers that are written at once even where the delivery is busy: some thousand small ones.
const ENOUGH: usize = 256 << 10;
/// The longest that answered events wait for a busy delivery.
const LONGEST: Duration = Duration::from_millis(20);

/// How a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Everything that was given to a worker has been written and acknowledged.
    pub clean: bool,
    /// An event failed under `on_error: stop`.
    pub stopped_by_error: bool,
}

/// What others should know after a step.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// The generation that serves should be taken back.
    pub trouble: Option<Trouble>,
    /// An event has just failed under `on_error: stop`, so that the stream ends.
    pub ends: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    /// No more events come: all that are here are still scored.
    Finishing,
    /// What no live worker holds is dropped.
    Stopping,
}

/// The stream's state.
#[derive(Debug)]
pub(crate) struct Stream<D> {
    queue: Queue,
    predictor: Predictor,
    writer: Writer<D>,
    /// Keeps some events.
    samples: Samples,
    telemetry: Arc<Telemetry>,
    phase: Phase,
    /// Since when answered events wait to be written together with others.
    together_since: Option<Instant>,
    /// Something was under way when the time for a stop was over.
    given_up: bool,
}

impl<D: Delivery> Stream<D> {
    /// Without a generation yet.
    pub(crate) fn new(writer: Writer<D>, samples: Samples, telemetry: Arc<Telemetry>) -> Self {
        Self {
            queue: Queue::default(),
            predictor: Predictor::new(writer.names().clone(), Arc::clone(&telemetry)),
            writer,
            samples,
            telemetry,
            phase: Phase::Running,
            together_since: None,
            given_up: false,
        }
    }

    /// Events are lines of a text, and all that fail are named in the log, however many there are.
    pub(crate) fn of_lines(&mut self) {
        self.writer.of_lines();
        self.predictor.name_by(self.writer.names().clone());
    }

    /// Whether nothing is left to do but to flush.
    pub(crate) fn is_done(&self) -> bool {
        match self.phase {
            Phase::Running => false,
            Phase::Finishing => self.queue.is_empty() && self.predictor.is_idle(),
            Phase::Stopping => self.predictor.is_idle() || self.predictor.is_abandoned(),
        }
    }

    /// Takes in what the source says.
    pub(crate) fn accept(&mut self, message: Intake, now: Instant) {
        if let Intake::Events(events) = &message {
            self.writer.received(events);
        }
        match message {
            Intake::Events(events) if self.phase == Phase::Stopping => self.writer.drop_events(&events),
            Intake::Events(events) => {
                self.samples.pass(&events, now);
                self.queue.push(events, now);
            }
            Intake::Revoked(assignments) => {
                self.writer.drop_events(&self.queue.remove_assignments(&assignments));
                self.predictor.give_up(&assignments);
                self.writer.hurry();
            }
            Intake::Over(assignments) => self.writer.give_up(&assignments),
            Intake::Finish => {
                self.phase = Phase::Finishing;
                self.predictor.finish();
            }
            Intake::Stop => self.stop(),
        }
    }

    /// The source has ended without a word.
    pub(crate) fn source_is_gone(&mut self) {
        if self.phase == Phase::Running {
            self.stop();
        }
    }

    /// What no live worker holds is dropped, and what one does is finished.
    pub(crate) fn stop(&mut self) {
        if self.phase != Phase::Stopping {
            self.phase = Phase::Stopping;
            self.writer.drop_events(&self.queue.clear());
            self.writer.hurry();
        }
    }

    /// The stop has no more time to wait for answers: what has none is left to whoever reads it next.
    pub(crate) fn give_up_at_the_end(&mut self, now: Instant) {
        self.stop();
        self.write_ready(now);
        self.given_up = true;
        tracing::warn!(
            code = "S007",
            "the stop no longer waits for {} events that no worker has answered: they are read again at the next \
             start, here or elsewhere; where models are that slow, raise application.stop_timeout",
            self.predictor.unanswered(),
        );
    }

    /// Takes in what a worker says.
    pub(crate) fn hear(&mut self, message: FromWorker, now: Instant) {
        self.predictor.hear(message, now);
    }

    /// A generation that is ready takes over.
    pub(crate) fn switch_to(&mut self, pool: Pool, now: Instant) {
        self.writer.set_on_error(pool.on_error());
        self.predictor.switch_to(pool, now);
    }

    /// Goes on with all that has been taken in. Answers that have come are to be heard before: one that waits is no
    /// silence.
    pub(crate) fn go_on(&mut self, now: Instant) -> News {
        self.predictor.tick(now);
        self.predict(now);
        self.write(now)
    }

    /// Gives batches to free workers: first what a dead worker left, then what has queued.
    fn predict(&mut self, now: Instant) {
        if self.phase == Phase::Stopping {
            // No replacement of a dead worker is waited for.
            self.predictor.give_up_waiting();
        }
        self.predictor.dispatch(now);
        self.queue.set_aside(&self.predictor.crowded(), now);
        loop {
            let rows = self.predictor.wants(self.queue.queued(now));
            if rows == 0 {
                return;
            }
            self.predictor.open(self.queue.take(rows), now);
        }
    }

    /// Writes the events that leave, of each lane in order.
    fn write(&mut self, now: Instant) -> News {
        if !self.waits_for_more(now) {
            self.write_ready(now);
        }
        let trouble = self.predictor.verdict(now);
        self.writer.tend(now);
        let ends = self.writer.stopped_by_error() && self.phase != Phase::Stopping;
        if ends {
            self.stop();
            self.write_ready(now);
        }
        News { trouble, ends }
    }

    /// Whether events that may leave had better wait for others, since what is written now would only wait for what is
    /// under way: so both go in one request, and Kafka's client needn't look all the time whether it may send them.
    fn waits_for_more(&mut self, now: Instant) -> bool {
        let since = *self.together_since.get_or_insert(now);
        let has_time = self.phase == Phase::Running && now.saturating_duration_since(since) < LONGEST;
        let few = self.predictor.ready().is_some_and(|bytes| bytes < ENOUGH);
        let waits = has_time && few && self.writer.is_busy();
        if !waits {
            self.together_since = None;
        }
        waits
    }

    fn write_ready(&mut self, now: Instant) {
        let Self { predictor, writer, .. } = self;
        let mut scored = vec![];
        predictor.release(|piece| scored.extend(writer.write(&piece, now)));
        for scored in scored {
            self.predictor.scored(&scored);
        }
    }

    /// Shows what waits and what is under way.
    pub(crate) fn tell(&self, now: Instant) {
        self.telemetry.stream.is(StreamSeen {
            queued_events: self.queue.events(),
            unanswered_events: self.predictor.unanswered(),
            generation: self.predictor.newest(),
            workers: self.predictor.workers(now),
            suspects: self.predictor.suspects(now),
        });
    }

    /// Rings when the delivery has something to look after.
    pub(crate) fn bell(&self) -> Receiver<()> {
        self.writer.bell()
    }

    /// When [`Stream::go_on`] has something to do though nothing comes.
    pub(crate) fn next_deadline(&self, now: Instant) -> Option<Duration> {
        let predictor = self.predictor.next_deadline(self.queue.queued(now), now);
        let together = self.together_since.map(|since| (since + LONGEST).saturating_duration_since(now));
        predictor.into_iter().chain(self.writer.next_deadline(now)).chain(together).min()
    }

    /// Waits until the sink has everything for good, for at most `timeout`.
    pub(crate) fn flush(&mut self, timeout: Duration, clock: &impl Clock) -> Ended {
        let clean = self.writer.flush(timeout, clock) && !self.given_up;
        Ended { clean, stopped_by_error: self.writer.stopped_by_error() }
    }
}

#[cfg(test)]
mod tests;
