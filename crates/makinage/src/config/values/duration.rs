//! Durations, as `5ms`, `25s`, `2m`, `1h`.

use std::time::Duration;

use serde_json::Value as Json;

use crate::{
    config::reader::{
        described,
        field::Field,
        problem::Findings,
        shape::{Ground, Kind},
    },
    quoted::quoted,
    yaml::{Scalar, Value},
};

#[cfg(test)]
mod tests;

const UNITS: &[(&str, u64)] = &[("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

/// What a duration may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Whether no time at all means something.
    pub zero: bool,
    /// The longest that makes sense.
    pub longest: Duration,
}

impl Limits {
    /// Some time, up to `longest`.
    pub const fn some(longest: Duration) -> Self {
        Self { zero: false, longest }
    }

    /// Any time, or none, up to `longest`.
    pub const fn any(longest: Duration) -> Self {
        Self { zero: true, longest }
    }
}

impl Kind for Limits {
    type Value = Duration;

    fn read(&self, field: &Field, _: &Ground, findings: &mut Findings) -> Option<Duration> {
        read(field, *self, findings)
    }

    fn form(&self) -> String {
        format!("a time up to `{}`", shown(self.longest))
    }

    fn schema(&self) -> Json {
        described::matching(if self.zero { r"^[0-9]+\s*(ms|s|m|h)$" } else { r"^0*[1-9][0-9]*\s*(ms|s|m|h)$" })
    }

    fn shown(&self, value: &Duration) -> String {
        shown(*value)
    }
}

fn read(field: &Field, limits: Limits, findings: &mut Findings) -> Option<Duration> {
    if let Value::Scalar(text, Scalar::Integer(_) | Scalar::Float(_)) = &field.node.value {
        findings.problem(
            &field.place,
            format!("{} has no unit; write for example `5ms`, `25s`, `2m` or `1h`", quoted(text)),
        );
        return None;
    }
    let text = field.text(findings)?;
    from_text(text, limits).map_err(|message| findings.problem(&field.place, message)).ok()
}

/// The duration that `text` says, or what is wrong with it.
pub fn from_text(text: &str, limits: Limits) -> Result<Duration, String> {
    let shown_text = quoted(text);
    let duration = parse(text).ok_or_else(|| {
        format!("{shown_text} is no duration; write a whole number and its unit: `5ms`, `25s`, `2m` or `1h`")
    })?;
    if duration.is_zero() && !limits.zero {
        return Err(format!(
            "{shown_text} leaves no time at all; give it at least `1ms`, or remove the key for the default"
        ));
    }
    if duration > limits.longest {
        return Err(format!("{shown_text} is too long; give it at most `{}`", shown(limits.longest)));
    }
    Ok(duration)
}

/// As the largest of the units that it is whole in.
fn shown(duration: Duration) -> String {
    let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let whole = UNITS.iter().rev().find(|(_, unit)| milliseconds.is_multiple_of(*unit));
    let (name, unit) = whole.unwrap_or(&UNITS[0]);
    format!("{}{name}", milliseconds / unit)
}

fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at(text.find(|character: char| !character.is_ascii_digit())?);
    let (_, milliseconds) = UNITS.iter().find(|(name, _)| *name == unit.trim_start())?;
    digits.parse::<u64>().ok()?.checked_mul(*milliseconds).map(Duration::from_millis)
}
