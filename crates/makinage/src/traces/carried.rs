//! What records' headers say of the trace that they are part of, and how an output's headers say it: `traceparent` and
//! `tracestate`, as W3C's Trace Context names them. Pure.

use std::ffi::CStr;

use kafka_headers::{add, first, iter, remove};
use rdkafka::message::{BorrowedHeaders, OwnedHeaders};

use super::context::{Context, LENGTH};

/// Who wrote the record: the trace and its span.
const PARENT: &CStr = c"traceparent";
/// What tracing systems say of the trace to their own kind.
const STATE: &CStr = c"tracestate";
/// Bytes of state that are told of a span. Headers keep all of it, however long that is.
const LONGEST_STATE: usize = 512;

/// Bytes that a trace costs in an output's headers, at most: name, value, and two varints.
pub(crate) const OVERHEAD: usize = 11 + LENGTH + 10;

/// The trace that a record is part of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Carried {
    /// Who wrote the record.
    pub parent: Context,
    /// What tracing systems say of the trace; empty for nothing.
    pub state: String,
}

/// The trace that a record with these headers is part of. Of several parents the last counts: instrumented producers
/// add theirs behind what a record has already. `None` where that one is nobody's, or invalid.
pub(super) fn carried(headers: &BorrowedHeaders) -> Option<Carried> {
    // Most records have none, and librdkafka sees that sooner.
    first(headers, PARENT)?;
    let last = iter(headers).filter(|(name, _)| *name == PARENT.to_bytes()).last();
    let parent = Context::parse(last.and_then(|(_, value)| value)?)?;
    Some(Carried { parent, state: state(headers) })
}

/// All that is said in `tracestate`, where it can be told: printable ASCII, and not too much.
fn state(headers: &BorrowedHeaders) -> String {
    let all = iter(headers).filter(|(name, _)| *name == STATE.to_bytes()).filter_map(|(_, value)| value);
    let told = |value: &[u8]| std::str::from_utf8(value).map(str::to_owned).ok();
    let states: Option<Vec<String>> = all.map(told).collect();
    let state = states.unwrap_or_default().join(",");
    let is_plain = state.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_plain && state.len() <= LONGEST_STATE { state } else { String::new() }
}

/// From now on the headers' trace is this span's; whoever wrote them before is its parent. State is passed on as it is.
pub(super) fn go_on(headers: &mut OwnedHeaders, context: &Context) {
    if first(headers.as_borrowed(), PARENT).is_some() {
        remove(headers, PARENT);
    }
    add(headers, PARENT.to_bytes(), Some(context.to_string().as_bytes()));
}

/// From now on the headers' trace is one that begins with this span: what was said of another is void.
pub(super) fn begin(headers: &mut OwnedHeaders, context: &Context) {
    if first(headers.as_borrowed(), STATE).is_some() {
        remove(headers, STATE);
    }
    go_on(headers, context);
}

#[cfg(test)]
mod tests;
