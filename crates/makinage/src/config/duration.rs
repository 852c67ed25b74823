//! Durations, as `5ms`, `25s`, `2m`, `1h`.

use std::time::Duration;

use super::{
    field::Field,
    problem::{Findings, quoted},
    tree::{Scalar, Value},
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

/// The duration in `field`.
pub fn read(field: &Field, limits: Limits, findings: &mut Findings) -> Option<Duration> {
    if let Value::Scalar(text, Scalar::Integer(_) | Scalar::Float(_)) = &field.node.value {
        findings.problem(
            &field.place,
            format!("{} has no unit; write for example `5ms`, `25s`, `2m` or `1h`", quoted(text)),
        );
        return None;
    }
    let text = field.text(findings)?;
    let Some(duration) = parse(text) else {
        findings.problem(
            &field.place,
            format!("{} is no duration; write a whole number and its unit: `5ms`, `25s`, `2m` or `1h`", quoted(text)),
        );
        return None;
    };
    if duration.is_zero() && !limits.zero {
        findings.problem(
            &field.place,
            format!(
                "{} leaves no time at all; give it at least `1ms`, or remove the key for the default",
                quoted(text)
            ),
        );
        return None;
    }
    if duration > limits.longest {
        findings.problem(
            &field.place,
            format!("{} is too long; give it at most `{}`", quoted(text), shown(limits.longest)),
        );
        return None;
    }
    Some(duration)
}

fn shown(limit: Duration) -> String {
    match limit.as_secs() {
        seconds if seconds % 3_600 == 0 => format!("{}h", seconds / 3_600),
        seconds => format!("{}m", seconds / 60),
    }
}

fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at(text.find(|character: char| !character.is_ascii_digit())?);
    let (_, milliseconds) = UNITS.iter().find(|(name, _)| *name == unit.trim_start())?;
    digits.parse::<u64>().ok()?.checked_mul(*milliseconds).map(Duration::from_millis)
}
