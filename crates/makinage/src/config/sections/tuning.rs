//! The keys of an operator: how it runs. What its topics are, `roles` reads; which Python it has, `operator`.

use std::{marker::PhantomData, time::Duration};

use serde_json::{Value as Json, json};

use super::{
    operators::FACTORIES,
    probation::Probation,
    retry::{Classes, Retry},
    topics,
};
use crate::{
    config::{
        reader::{
            described,
            field::{Count, Field},
            kinds::{AutoOr, Below, TrueOrFalse, Words},
            problem::Findings,
            section::Section,
            shape::{Ground, Kind, section},
        },
        values::{duration::Limits, size::AtLeast},
    },
    yaml::{Scalar, Value},
};

#[cfg(test)]
mod tests;

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);
/// Well below what brokers let a transaction take.
const LONGEST_INTERVAL: Duration = Duration::from_secs(10);
/// Python with NumPy and MLflow takes about half of that before it has a model.
const LEAST_MEMORY: u64 = 200_000_000;
/// More processes than this don't fit on one machine; more instances of the service share the work as well.
const MOST_WORKERS: usize = 64;
/// The limit of automatic batches too.
const LARGEST_BATCH: usize = 1024;

section! {
    /// How the operator runs.
    pub struct Tuning, check |section, findings| {
        if let (Some(Count::Auto), Some(_)) = (batch, max_delay) {
            refuse_idle_delay(section, findings);
        }
        if on_error == Some(OnError::Stop) {
            refuse_to_stop_beside_letters(section, findings);
        }
        if retry == Some(None) {
            refuse_idle_classes(section, findings);
        }
        if delivery == Some(Guarantee::AtLeastOnce) {
            refuse_idle_interval(section, findings);
        }
    }
    by hand {
        /// The service's own operator.
        factory: "`makinage.serve:serve`", "", schema described::words(FACTORIES), example "makinage.serve:serve";
        /// The first is the model topic, the others bring events.
        sources: "a list of topics", "", schema described::list(&topics::name_schema(), 2),
            example "[model, data, trusted]", restart;
        /// Where predictions go.
        sinks: "a list of one topic", "", schema one(&topics::name_schema()), example "[predict]", restart;
    }
    keys {
        /// What becomes of an event that fails: it is skipped with a log line, or the service stops.
        on_error: OnError = Words(&[("skip", OnError::Skip), ("stop", OnError::Stop)]),
            default OnError::Skip, example "skip";
        /// How an event is tried again before it counts as failed, for hooks that call other services. Outputs keep
        /// their order.
        retry: Option<Retry> = Below::<Retry>(PhantomData), optional "once is enough",
            example "{attempts: 2, delay: 1s}";
        /// After which errors that is done, where `retry` is set: exceptions of these classes (Python's own by name,
        /// others as `module.Class`), or of classes that are made from them.
        retry_on: Vec<String> = Classes, default Classes::usual(),
            example "[TimeoutError, \"requests.exceptions.ConnectionError\"]";
    }
    by hand {
        /// Where events go that fail, as they are, with headers that say why; without it they are gone from the
        /// stream.
        dead_letter: "a topic", "none", schema topics::name_schema(), example "dead", restart;
    }
    keys {
        /// Whether an output may come twice after a crash, or outputs and offsets are one Kafka transaction, of which
        /// readers with `isolation.level=read_committed` see each output once.
        delivery: Guarantee =
            Words(&[("at_least_once", Guarantee::AtLeastOnce), ("exactly_once", Guarantee::ExactlyOnce)]),
            default Guarantee::AtLeastOnce, example "exactly_once", restart;
        /// With `exactly_once`: how long a transaction is open, and outputs wait to be seen.
        commit_interval: Duration = Limits::some(LONGEST_INTERVAL), default Duration::from_millis(100),
            example "50ms", restart;
        /// Processes that hold the model; `auto` is one for each core but one.
        workers: usize = Workers, default 1, example "auto";
        /// Events a model call. `auto` takes what has queued, without waiting; a fixed size waits for company.
        batch: Count = AutoOr(1..=LARGEST_BATCH), default Count::Auto, example "32";
        /// The longest that a batch of a fixed size waits for company.
        max_delay: Duration = Limits::any(MINUTE), default Duration::from_millis(5), example "10ms";
        /// Whether the model answers each row as if it were alone, so that it may be given several at once: `auto` sees
        /// before it believes, `true` is for models that draw random numbers, of which it can't be seen, `false` is one
        /// event a call.
        row_wise: RowWise = RowWiseWord, default RowWise::Seen, example "auto";
        /// Whether the model calls that hooks make for the events of a batch may become one: `auto` where the hooks'
        /// source shows that they keep nothing between events, `true` whatever they do, `false` never.
        coalesce: Option<bool> = AutoOrBool, default None, example "auto";
        /// Whether what is known of a library's models may be computed without the library, where that has been seen
        /// to give the same answers to the bit; `false` is the library's own call for every event.
        native: bool = TrueOrFalse, default true, example "true";
        /// The longest that a worker may be silent on a batch.
        predict_timeout: Duration = Limits::some(DAY), default Duration::from_secs(30), example "1m";
        /// The longest that a model may take to load.
        load_timeout: Duration = Limits::some(DAY), default Duration::from_mins(10), example "5m";
        /// The most memory that a worker may take for its data. Beyond, a load fails, or a batch.
        memory_limit: Option<u64> = AtLeast(LEAST_MEMORY), optional "no limit", example "4GB";
        /// When a model or a configuration is taken back by itself.
        probation: Probation = Below::<Probation>(PhantomData), default Probation::default(),
            example "{time: 5m, crashes: 3, error_rate: 0.2}";
    }
    by hand {
        /// The workers' interpreter: a path (relative ones begin at this file's folder) or a program of PATH.
        python: "a program", "the active virtual environment's, else `python3`", schema described::text(),
            example "python3";
    }
    keys {
        /// Which packages the workers run with: those of that interpreter, or those that the model names, in an
        /// environment that is built for it with uv or pip, once, before it takes over. What hooks import must be in
        /// the model's requirements then.
        environment: Environment = Words(&[("current", Environment::Current), ("model", Environment::Model)]),
            default Environment::Current, example "model";
    }
}

