//! Spans as OTLP has them: the messages of `opentelemetry/proto/collector/trace/v1` that are needed here, and no more
//! of their fields. Numbers of fields are what counts; they never change. Pure.

use std::sync::Arc;

use prost::Message;

use super::{
    context::Context,
    span::{Attribute, Kind, Mark, Span, Told, Value},
};

/// The parent's place in the trace came with a record, from elsewhere (`SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK`, and that
/// this is known).
const REMOTE: u32 = 0x300;
/// It is known that it didn't (`SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK`).
const OWN: u32 = 0x100;
const FAILED: i32 = 2;

/// Who has made the spans.
#[derive(Debug, Clone)]
pub(super) struct Resource(message::Resource);

impl Resource {
    /// Of these names and values.
    pub(super) fn new(about: &[(&'static str, String)]) -> Self {
        let pair = |(key, value): &(&'static str, String)| message::KeyValue {
            key: (*key).to_owned(),
            value: Some(message::AnyValue { value: Some(message::any::Value::Text(value.clone())) }),
        };
        Self(message::Resource { attributes: about.iter().map(pair).collect() })
    }
}

/// What the collector is sent: these spans, which have ended.
pub(super) fn written(resource: &Resource, spans: &[Arc<Span>]) -> Vec<u8> {
    let scope =
        message::Scope { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
    let spans = spans.iter().map(|span| of(span)).collect();
    let of_scope = message::ScopeSpans { scope: Some(scope), spans };
    let all = message::ResourceSpans { resource: Some(resource.0.clone()), scope_spans: vec![of_scope] };
    message::Request { resource_spans: vec![all] }.encode_to_vec()
}

/// How many spans of a request that it took a collector says that it wants none of, and why.
pub(super) fn rejected(answer: &[u8]) -> Option<(usize, String)> {
    let partly = message::Response::decode(answer).ok()?.partial_success?;
    let spans = usize::try_from(partly.rejected_spans).ok().filter(|spans| *spans > 0)?;
    Some((spans, partly.error_message))
}

fn of(span: &Span) -> message::Span {
    let Told { attributes, marks, links, marks_left_out, links_left_out, error, is_failure, ended } = span.told();
    let began = span.began();
    let carried = span.carried.as_ref();
    message::Span {
        trace_id: span.context.trace.to_vec(),
        span_id: span.context.span.to_vec(),
        trace_state: carried.map(|carried| carried.state.clone()).unwrap_or_default(),
        parent_span_id: carried.map(|carried| carried.parent.span.to_vec()).unwrap_or_default(),
        name: span.name.clone(),
        kind: match span.kind {
            Kind::Internal => 1,
            Kind::Consumer => 5,
        },
        start_time_unix_nano: began,
        end_time_unix_nano: ended.unwrap_or(began),
        attributes: span.about.iter().chain(&attributes).map(attribute).collect(),
        events: marks.iter().map(event).collect(),
        dropped_events_count: marks_left_out,
        links: links.iter().map(link).collect(),
        dropped_links_count: links_left_out,
        status: is_failure.then(|| message::Status { message: error.unwrap_or_default(), code: FAILED }),
        flags: u32::from(span.context.flags()) | if carried.is_some() { REMOTE } else { OWN },
    }
}

fn event(mark: &Mark) -> message::Event {
    message::Event {
        time_unix_nano: mark.at,
        name: mark.name.to_owned(),
        attributes: mark.attributes.iter().map(attribute).collect(),
    }
}

fn link(context: &Context) -> message::Link {
    message::Link {
        trace_id: context.trace.to_vec(),
        span_id: context.span.to_vec(),
        flags: u32::from(context.flags()) | OWN,
    }
}

fn attribute((key, value): &Attribute) -> message::KeyValue {
    let value = match value {
        Value::Text(text) => message::any::Value::Text(text.clone().into_owned()),
        Value::Number(number) => message::any::Value::Number(*number),
        Value::Flag(flag) => message::any::Value::Flag(*flag),
    };
    message::KeyValue { key: (*key).to_owned(), value: Some(message::AnyValue { value: Some(value) }) }
}

/// The messages, with their fields' names.
mod message {
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Request {
        #[prost(message, repeated, tag = "1")]
        pub resource_spans: Vec<ResourceSpans>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Response {
        #[prost(message, optional, tag = "1")]
        pub partial_success: Option<PartialSuccess>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct PartialSuccess {
        #[prost(int64, tag = "1")]
        pub rejected_spans: i64,
        #[prost(string, tag = "2")]
        pub error_message: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct ResourceSpans {
        #[prost(message, optional, tag = "1")]
        pub resource: Option<Resource>,
        #[prost(message, repeated, tag = "2")]
        pub scope_spans: Vec<ScopeSpans>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Resource {
        #[prost(message, repeated, tag = "1")]
        pub attributes: Vec<KeyValue>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct ScopeSpans {
        #[prost(message, optional, tag = "1")]
        pub scope: Option<Scope>,
        #[prost(message, repeated, tag = "2")]
        pub spans: Vec<Span>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Scope {
        #[prost(string, tag = "1")]
        pub name: String,
        #[prost(string, tag = "2")]
        pub version: String,
    }

    #[expect(clippy::struct_field_names, reason = "OTLP's own names")]
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Span {
        #[prost(bytes = "vec", tag = "1")]
        pub trace_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        pub span_id: Vec<u8>,
        #[prost(string, tag = "3")]
        pub trace_state: String,
        #[prost(bytes = "vec", tag = "4")]
        pub parent_span_id: Vec<u8>,
        #[prost(string, tag = "5")]
        pub name: String,
        #[prost(int32, tag = "6")]
        pub kind: i32,
        #[prost(fixed64, tag = "7")]
        pub start_time_unix_nano: u64,
        #[prost(fixed64, tag = "8")]
        pub end_time_unix_nano: u64,
        #[prost(message, repeated, tag = "9")]
        pub attributes: Vec<KeyValue>,
        #[prost(message, repeated, tag = "11")]
        pub events: Vec<Event>,
        #[prost(uint32, tag = "12")]
        pub dropped_events_count: u32,
        #[prost(message, repeated, tag = "13")]
        pub links: Vec<Link>,
        #[prost(uint32, tag = "14")]
        pub dropped_links_count: u32,
        #[prost(message, optional, tag = "15")]
        pub status: Option<Status>,
        #[prost(fixed32, tag = "16")]
        pub flags: u32,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Event {
        #[prost(fixed64, tag = "1")]
        pub time_unix_nano: u64,
        #[prost(string, tag = "2")]
        pub name: String,
        #[prost(message, repeated, tag = "3")]
        pub attributes: Vec<KeyValue>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Link {
        #[prost(bytes = "vec", tag = "1")]
        pub trace_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        pub span_id: Vec<u8>,
        #[prost(fixed32, tag = "6")]
        pub flags: u32,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Status {
        #[prost(string, tag = "2")]
        pub message: String,
        #[prost(int32, tag = "3")]
        pub code: i32,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct KeyValue {
        #[prost(string, tag = "1")]
        pub key: String,
        #[prost(message, optional, tag = "2")]
        pub value: Option<AnyValue>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct AnyValue {
        #[prost(oneof = "any::Value", tags = "1, 2, 3")]
        pub value: Option<any::Value>,
    }

    pub(super) mod any {
        #[derive(Clone, PartialEq, prost::Oneof)]
        pub(in super::super) enum Value {
            #[prost(string, tag = "1")]
            Text(String),
            #[prost(bool, tag = "2")]
            Flag(bool),
            #[prost(int64, tag = "3")]
            Number(i64),
        }
    }
}

#[cfg(test)]
mod tests;
