//! What becomes of events that are traced, as their spans tell it.

use std::time::Instant;

use crate::{
    letters::Failed,
    traces::span::{Exception, Span, Value, text},
    wire::answer::Outcome,
};

/// A worker's answer is believed: which generation's that is, its model, and at which attempt. The event leaves with
/// it.
pub(super) fn answered(
    span: &Span,
    outcome: &Outcome<'_>,
    (generation, model, attempt): (u64, &str, u32),
    now: Instant,
) {
    span.is("makinage.generation", Value::Number(i64::try_from(generation).unwrap_or(i64::MAX)));
    span.is("makinage.model", text(model));
    if attempt > 1 {
        span.is("makinage.attempts", Value::Number(attempt.into()));
    }
    // Before the sink has it, which may settle it at once.
    if matches!(outcome, Outcome::Output(_) | Outcome::Prediction(_)) {
        span.mark(now, "output", vec![]);
    }
}

/// It failed, for good.
pub(super) fn failed(span: &Span, failed: &Failed<'_>, now: Instant) {
    let failure = failed.failure;
    if let Some(model) = failed.model {
        span.is("makinage.model", text(model));
    }
    let exception = Exception {
        class: &failure.error,
        message: &failure.message,
        location: failure.location.as_deref(),
        step: &failure.step,
    };
    span.fail(now, &exception);
}
