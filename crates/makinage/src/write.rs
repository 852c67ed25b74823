//! From results to outputs: splices, hands them to the delivery, and with them the events that failed, and the fates of
//! those that have neither output nor dead letter.

mod traced;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::Receiver;

use crate::{
    clock::Clock,
    config::OnError,
    delivery::Delivery,
    event::{Event, Failure, Fate, Names},
    failures::{FailedEvents, Verdict},
    flights::{Part, flight::Piece},
    letters::Failed,
    sink::{Original, Refused},
    source::acks::Acks,
    telemetry::{
        Telemetry,
        tap::Glimpse,
        tapped::{self, Became, StepPassed, Tapped},
    },
    wire::{
        answer::{Answer, Outcome},
        splice::splice,
        values::StepValue,
    },
};

/// Bytes that an output may have more than its event before that counts as memory: each event counts for more anyway.
const MORE: usize = 1024;

/// How a generation did on some events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scored {
    /// The generation.
    pub generation: u64,
    /// Events that it answered.
    pub events: u64,
    /// Those of them that failed.
    pub failed: u64,
}

/// Hands outputs to the delivery, in the order in which they come.
#[derive(Debug)]
pub(crate) struct Writer<D> {
    delivery: D,
    /// For coordinates.
    names: Names,
    acks: Arc<Acks>,
    failed: FailedEvents,
    telemetry: Arc<Telemetry>,
    stopped_by_error: bool,
}

impl<D: Delivery> Writer<D> {
    /// A writer for the events of these data topics.
    pub(crate) fn new(topics: Vec<String>, delivery: D, acks: Arc<Acks>, now: Instant) -> Self {
        // Nothing fails before a generation has come, and with it what becomes of that.
        let failed = FailedEvents::new(OnError::Skip, delivery.dead_letter_topic(), now);
        let names = Names::Records(topics);
        Self { delivery, names, acks, failed, telemetry: Arc::default(), stopped_by_error: false }
    }

    /// How it names events.
    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// The same, showing failed events here.
    #[must_use]
    pub(crate) fn shown_in(self, telemetry: Arc<Telemetry>) -> Self {
        Self { telemetry, ..self }
    }

    /// Events are lines of a text, and all that fail are named in the log, however many there are.
    pub(crate) fn of_lines(&mut self) {
        self.names = Names::Lines;
        self.failed.name_all();
    }

    /// A generation takes over: what becomes of events that fail is as its configuration has it.
    pub(crate) fn set_on_error(&mut self, on_error: OnError) {
        self.failed.set_on_error(on_error);
    }

    /// Writes the outputs of events that leave; says how the generation did that answered.
    pub(crate) fn write(&mut self, piece: &Piece<'_>, now: Instant) -> Option<Scored> {
        if piece.is_cut {
            self.drop_events(&piece.events[piece.places.clone()]);
            return None;
        }
        match piece.part {
            Part::Failed(place, failure, model) => {
                let failed = Failed { failure, model: model.as_deref(), missing: None };
                self.fail(&piece.events[*place], &failed, &[], now);
                None
            }
            Part::GivenUp(_) => {
                self.drop_events(&piece.events[piece.places.clone()]);
                None
            }
            Part::Answered { start, answers, generation, model, attempt, .. } => {
                let answered = answers.iter().flat_map(|answer| {
                    let first = start + answer.first;
                    let places = first.max(piece.places.start)..(first + answer.count).min(piece.places.end);
                    places.map(move |place| (place, answer, place - first))
                });
                let mut counts = Scored { generation: *generation, events: 0, failed: 0 };
                let mut output = Vec::new();
                for (place, answer, item) in answered {
                    let (event, outcome) = (&piece.events[place], answer.outcome(item));
                    counts.events += 1;
                    if let Some(span) = &event.span {
                        traced::answered(span, &outcome, (*generation, model, attempt.number), now);
                    }
                    let written = self.write_event(event, &outcome, model, &mut output);
                    if self.telemetry.tap.is_on() {
                        self.show(event, (answer, item), (model, &output), now);
                    }
                    if let Err(failure) = written {
                        counts.failed += 1;
                        let failure = Failure { attempts: attempt.number, ..failure };
                        let model: &str = model;
                        let failed = Failed { failure: &failure, model: Some(model), missing: None };
                        self.fail(event, &failed, answer.steps(item), now);
                    }
                }
                Some(counts)
            }
        }
    }

