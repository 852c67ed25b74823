//! How large a record is, and whether its topic takes it. Pure.

use super::headers::{self, own_size};
use crate::{
    event::{Event, Failure},
    letters::Letter,
    traces::carried::OVERHEAD as TRACE_OVERHEAD,
};

/// Bytes that a record costs in its batch beside key, value and headers, at most: the batch's own 61, the record's
/// varints, the names of the two headers that are added.
const RECORD_OVERHEAD: usize = 128;
/// Bytes of partition, offset and slashes in the event's coordinates, at most.
const PLACE_OVERHEAD: usize = 32;

/// The largest output value that fits a record of so many bytes, beside the key and headers of a usual record.
pub(crate) fn largest_value(max_record: usize) -> usize {
    max_record.saturating_sub(RECORD_OVERHEAD)
}

/// Cuts the letter of an event so that its record has at most so many bytes; and how many it has beside its value that
/// the event hasn't.
pub(crate) fn fit<'e>(letter: Letter<'e>, event: &Event, bytes: usize) -> (Letter<'e>, usize) {
    let key = letter.key.map_or(0, <[u8]>::len);
    let beside = key + headers::size(&letter.headers) + RECORD_OVERHEAD;
    let more = beside.saturating_sub(key + own_size(event));
    (letter.cut(bytes.saturating_sub(beside)), more)
}

/// The largest record that a topic takes.
pub(crate) struct Bound<'a> {
    pub topic: &'a str,
    pub bytes: usize,
}

impl Bound<'_> {
    /// Whether it takes this output; what is added to the event's own headers are the names of the model and of the
    /// event's topic, of so many bytes.
    pub(crate) fn check(&self, event: &Event, value: &[u8], names: usize) -> Result<(), Failure> {
        let trace = event.span.as_ref().map_or(0, |_| TRACE_OVERHEAD);
        let added = names + PLACE_OVERHEAD + trace;
        let size = value.len() + event.key().map_or(0, <[u8]>::len) + own_size(event) + added + RECORD_OVERHEAD;
        if size <= self.bytes {
            return Ok(());
        }
        let message = format!(
            "the output is a record of {size} bytes, and topic {} takes {} (max.message.bytes); raise that with kafka-configs.sh, or return less",
            self.topic, self.bytes
        );
        Err(Failure::new("produce", "OutputTooLarge", message))
    }
}
