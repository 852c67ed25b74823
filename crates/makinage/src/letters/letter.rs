//! The record that is written of an event. Pure.

use std::time::SystemTime;

use kafka_headers::{add, iter};
use rdkafka::message::OwnedHeaders;

use super::{
    failed::{Failed, Missing},
    headers,
    letterhead::Letterhead,
};
use crate::event::Event;

/// A record for the dead-letter topic.
#[derive(Debug)]
pub(crate) struct Letter<'e> {
    pub key: Option<&'e [u8]>,
    pub value: Option<&'e [u8]>,
    pub headers: OwnedHeaders,
}

impl<'e> Letter<'e> {
    /// What is written of an event.
    pub(crate) fn of(event: &'e Event, failed: &Failed<'_>, head: &Letterhead, at: SystemTime) -> Self {
        let mut headers = match &event.headers {
            Some(Ok(headers)) => headers.clone(),
            Some(Err(_)) | None => OwnedHeaders::new_with_capacity(headers::MOST),
        };
        let unreadable = matches!(event.headers, Some(Err(_))).then_some(Missing::Headers);
        let failed = Failed { missing: unreadable.or(failed.missing), ..*failed };
        head.sign(&mut headers, event, &failed, at);
        Self { key: event.key(), value: event.value(), headers }
    }

    /// Leaves at most so many bytes of the value.
    pub(crate) fn cut(mut self, bytes: usize) -> Self {
        self.value = self.value.map(|value| cut(value, &mut self.headers, bytes));
        self
    }
}

/// At most so many bytes of a letter's value, whose headers say how many it had.
pub(crate) fn cut<'v>(value: &'v [u8], headers: &mut OwnedHeaders, bytes: usize) -> &'v [u8] {
    if value.len() <= bytes {
        return value;
    }
    // It says so at the very end, where an original's header can't be.
    let last = iter(headers.as_borrowed()).last();
    if last.is_none_or(|(name, _)| name != headers::ORIGINAL_BYTES.to_bytes()) {
        add(headers, headers::ORIGINAL_BYTES.to_bytes(), Some(value.len().to_string().as_bytes()));
    }
    &value[..bytes]
}

#[cfg(test)]
mod tests;
