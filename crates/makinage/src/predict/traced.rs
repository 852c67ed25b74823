//! What happens to events that are traced on their way through a worker, as their spans tell it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    event::{Event, Took, WORKER_STEPS},
    flights::{Job, Part},
    traces::{
        span::{Attribute, Span, Value, count, text},
        tracer::{Batch, Tracer},
    },
    worker::{
        messages::{Cause, WorkerId},
        pool::Answered,
    },
};

/// Those of them that are traced.
fn spans<'e>(tracer: &Tracer, events: &'e [Event]) -> impl Iterator<Item = &'e Arc<Span>> {
    let events = if tracer.is_on() { events } else { &[] };
    events.iter().filter_map(|event| event.span.as_ref())
}

/// Who a worker is.
fn named(worker: WorkerId) -> [Attribute; 2] {
    let generation = i64::try_from(worker.generation).unwrap_or(i64::MAX);
    [("makinage.generation", Value::Number(generation)), ("makinage.worker", count(worker.slot))]
}

/// These events make a batch.
pub(super) fn batched(tracer: &Tracer, events: &[Event], now: Instant) {
    for span in spans(tracer, events) {
        span.mark(now, "batched", vec![("messaging.batch.message_count", count(events.len()))]);
    }
}

/// A batch's time in each of [`WORKER_STEPS`], as its span tells it.
const STEPS: [&str; WORKER_STEPS.len()] = [
    "makinage.decode_us",
    "makinage.pre_transform_us",
    "makinage.predict_us",
    "makinage.post_transform_us",
    "makinage.encode_us",
];

/// A worker is asked for them.
pub(super) fn asked(tracer: &Tracer, events: &[Event], worker: WorkerId, now: Instant) {
    for span in spans(tracer, events) {
        span.mark(now, "asked", named(worker).into());
    }
}

/// A worker has answered, for all of a batch or for single events.
pub(super) fn answered(tracer: &Tracer, answered: &Answered, (worker, model): (WorkerId, &str), now: Instant) {
    let events = answered.job.events();
    for span in spans(tracer, events) {
        if let Some(took) = &answered.took {
            passed(span, took, now);
        }
        span.mark(now, "predicted", named(worker).into());
    }
    // What a worker was given one by one has passed its steps alone.
    if let Some(took) = answered.took {
        let WorkerId { generation, slot } = worker;
        let steps: Vec<_> = STEPS.into_iter().zip(took.steps).filter(|(_, took)| !took.is_zero()).collect();
        let (took, steps) = (took.whole, &steps[..]);
        let batch = Batch { events: events.len(), generation, slot, model, took, steps, answered: now };
        tracer.answered(&batch, spans(tracer, events));
    }
}

/// Its batch has passed the steps, and been answered now. What goes in between counts as before them.
fn passed(span: &Span, took: &Took, now: Instant) {
    let mut at = now.checked_sub(took.steps.iter().sum()).unwrap_or(now);
    for (step, spent) in WORKER_STEPS.into_iter().zip(took.steps).filter(|(_, spent)| !spent.is_zero()) {
        at += spent;
        span.mark(at, step, vec![]);
    }
}

/// Those of them that failed are tried again after this delay.
pub(super) fn put_off(tracer: &Tracer, (job, part): (&Job, &Part), delay: Duration, now: Instant) {
    if !tracer.is_on() {
        return;
    }
    for place in part.passing() {
        for span in spans(tracer, &job.events[place..=place]) {
            let milliseconds = Value::Number(i64::try_from(delay.as_millis()).unwrap_or(i64::MAX));
            span.mark(now, "retry", vec![("makinage.delay_ms", milliseconds)]);
        }
    }
}

/// Their worker has died, and they are asked of another.
pub(super) fn died(tracer: &Tracer, events: &[Event], (worker, cause): (WorkerId, &Cause), now: Instant) {
    for span in spans(tracer, events) {
        let mut attributes = named(worker).to_vec();
        attributes.push(("makinage.cause", text(&cause.words)));
        span.mark(now, "worker died", attributes);
    }
}
