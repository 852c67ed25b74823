//! How an operator runs: workers, batches, time limits, failures.

use std::{ops::RangeInclusive, time::Duration};

use super::probation::{self, Probation};
use crate::{
    config::{
        reader::{
            field::{Count, Field},
            problem::Findings,
            section::{Section, Setting},
        },
        values::{
            duration::{self, Limits},
            size,
        },
    },
    yaml::{Scalar, Value},
};

#[cfg(test)]
mod tests;

/// More processes than this don't fit on one machine; more instances of the service share the work as well.
const WORKERS: RangeInclusive<usize> = 1..=64;
/// The limit of automatic batches too.
const BATCH: RangeInclusive<usize> = 1..=1024;
const MAX_DELAY: Duration = Duration::from_millis(5);
const PREDICT_TIMEOUT: Duration = Duration::from_secs(30);
const LOAD_TIMEOUT: Duration = Duration::from_mins(10);
const MINUTE: Duration = Duration::from_mins(1);
/// Python with NumPy and MLflow takes about half of that before it has a model.
const LEAST_MEMORY: u64 = 200_000_000;
const DAY: Duration = Duration::from_hours(24);

/// Whether a model answers each row as if it were alone, so that it may be given several at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowWise {
    /// Workers look before they believe it (the default).
    Seen,
    /// The user says that it does.
    Always,
    /// It gets one event a call.
    Never,
}

/// Which packages the workers run with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// Those of the operator's Python (the default).
    Current,
    /// Those that the model names, in a virtual environment that is built for it.
    Model,
}

/// What becomes of an event that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnError {
    /// It is skipped, with one log line (the default).
    Skip,
    /// The finished prefix is committed, and the service ends with exit code 1.
    Stop,
}

/// How events are grouped into batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Batch {
    /// What has queued when a worker is free, within limits that follow the measured model time.
    Auto,
    /// `rows` events, or fewer once the oldest has waited for `max_delay`.
    Fixed {
        /// Events a batch.
        rows: usize,
        /// The longest wait for company.
        max_delay: Duration,
    },
}

/// How the operator runs.
#[derive(Debug)]
pub struct Tuning {
    /// `on_error`
    pub on_error: OnError,
    /// `workers`, with `auto` resolved
    pub workers: usize,
    /// `batch` and `max_delay`
    pub batch: Batch,
    /// `row_wise`
    pub row_wise: RowWise,
    /// `predict_timeout`
    pub predict_timeout: Duration,
    /// `load_timeout`
    pub load_timeout: Duration,
    /// `memory_limit`
    pub memory_limit: Option<u64>,
    /// `probation`
    pub probation: Probation,
    /// `environment`
    pub environment: Environment,
}

/// Reads how the operator runs.
pub fn read(section: &Section, cores: usize, findings: &mut Findings) -> Option<Tuning> {
    let on_error = [("skip", OnError::Skip), ("stop", OnError::Stop)];
    let on_error = section.setting("on_error", findings, |field, findings| field.choice(&on_error, findings));
    let workers = section.setting("workers", findings, |field, findings| field.count(&WORKERS, findings));
    let predict_timeout = time(section, "predict_timeout", Limits { zero: false, longest: DAY }, findings);
    let load_timeout = time(section, "load_timeout", Limits { zero: false, longest: DAY }, findings);
    let memory_limit = section
        .setting("memory_limit", findings, |field, findings| size::read(field, LEAST_MEMORY, findings).map(Some));
    let probation = probation::read(section, findings);
    let environments = [("current", Environment::Current), ("model", Environment::Model)];
    let environment = section.setting("environment", findings, |field, findings| field.choice(&environments, findings));
    let row_wise = section.setting("row_wise", findings, row_wise);
    let batch = batch(section, findings);
    check_delivery(section, findings);
    Some(Tuning {
        on_error: on_error.or(OnError::Skip)?,
        workers: match workers.or(Count::Exactly(1))? {
            Count::Exactly(workers) => workers,
            // One core is left to the service itself.
            Count::Auto => cores.saturating_sub(1).clamp(*WORKERS.start(), *WORKERS.end()),
        },
        batch: batch?,
        row_wise: row_wise.or(RowWise::Seen)?,
        predict_timeout: predict_timeout.or(PREDICT_TIMEOUT)?,
        load_timeout: load_timeout.or(LOAD_TIMEOUT)?,
        memory_limit: memory_limit.or(None)?,
        probation: probation?,
        environment: environment.or(Environment::Current)?,
    })
}

/// `auto`, or a verdict of the user's.
fn row_wise(field: &Field, findings: &mut Findings) -> Option<RowWise> {
    if field.refuse_reference(findings) {
        return None;
    }
    match &field.node.value {
        Value::Scalar(_, Scalar::Bool(true)) => Some(RowWise::Always),
        Value::Scalar(_, Scalar::Bool(false)) => Some(RowWise::Never),
        Value::Scalar(text, Scalar::Text) if text == "auto" => Some(RowWise::Seen),
        _ => {
            findings.problem(&field.place, format!("this must be `auto`, `true` or `false`, not {}", field.shown()));
            None
        }
    }
}

fn batch(section: &Section, findings: &mut Findings) -> Option<Batch> {
    let rows = section.setting("batch", findings, |field, findings| field.count(&BATCH, findings));
    let max_delay = time(section, "max_delay", Limits { zero: true, longest: MINUTE }, findings);
    match (rows, max_delay) {
        (Setting::Wrong, _) | (_, Setting::Wrong) => None,
        (Setting::Given(Count::Exactly(rows), _), max_delay) => {
            Some(Batch::Fixed { rows, max_delay: max_delay.or(MAX_DELAY)? })
        }
        (_, Setting::Given(_, place)) => {
            findings.problem(&place, "an automatic batch never waits, so `max_delay` means nothing; remove it, or add a fixed size as `batch: 32`");
            None
        }
        (_, Setting::Unset) => Some(Batch::Auto),
    }
}

fn time(section: &Section, key: &str, limits: Limits, findings: &mut Findings) -> Setting<Duration> {
    section.setting(key, findings, |field, findings| duration::read(field, limits, findings))
}

fn check_delivery(section: &Section, findings: &mut Findings) {
    let Some(field) = section.get("delivery") else {
        return;
    };
    if field.choice(&[("at_least_once", false), ("exactly_once", true)], findings) == Some(true) {
        findings.problem(&field.place, "`exactly_once` isn't there yet; use `at_least_once`, or remove the key");
    }
}
