//! The default post-transform's output, `[event, prediction]` as JSON, made of the event's own bytes. Pure.

use serde::Serialize;

use super::answer::Prediction;

/// Replaces `into` by `[event, prediction]`. `event` must be JSON.
pub fn splice(event: &[u8], prediction: &Prediction<'_>, into: &mut Vec<u8>) {
    into.clear();
    into.push(b'[');
    into.extend_from_slice(event.trim_ascii());
    into.push(b',');
    match prediction {
        Prediction::Json(text) => into.extend_from_slice(text),
        Prediction::Integer(value) => number(value, into),
        // As `null` where JSON has no such number: NaN and the infinities.
        Prediction::Float(value) => number(value, into),
        Prediction::Boolean(value) => into.extend_from_slice(if *value { b"true" } else { b"false" }),
    }
    into.push(b']');
}

fn number(value: impl Serialize, into: &mut Vec<u8>) {
    serde_json::to_writer(into, &value).expect("memory takes what is written, and a number is always JSON");
}

#[cfg(test)]
mod tests;
