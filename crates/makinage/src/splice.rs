//! The default post-transform's output, `[event, prediction]` as JSON, made of the event's own bytes. Pure.

use crate::worker::answer::Outcome;

/// Writes `[event, prediction]` into `into`. `None` where the outcome isn't a prediction.
pub fn splice(event: &[u8], outcome: &Outcome<'_>, into: &mut Vec<u8>) -> Option<()> {
    into.clear();
    into.push(b'[');
    into.extend_from_slice(event.trim_ascii());
    into.push(b',');
    match outcome {
        Outcome::Json(text) => into.extend_from_slice(text),
        Outcome::Integer(value) => into.extend_from_slice(itoa::Buffer::new().format(*value).as_bytes()),
        // JSON has neither NaN nor infinities.
        Outcome::Float(value) if !value.is_finite() => into.extend_from_slice(b"null"),
        Outcome::Float(value) => into.extend_from_slice(ryu::Buffer::new().format_finite(*value).as_bytes()),
        Outcome::Boolean(value) => into.extend_from_slice(if *value { b"true" } else { b"false" }),
        Outcome::Output(_) | Outcome::Skipped | Outcome::Failed(_) => return None,
    }
    into.push(b']');
    Some(())
}
