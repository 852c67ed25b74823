//! Outputs on their way: what the producer holds, what the sink topic has, and whose event each is.

use rdkafka::{Message, message::OwnedMessage};

use crate::{event::Ticket, sink::purpose::Purpose};

/// A record in the producer's hands.
#[derive(Debug, Clone)]
pub(super) struct Output {
    pub message: OwnedMessage,
    pub ticket: Ticket,
    pub size: usize,
}

/// What a record is, by the topic that it goes to.
pub(super) fn topic_of(output: &Output) -> Purpose {
    if output.message.topic() == "dead" { Purpose::DeadLetters } else { Purpose::Outputs }
}

/// Records that travel together.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    pub producer: usize,
    pub epoch: u64,
    pub partition: i32,
    pub base: u64,
    pub records: Vec<Output>,
    pub number: u64,
}

/// An output in the sink topic.
pub(super) struct Appended<'o> {
    pub partition: i32,
    pub place: Place,
    pub record: &'o Output,
}

/// The event that an output says it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub partition: i32,
    pub offset: i64,
}

impl Place {
    /// By the header that the sink adds.
    pub(super) fn of(message: &OwnedMessage) -> Self {
        let text = header(message, c"makinage-source");
        let mut parts = text.rsplit('/').map(|part| part.parse().expect("a number"));
        let offset = parts.next().expect("an offset");
        Self { offset, partition: i32::try_from(parts.next().expect("a partition")).expect("small") }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.partition, self.offset)
    }
}

/// One of the headers that the sink adds.
pub(super) fn header(message: &OwnedMessage, name: &std::ffi::CStr) -> String {
    let headers = message.headers().expect("headers");
    let value = kafka_headers::first(headers.as_borrowed(), name).flatten().expect("the header");
    String::from_utf8_lossy(value).into_owned()
}
