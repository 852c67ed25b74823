//! Sizes, as `512MB`, `2GB`, `1GiB`.

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

const UNITS: &[(&str, u64)] = &[
    ("KB", 1000),
    ("MB", 1000_u64.pow(2)),
    ("GB", 1000_u64.pow(3)),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

/// A size in bytes, not less than this.
pub(crate) struct AtLeast(pub u64);

impl Kind for AtLeast {
    type Value = u64;

    fn read(&self, field: &Field, _: &Ground, findings: &mut Findings) -> Option<u64> {
        read(field, self.0, findings)
    }

    fn form(&self) -> String {
        format!("a size from `{}`", self.shown(&self.0))
    }

    fn schema(&self) -> Json {
        described::matching(r"^[0-9]+\s*([KMG]i?B)$")
    }

    fn shown(&self, value: &u64) -> String {
        format!("{}MB", value / 1000_u64.pow(2))
    }
}

/// The size in `field`, in bytes; at least `least`.
fn read(field: &Field, least: u64, findings: &mut Findings) -> Option<u64> {
    let text = match &field.node.value {
        Value::Scalar(text, Scalar::Integer(_) | Scalar::Float(_)) => text,
        _ => field.text(findings)?,
    };
    let Some(bytes) = parse(text) else {
        let message =
            format!("{} is no size; write a whole number and its unit: `512MB`, `2GB` or `1GiB`", quoted(text));
        findings.problem(&field.place, message);
        return None;
    };
    if bytes < least {
        let message = format!("{} is too little; give it at least `{}MB`", quoted(text), least / 1000_u64.pow(2));
        findings.problem(&field.place, message);
        return None;
    }
    Some(bytes)
}

fn parse(text: &str) -> Option<u64> {
    let (digits, unit) = text.split_at(text.find(|character: char| !character.is_ascii_digit())?);
    let (_, bytes) = UNITS.iter().find(|(name, _)| *name == unit.trim_start())?;
    digits.parse::<u64>().ok()?.checked_mul(*bytes)
}
