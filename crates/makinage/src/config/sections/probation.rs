//! When a generation is taken back by itself.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::{
    config::{
        reader::{
            described,
            field::{Count, Field},
            problem::Findings,
            shape::{Ground, Kind, section},
        },
        values::duration::Limits,
    },
    quoted::quoted,
    yaml::{Scalar, Value},
};

const DAY: Duration = Duration::from_hours(24);
const TIME: Duration = Duration::from_mins(10);
/// One or two batches on which a worker died may be the events' doing.
const CRASHES: usize = 3;

section! {
    /// What a generation must not do for some time after it took over, or it is taken back.
    #[derive(Copy)]
    pub struct Probation
    by hand {}
    keys {
        /// How long after a model or a configuration has taken over it can be taken back; `0s` for never.
        time: Duration = Limits::any(DAY), default TIME, example "5m";
        /// It is taken back when its workers die on so many different batches; `off` for any number.
        crashes: Option<usize> = Crashes, default Some(CRASHES), example "3";
        /// It is taken back when the share of events that fail grows by more than this, from 0 to 1.
        error_rate: Option<f64> = Share, optional "not looked at", example "0.2";
    }
}

impl Default for Probation {
    fn default() -> Self {
        Self { time: TIME, crashes: Some(CRASHES), error_rate: None }
    }
}

/// How many crashes are too many: a number, `off` for no limit, `auto` for the default.
struct Crashes;

impl Kind for Crashes {
    type Value = Option<usize>;

    fn read(&self, field: &Field, _: &Ground, findings: &mut Findings) -> Option<Option<usize>> {
        if field.node.source() == Some("off") {
            return Some(None);
        }
        Some(match field.count(&(1..=1000), findings)? {
            Count::Exactly(crashes) => Some(crashes),
            Count::Auto => Some(CRASHES),
        })
    }

    fn form(&self) -> String {
        "1 to 1000, or `off`".to_owned()
    }

    fn schema(&self) -> Json {
        described::either(&[described::words(["auto", "off"]), described::whole(&(1..=1000))])
    }

    fn shown(&self, value: &Option<usize>) -> String {
        value.map_or("off".to_owned(), |crashes| crashes.to_string())
    }
}

/// A share of all events.
struct Share;

impl Kind for Share {
    type Value = f64;

    fn read(&self, field: &Field, _: &Ground, findings: &mut Findings) -> Option<f64> {
        error_rate(field, findings)
    }

    fn form(&self) -> String {
        "0 to 1".to_owned()
    }

    fn schema(&self) -> Json {
        json!({"type": "number", "minimum": 0, "maximum": 1})
    }

    fn shown(&self, value: &f64) -> String {
        value.to_string()
    }
}

fn error_rate(field: &Field, findings: &mut Findings) -> Option<f64> {
    let rate = match &field.node.value {
        Value::Scalar(text, Scalar::Integer(_) | Scalar::Float(_)) => text.parse().ok(),
        _ => None,
    };
    let rate = rate.filter(|rate: &f64| (0.0..=1.0).contains(rate));
    if rate.is_none() {
        let message = format!(
            "this must be a share from 0 to 1, not {}; write for example `error_rate: 0.2`",
            field.node.source().map_or_else(|| field.shown(), quoted)
        );
        findings.problem(&field.place, message);
    }
    rate
}