    /// An error is a failure of the event.
    fn write_event(
        &mut self,
        event: &Event,
        outcome: &Outcome<'_>,
        model: &str,
        output: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        if self.stopped_by_error {
            self.delivery.settle(event, Fate::Dropped);
            return Ok(());
        }
        match outcome {
            Outcome::Skipped(step) => {
                self.delivery.settle(event, Fate::Skipped(*step));
                Ok(())
            }
            Outcome::Failed(failure) => Err(failure.clone()),
            Outcome::Output(value) => self.write_output(event, value, model),
            Outcome::Prediction(prediction) => {
                splice(event.value().unwrap_or_default(), prediction, output);
                self.write_output(event, output, model)
            }
        }
    }

    /// Shows what became of an event, to who looks on; one that failed is shown where that is told.
    fn show(&self, event: &Event, (answer, item): (&Answer, usize), (model, spliced): (&str, &[u8]), now: Instant) {
        let steps = answer.steps(item);
        let (step, output) = match answer.outcome(item) {
            Outcome::Failed(_) => return,
            Outcome::Skipped(step) => (Some(step.name()), None),
            Outcome::Output(output) => (None, Some(output)),
            Outcome::Prediction(_) => (None, Some(spliced)),
        };
        let became = || match step {
            Some(step) => Became::Skipped { step: step.to_owned() },
            None => Became::Output { output: tapped::shown(output.unwrap_or_default()) },
        };
        let topic = self.names.topic(event.source);
        let glimpse = Glimpse { failed: false, step, has_steps: !steps.is_empty() };
        let tapped = || Tapped { steps: passed(steps), ..Tapped::of(topic, event, Some(model), became()) };
        self.telemetry.tap.show(now, glimpse, tapped);
    }

    /// Shows an event that failed, to who looks on.
    fn show_failed(
        &self,
        Failure { step, error, message, .. }: &Failure,
        has_steps: bool,
        tapped: impl FnOnce(Became) -> Tapped,
        now: Instant,
    ) {
        let failed = || {
            let message = tapped::shown(message.as_bytes());
            Became::Failed { step: step.clone(), error: error.clone(), message }
        };
        let glimpse = Glimpse { failed: true, step: Some(step), has_steps };
        self.telemetry.tap.show(now, glimpse, || tapped(failed()));
    }

    fn write_output(&mut self, event: &Event, output: &[u8], model: &str) -> Result<(), Failure> {
        let more = output.len().saturating_sub(event.size());
        // Before the delivery has it, and may settle the event.
        if more > MORE {
            self.acks.grew(event.ticket, more);
        }
        self.delivery.write(event, output, model)
    }

    fn fail(&mut self, event: &Event, failed: &Failed<'_>, steps: &[StepValue], now: Instant) {
        if let Some(span) = &event.span {
            traced::failed(span, failed, now);
        }
        let (topic, place) = (self.names.topic(event.source), self.names.of(event.place()));
        if self.telemetry.tap.is_on() {
            let tapped = |became| Tapped { steps: passed(steps), ..Tapped::of(topic, event, failed.model, became) };
            self.show_failed(failed.failure, !steps.is_empty(), tapped, now);
        }
        match self.fate_of_failed(&place, failed.failure, (failed.model, event.value()), now) {
            Some(fate) => self.delivery.settle(event, fate),
            None if self.delivery.bury(event, failed) => {}
            None => self.delivery.settle(event, Fate::Failed),
        }
    }

