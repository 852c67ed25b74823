//! The headers of an output: which model scored which record, beside what the event brought, byte for byte.

use std::{ffi::CStr, io::Write};

use kafka_headers::{add, first, iter, remove};
use rdkafka::{
    Message,
    message::{OwnedHeaders, OwnedMessage},
};

use crate::{
    event::{Event, Failure},
    letters::headers::ATTEMPT,
};

/// Header that names the model which scored the event.
const MODEL_HEADER: &CStr = c"makinage-model";
/// Header with the event's coordinates, `topic/partition/offset`.
const SOURCE_HEADER: &CStr = c"makinage-source";
/// Bytes that a header costs beside its name and value, at most: two varints.
const HEADER_OVERHEAD: usize = 10;

/// The event's own headers, and those that this program adds. `topic` is the data topic. Where the event is traced, its
/// span is the trace's last one.
pub(crate) fn output_headers(event: &Event, topic: &str, model: &str) -> Result<OwnedHeaders, Failure> {
    let mut headers = own(event)?.map_or_else(|| OwnedHeaders::new_with_capacity(2), without_ours);
    if let Some(span) = &event.span {
        span.carry(&mut headers);
    }
    let mut place = [0_u8; 320];
    let room = place.len();
    let mut rest = &mut place[..];
    // Topic names are at most 249 bytes, so this always fits.
    let _ = write!(rest, "{topic}/{}/{}", event.partition, event.offset);
    let written = room - rest.len();
    add(&mut headers, MODEL_HEADER.to_bytes(), Some(model.as_bytes()));
    add(&mut headers, SOURCE_HEADER.to_bytes(), Some(&place[..written]));
    Ok(headers)
}

/// A chain of services names its last one, and counts each one's failures by itself.
fn without_ours(headers: &OwnedHeaders) -> OwnedHeaders {
    let mut headers = headers.clone();
    for name in [MODEL_HEADER, SOURCE_HEADER, ATTEMPT] {
        if first(headers.as_borrowed(), name).is_some() {
            remove(&mut headers, name);
        }
    }
    headers
}

/// Bytes that the event's own headers take in its output, at most.
pub(super) fn own_size(event: &Event) -> usize {
    let Some(Ok(headers)) = &event.headers else { return 0 };
    size(headers)
}

/// Bytes that headers take in their record, at most.
pub(super) fn size(headers: &OwnedHeaders) -> usize {
    iter(headers.as_borrowed()).map(|(name, value)| name.len() + value.map_or(0, <[u8]>::len) + HEADER_OVERHEAD).sum()
}

fn own(event: &Event) -> Result<Option<&OwnedHeaders>, Failure> {
    event.headers.as_ref().map(Result::as_ref).transpose().map_err(|error| {
        let message = format!("{error}: an output carries its event's headers; send the event again with fewer");
        Failure::new("produce", "UnreadableHeaders", message)
    })
}

/// The source coordinates that a record carries: the last, as a dead letter's original may have brought others.
pub(crate) fn source_of(message: &OwnedMessage) -> String {
    text(message, SOURCE_HEADER)
}

/// The model that an output names.
pub(super) fn model_of(message: &OwnedMessage) -> String {
    text(message, MODEL_HEADER)
}

fn text(message: &OwnedMessage, name: &CStr) -> String {
    let headers = message.headers().into_iter().flat_map(|headers| iter(headers.as_borrowed()));
    let last = headers.filter(|header| header.0 == name.to_bytes()).last();
    let value = last.and_then(|(_, value)| value);
    value.map_or_else(|| "?".to_owned(), |value| String::from_utf8_lossy(value).into_owned())
}

/// The headers of an output without those that were added.
pub(super) fn originals(message: &OwnedMessage) -> Option<OwnedHeaders> {
    let mut headers = message.headers()?.clone();
    for name in [MODEL_HEADER, SOURCE_HEADER] {
        remove(&mut headers, name);
    }
    Some(headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event::{Place, Ticket},
        sink::size::Bound,
        traces::testing::span,
    };

    #[test]
    fn a_traced_output_names_its_events_span_and_is_counted_as_that_much_larger() {
        let place = Place { source: 0, partition: 3, offset: i64::MAX };
        let mut event = Event::new(Ticket::from_opaque(1), place, None, Some(b"1"));
        let plain = size(&output_headers(&event, "data", "iris").expect("headers"));
        let (span, _ended) = span();
        event.span = Some(span);
        let headers = output_headers(&event, "data", "iris").expect("headers");
        let own = event.span.as_ref().map(|span| span.traceparent()).unwrap_or_default();
        assert_eq!(first(headers.as_borrowed(), c"traceparent").flatten(), Some(own.as_bytes()));
        let more = size(&headers) - plain;
        let fits = |bytes| Bound { topic: "predict", bytes }.check(&event, b"1", 8).is_ok();
        let least = (0..1000).find(|bytes| fits(*bytes)).expect("some size");
        event.span = None;
        assert!(Bound { topic: "predict", bytes: least - more }.check(&event, b"1", 8).is_ok());
        assert!(Bound { topic: "predict", bytes: least - more - 1 }.check(&event, b"1", 8).is_err());
    }
}
