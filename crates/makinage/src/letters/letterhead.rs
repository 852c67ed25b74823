//! What all dead letters of an operator have in common, and the headers that tell of one failure.

use std::{
    ffi::CStr,
    str::from_utf8,
    time::{Duration, SystemTime},
};

use kafka_headers::{add, iter};
use rdkafka::message::OwnedHeaders;

use super::{
    failed::{Failed, Missing},
    headers::{
        APPLICATION, ATTEMPT, BEGIN, CLASS, DLQ_DELIVERY_COUNT, DLQ_GROUP, DLQ_MESSAGE, DLQ_OFFSET, DLQ_PARTITION,
        DLQ_TOPIC, FAILED_AT, LABEL_BYTES, LAYOUT, MESSAGE, MESSAGE_BYTES, MODEL, NAME_BYTES, OPERATOR,
        ORIGINAL_MISSING, SOURCE, SOURCE_TIMESTAMP, STEP, STEP_BYTES, TRACE, WHERE,
    },
    text::bounded,
};
use crate::event::Event;

/// Who writes the letters.
#[derive(Debug, Clone)]
pub(crate) struct Letterhead {
    application: String,
    operator: String,
    /// The data topics.
    topics: Vec<String>,
}

impl Letterhead {
    /// Of an application's operator, which reads these data topics.
    pub(crate) fn new(application: &str, operator: &str, topics: Vec<String>) -> Self {
        Self { application: application.to_owned(), operator: operator.to_owned(), topics }
    }

    /// The data topics.
    pub(crate) fn topics(&self) -> &[String] {
        &self.topics
    }

    /// Adds all that a letter says of its event's failure.
    pub(super) fn sign(&self, headers: &mut OwnedHeaders, event: &Event, failed: &Failed<'_>, at: SystemTime) {
        let attempt = attempt(headers).to_string();
        let failure = failed.failure;
        let topic = self.topics.get(usize::from(event.source)).map_or("?", String::as_str);
        let (partition, offset) = (event.partition.to_string(), event.offset.to_string());
        let application = bounded(&self.application, NAME_BYTES);
        let mut say = |name: &CStr, value: &str| add(headers, name.to_bytes(), Some(value.as_bytes()));
        say(BEGIN, LAYOUT);
        say(STEP, &bounded(&failure.step, STEP_BYTES));
        say(CLASS, &bounded(&failure.error, NAME_BYTES));
        say(MESSAGE, &bounded(&failure.message, MESSAGE_BYTES));
        if let Some(location) = &failure.location {
            say(WHERE, &bounded(location, LABEL_BYTES));
        }
        say(SOURCE, &format!("{topic}/{partition}/{offset}"));
        if let Some(timestamp) = event.timestamp() {
            say(SOURCE_TIMESTAMP, &timestamp.to_string());
        }
        if let Some(model) = failed.model {
            say(MODEL, &bounded(model, LABEL_BYTES));
        }
        say(OPERATOR, &bounded(&self.operator, NAME_BYTES));
        say(APPLICATION, &application);
        say(ATTEMPT, &attempt);
        say(FAILED_AT, &written(at));
        if let Some(missing) = failed.missing {
            say(ORIGINAL_MISSING, word(missing));
        }
        if let Some(span) = &event.span {
            say(TRACE, &span.traceparent());
        }
        say(DLQ_TOPIC, topic);
        say(DLQ_PARTITION, &partition);
        say(DLQ_OFFSET, &offset);
        say(DLQ_GROUP, &application);
        say(DLQ_DELIVERY_COUNT, &attempt);
        say(DLQ_MESSAGE, &bounded(&failure.to_string(), MESSAGE_BYTES));
    }
}

fn word(missing: Missing) -> &'static str {
    match missing {
        Missing::Headers => "headers",
        Missing::Value => "value",
    }
}

/// How often an event with these headers has failed by now: once more than it says, which a replayed one does.
fn attempt(headers: &OwnedHeaders) -> u32 {
    let said = iter(headers.as_borrowed()).filter(|(name, _)| *name == ATTEMPT.to_bytes()).last();
    let before = said.and_then(|(_, value)| from_utf8(value?).ok()?.parse::<u32>().ok());
    before.filter(|before| *before < i32::MAX.cast_unsigned()).unwrap_or(0) + 1
}

/// RFC 3339, which has no years beyond 9999.
fn written(at: SystemTime) -> String {
    let last = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    humantime::format_rfc3339_millis(at.clamp(SystemTime::UNIX_EPOCH, last)).to_string()
}