    /// An output was refused after the delivery had taken it.
    fn fail_refused(&mut self, refused: Refused, now: Instant) {
        let Refused { ticket, place, failure, original } = refused;
        let model = original.as_ref().map(|original| original.model.as_str());
        // What was read again is traced as the event was that it is.
        let span = self.acks.span(ticket);
        if let Some(span) = &span {
            traced::failed(span, &Failed { failure: &failure, model, missing: None }, now);
        }
        if self.telemetry.tap.is_on() {
            let tapped = |became| match &original {
                Some(Original { event, model, .. }) => {
                    Tapped::of(self.names.topic(event.source), event, Some(model), became)
                }
                None => Tapped::at(place.clone(), became),
            };
            self.show_failed(&failure, false, tapped, now);
        }
        let input = original.as_ref().and_then(|original| original.event.value());
        let fate = self.fate_of_failed(&place, &failure, (model, input), now);
        match (fate, original) {
            (Some(fate), _) => self.delivery.settle_refused(ticket, fate),
            (None, Some(Original { mut event, model, missing })) => {
                event.span = span;
                let failed = Failed { failure: &failure, model: Some(&model), missing };
                if !self.delivery.bury_refused(&event, &failed) {
                    self.delivery.settle_refused(ticket, Fate::Failed);
                }
            }
            (None, None) => self.delivery.settle_refused(ticket, Fate::Failed),
        }
    }

    /// What becomes of a failed event, of this model and with this value; `None` where it goes to the dead letters.
    fn fate_of_failed(
        &mut self,
        place: &str,
        failure: &Failure,
        (model, input): (Option<&str>, Option<&[u8]>),
        now: Instant,
    ) -> Option<Fate> {
        if self.stopped_by_error {
            return Some(Fate::Dropped);
        }
        let (fate, became) = match self.failed.failed(place, failure, model, now) {
            Verdict::Bury => (None, "dead letter"),
            Verdict::Skip => (Some(Fate::Failed), "skipped"),
            Verdict::Stop => {
                self.stopped_by_error = true;
                (Some(Fate::Stopped), "stopped")
            }
        };
        self.telemetry.failures.add(place, failure, input, became);
        fate
    }

    /// Looks after what the delivery was given, and after the log.
    pub(crate) fn tend(&mut self, now: Instant) {
        for refused in self.delivery.tend() {
            self.fail_refused(refused, now);
        }
        self.failed.tick(now);
    }

    /// Whether what is written now would only wait for what was written before; the bell rings when that may have
    /// changed.
    pub(crate) fn is_busy(&mut self) -> bool {
        self.delivery.is_busy()
    }

    /// Rings when the delivery has something to look after.
    pub(crate) fn bell(&self) -> Receiver<()> {
        self.delivery.bell()
    }

    /// When [`Writer::tend`] has something to do.
    pub(crate) fn next_deadline(&self, now: Instant) -> Option<Duration> {
        let log = self.failed.next_deadline().map(|at| at.saturating_duration_since(now));
        log.into_iter().chain(self.delivery.next_look()).min()
    }

    /// Counts events that come in.
    pub(crate) fn received(&self, events: &[Event]) {
        self.acks.received(events.len());
    }

    /// Gives up events that no worker was given.
    pub(crate) fn drop_events(&mut self, events: &[Event]) {
        for event in events {
            self.delivery.settle(event, Fate::Dropped);
        }
    }

    /// Somebody waits for what has been written to be settled.
    pub(crate) fn hurry(&mut self) {
        self.delivery.hurry();
    }

    /// These assignments are over: what waits of them is given up.
    pub(crate) fn give_up(&mut self, assignments: &[u32]) {
        self.delivery.give_up(assignments);
    }

    /// Whether an event failed under `on_error: stop`.
    pub(crate) fn stopped_by_error(&self) -> bool {
        self.stopped_by_error
    }

    /// Waits until the delivery has everything for good; `false` when it hasn't in time.
    pub(crate) fn flush(&mut self, timeout: Duration, clock: &impl Clock) -> bool {
        let deadline = clock.now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(clock.now());
            let flushed = self.delivery.flush(left.min(Duration::from_millis(500)));
            self.tend(clock.now());
            if flushed || left.is_zero() {
                return flushed;
            }
        }
    }
}

/// What an event had after each step, as it is shown.
fn passed(steps: &[StepValue]) -> Vec<StepPassed> {
    let passed = |StepValue { step, value, took }: &StepValue| StepPassed {
        step: (*step).to_owned(),
        value: value.clone(),
        microseconds: took.map(|took| took.as_secs_f64() * 1e6),
    };
    steps.iter().map(passed).collect()
}

#[cfg(test)]
mod tests;
