//! Events that are traced, from the moment on at which they have been read.

use std::sync::Arc;

use rdkafka::message::OwnedHeaders;

use crate::{
    config::DataTopic,
    event::{Event, Ticket},
    traces::{
        span::{Moment, Span},
        tracer::{Read, Tracer},
    },
};

/// Begins the spans of those events that are traced. Whoever settles these ends them.
pub(super) fn begin_spans(
    tracer: &Tracer,
    topics: &[DataTopic],
    events: &mut [Event],
    now: Moment,
) -> Vec<(Ticket, Arc<Span>)> {
    let begin = |event: &mut Event| {
        let headers = event.headers.as_ref().and_then(|headers| headers.as_ref().ok());
        let read = Read {
            topic: topics.get(usize::from(event.source)).map_or("?", |topic| &topic.name),
            partition: event.partition,
            offset: event.offset,
            headers: headers.map(OwnedHeaders::as_borrowed),
            is_tombstone: event.value().is_none(),
        };
        let span = tracer.begin(&read, now)?;
        event.span = Some(Arc::clone(&span));
        Some((event.ticket, span))
    };
    events.iter_mut().filter_map(begin).collect()
}
