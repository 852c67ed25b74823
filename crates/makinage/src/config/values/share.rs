//! Shares of all: numbers from 0 to 1.

use serde_json::{Value as Json, json};

use crate::{
    config::reader::{
        field::Field,
        problem::Findings,
        shape::{Ground, Kind},
    },
    quoted::quoted,
    yaml::{Scalar, Value},
};

/// A share; what one looks like is named where another is wrong.
pub(crate) struct Share(pub &'static str);

impl Kind for Share {
    type Value = f64;

    fn read(&self, field: &Field, _: &Ground, findings: &mut Findings) -> Option<f64> {
        let share = match &field.node.value {
            Value::Scalar(text, Scalar::Integer(_) | Scalar::Float(_)) => text.parse().ok(),
            _ => None,
        };
        let share = share.filter(|share: &f64| (0.0..=1.0).contains(share));
        if share.is_none() {
            let message = format!(
                "this must be a share from 0 to 1, not {}; write for example `{}`",
                field.node.source().map_or_else(|| field.shown(), quoted),
                self.0
            );
            findings.problem(&field.place, message);
        }
        share
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
