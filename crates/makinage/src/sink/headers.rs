//! The headers of an output: which model scored which record, beside what the event brought.

use rdkafka::{
    Message,
    message::{Header, Headers, OwnedHeaders, OwnedMessage},
};

use crate::event::Event;

/// Header that names the model which scored the event.
pub const MODEL_HEADER: &str = "makinage-model";
/// Header with the event's coordinates, `topic/partition/offset`.
pub const SOURCE_HEADER: &str = "makinage-source";

/// The event's own headers, and those that this program adds. `topic` is the data topic.
pub(super) fn output_headers(event: &Event, topic: &str, model: &str) -> OwnedHeaders {
    use std::io::Write;
    let mut headers = OwnedHeaders::new_with_capacity(2 + event.headers.as_ref().map_or(0, Vec::len));
    for (name, value) in event.headers.iter().flatten() {
        // A chain of services names its last one.
        if name != MODEL_HEADER && name != SOURCE_HEADER {
            headers = headers.insert(Header { key: name, value: value.as_deref() });
        }
    }
    let mut place = [0_u8; 320];
    let room = place.len();
    let mut rest = &mut place[..];
    // Topic names are at most 249 bytes, so this always fits.
    let _ = write!(rest, "{topic}/{}/{}", event.partition, event.offset);
    let written = room - rest.len();
    headers
        .insert(Header { key: MODEL_HEADER, value: Some(model.as_bytes()) })
        .insert(Header { key: SOURCE_HEADER, value: Some(&place[..written]) })
}

/// The source coordinates that the record carries.
pub(super) fn source_of(message: &OwnedMessage) -> String {
    let headers = message.headers().into_iter().flat_map(Headers::iter);
    let source = headers.filter(|header| header.key == SOURCE_HEADER).find_map(|header| header.value);
    source.map_or_else(|| "?".to_owned(), |value| String::from_utf8_lossy(value).into_owned())
}