/// A list of one item.
fn one(item: &Json) -> Json {
    let mut list = described::list(item, 1);
    list["maxItems"] = json!(1);
    list
}

impl Tuning {
    /// The errors after which an event is tried again; none where it never is.
    pub fn retried(&self) -> &[String] {
        if self.retry.is_some() { &self.retry_on } else { &[] }
    }

    /// How events are grouped into batches.
    pub fn batching(&self) -> Batch {
        match self.batch {
            Count::Auto => Batch::Auto,
            Count::Exactly(rows) => Batch::Fixed { rows, max_delay: self.max_delay },
        }
    }
}

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

/// How often an output may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guarantee {
    /// Again, where it isn't known whether it came (the default).
    AtLeastOnce,
    /// Once, for who reads committed records alone.
    ExactlyOnce,
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

/// A number of processes; `auto` is resolved on this machine.
struct Workers;

impl Workers {
    const COUNT: AutoOr = AutoOr(1..=MOST_WORKERS);
}

impl Kind for Workers {
    type Value = usize;

    fn read(&self, field: &Field, ground: &Ground, findings: &mut Findings) -> Option<usize> {
        Some(match Self::COUNT.read(field, ground, findings)? {
            Count::Exactly(workers) => workers,
            // One core is left to the service itself.
            Count::Auto => ground.surroundings.cores().saturating_sub(1).clamp(1, MOST_WORKERS),
        })
    }

    fn form(&self) -> String {
        Self::COUNT.form()
    }

    fn schema(&self) -> Json {
        Self::COUNT.schema()
    }

    fn shown(&self, value: &usize) -> String {
        value.to_string()
    }
}

/// `auto`, or a verdict of the user's.
struct AutoOrBool;

impl Kind for AutoOrBool {
    type Value = Option<bool>;

    fn read(&self, field: &Field, _: &Ground, findings: &mut Findings) -> Option<Option<bool>> {
        if field.refuse_reference(findings) {
            return None;
        }
        match &field.node.value {
            Value::Scalar(_, Scalar::Bool(verdict)) => Some(Some(*verdict)),
            Value::Scalar(text, Scalar::Text) if text == "auto" => Some(None),
            _ => {
                let message = format!("this must be `auto`, `true` or `false`, not {}", field.shown());
                findings.problem(&field.place, message);
                None
            }
        }
    }

    fn form(&self) -> String {
        "`auto`, `true` or `false`".to_owned()
    }

    fn schema(&self) -> Json {
        json!({"enum": ["auto", true, false]})
    }

    fn shown(&self, value: &Option<bool>) -> String {
        value.map_or_else(|| "auto".to_owned(), |verdict| verdict.to_string())
    }
}

/// `AutoOrBool`, of how a model answers.
struct RowWiseWord;

impl Kind for RowWiseWord {
    type Value = RowWise;

    fn read(&self, field: &Field, ground: &Ground, findings: &mut Findings) -> Option<RowWise> {
        Some(match AutoOrBool.read(field, ground, findings)? {
            None => RowWise::Seen,
            Some(true) => RowWise::Always,
            Some(false) => RowWise::Never,
        })
    }

    fn form(&self) -> String {
        AutoOrBool.form()
    }

    fn schema(&self) -> Json {
        AutoOrBool.schema()
    }

    fn shown(&self, value: &RowWise) -> String {
        AutoOrBool.shown(&match value {
            RowWise::Seen => None,
            RowWise::Always => Some(true),
            RowWise::Never => Some(false),
        })
    }
}

/// Only a fixed size waits.
fn refuse_idle_delay(section: &Section, findings: &mut Findings) {
    if let Some(field) = section.get("max_delay") {
        let message = "an automatic batch never waits, so `max_delay` means nothing; remove it, or add a fixed size as `batch: 32`";
        findings.problem(&field.place, message);
    }
}

/// What fails is kept, so there is nothing to stop for.
fn refuse_to_stop_beside_letters(section: &Section, findings: &mut Findings) {
    if section.get("dead_letter").is_some()
        && let Some(field) = section.get("on_error")
    {
        let message =
            "with a `dead_letter` topic an event that fails goes there, and the service goes on; remove one of the two";
        findings.problem(&field.place, message);
    }
}

/// Without attempts there is nothing to choose for.
fn refuse_idle_classes(section: &Section, findings: &mut Findings) {
    if let Some(field) = section.get("retry_on") {
        let message =
            "no event is tried again, so `retry_on` means nothing; add `retry: {attempts: 2, delay: 1s}`, or remove it";
        findings.problem(&field.place, message);
    }
}

/// Only transactions have an interval.
fn refuse_idle_interval(section: &Section, findings: &mut Findings) {
    if let Some(field) = section.get("commit_interval") {
        let message = "outputs are seen as soon as they are written, so `commit_interval` means nothing; remove it, or add `delivery: exactly_once`";
        findings.problem(&field.place, message);
    }
}
