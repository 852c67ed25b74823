//! When a generation is taken back by itself.

use std::time::Duration;

use crate::{
    config::{
        reader::{
            field::{Count, Field},
            keys::Keys,
            problem::Findings,
            section::{Section, Setting},
        },
        values::duration::{self, Limits},
    },
    quoted::quoted,
    yaml::{Scalar, Value},
};

const KEYS: Keys = Keys { here: &["time", "crashes", "error_rate"], refused: &[] };
const TIME: Duration = Duration::from_mins(10);
/// One or two batches on which a worker died may be the events' doing.
const CRASHES: usize = 3;
const DAY: Duration = Duration::from_hours(24);

/// What a generation must not do for some time after it took over, or it is taken back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Probation {
    /// How long that is; zero for no probation.
    pub time: Duration,
    /// Different batches on which a worker died; `None` for any number.
    pub crashes: Option<usize>,
    /// By how much the share of events that failed may exceed that of the generation before, from 0 to 1; `None` for any.
    pub error_rate: Option<f64>,
}

/// The `probation` of an operator.
pub fn read(operator: &Section, findings: &mut Findings) -> Option<Probation> {
    match operator.get("probation") {
        None => Some(Probation { time: TIME, crashes: Some(CRASHES), error_rate: None }),
        Some(field) => section(field, findings),
    }
}

fn section(field: &Field, findings: &mut Findings) -> Option<Probation> {
    let section = Section::read(field, &KEYS, findings)?;
    let limits = Limits { zero: true, longest: DAY };
    let time = section.setting("time", findings, |field, findings| duration::read(field, limits, findings));
    let crashes = section.setting("crashes", findings, crashes);
    let error_rate = section.setting("error_rate", findings, error_rate);
    Some(Probation {
        time: time.or(TIME)?,
        crashes: match crashes.or(Count::Auto)? {
            Count::Exactly(0) => None,
            Count::Exactly(crashes) => Some(crashes),
            Count::Auto => Some(CRASHES),
        },
        error_rate: match error_rate {
            Setting::Unset => None,
            Setting::Wrong => return None,
            Setting::Given(rate, _) => Some(rate),
        },
    })
}

/// `off` is 0.
fn crashes(field: &Field, findings: &mut Findings) -> Option<Count> {
    if field.node.source() == Some("off") { Some(Count::Exactly(0)) } else { field.count(&(1..=1000), findings) }
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
