//! The default post-transform's output, `[event, prediction]` as JSON, made of the event's own bytes. Pure.

use super::answer::Prediction;

/// Replaces `into` by `[event, prediction]`. `event` must be JSON.
pub fn splice(event: &[u8], prediction: &Prediction<'_>, into: &mut Vec<u8>) {
    into.clear();
    into.push(b'[');
    into.extend_from_slice(event.trim_ascii());
    into.push(b',');
    match prediction {
        Prediction::Json(text) => into.extend_from_slice(text),
        Prediction::Integer(value) => into.extend_from_slice(itoa::Buffer::new().format(*value).as_bytes()),
        // JSON has neither NaN nor infinities.
        Prediction::Float(value) if !value.is_finite() => into.extend_from_slice(b"null"),
        Prediction::Float(value) => into.extend_from_slice(ryu::Buffer::new().format_finite(*value).as_bytes()),
        Prediction::Boolean(value) => into.extend_from_slice(if *value { b"true" } else { b"false" }),
    }
    into.push(b']');
}

#[cfg(test)]
mod tests;
