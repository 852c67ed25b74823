//! One record on its way through the pipeline, and what became of it.

use std::{sync::Arc, time::Duration};

use rdkafka::message::OwnedHeaders;

use crate::traces::span::Span;

/// Record headers as the client holds them: bytes, name and value, copied whole; or why the client can't read them.
pub type Headers = Result<OwnedHeaders, kafka_headers::Unreadable>;

/// One record of a data topic, copied out of the client's fetch buffer.
///
/// Key and value share one allocation: at several hundred thousand events a second the allocator is a visible cost.
#[derive(Debug)]
pub struct Event {
    /// How its offset is told that it is finished.
    pub ticket: Ticket,
    /// Index into the operator's data topics.
    pub source: u16,
    /// Partition of the data topic.
    pub partition: i32,
    /// Offset in the partition.
    pub offset: i64,
    /// The record's headers, `None` where it has none.
    pub headers: Option<Headers>,
    /// The record's time in milliseconds since 1970, and below zero where it has none: so Kafka writes it.
    pub time: i64,
    /// What is told of it, where it is traced.
    pub(crate) span: Option<Arc<Span>>,
    bytes: Box<[u8]>,
    key_len: Option<usize>,
    tombstone: bool,
}

/// Where a record stands: topic (by its place in the operator's data topics), partition, offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Index into the operator's data topics.
    pub source: u16,
    /// Partition of the data topic.
    pub partition: i32,
    /// Offset in the partition.
    pub offset: i64,
}

/// What people read of where events stand.
#[derive(Debug, Clone)]
pub(crate) enum Names {
    /// Records of these data topics, in the operator's order: `topic/partition/offset`.
    Records(Vec<String>),
    /// Lines of a text, counted from 1.
    Lines,
}

impl Default for Names {
    fn default() -> Self {
        Self::Records(vec![])
    }
}

impl Names {
    /// The topic of this place in the operator's.
    pub(crate) fn topic(&self, source: u16) -> &str {
        match self {
            Self::Records(topics) => topics.get(usize::from(source)).map_or("?", String::as_str),
            Self::Lines => "?",
        }
    }

    /// `data/0/7`, or `line 8`.
    pub(crate) fn of(&self, place: Place) -> String {
        match self {
            Self::Records(_) => format!("{}/{}/{}", self.topic(place.source), place.partition, place.offset),
            Self::Lines => format!("line {}", place.offset + 1),
        }
    }
}

impl Event {
    /// Copies a record's key and value. `value` is `None` for a tombstone.
    pub fn new(ticket: Ticket, place: Place, key: Option<&[u8]>, value: Option<&[u8]>) -> Self {
        let mut bytes = Vec::with_capacity(key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len));
        bytes.extend_from_slice(key.unwrap_or_default());
        bytes.extend_from_slice(value.unwrap_or_default());
        Self {
            ticket,
            source: place.source,
            partition: place.partition,
            offset: place.offset,
            headers: None,
            time: -1,
            span: None,
            bytes: bytes.into_boxed_slice(),
            key_len: key.map(<[u8]>::len),
            tombstone: value.is_none(),
        }
    }

    /// Where it stands.
    pub(crate) fn place(&self) -> Place {
        Place { source: self.source, partition: self.partition, offset: self.offset }
    }

    /// The event without its key and its claim on an offset: nothing is settled by it.
    pub(crate) fn sample(&self) -> Self {
        Self::new(Ticket::from_opaque(0), self.place(), None, self.value())
    }

    /// The record's key.
    pub fn key(&self) -> Option<&[u8]> {
        self.key_len.map(|len| &self.bytes[..len])
    }

    /// The record's value; `None` for a tombstone.
    pub fn value(&self) -> Option<&[u8]> {
        (!self.tombstone).then(|| &self.bytes[self.key_len.unwrap_or(0)..])
    }

    /// The record's time in milliseconds since 1970, where it has one.
    pub fn timestamp(&self) -> Option<i64> {
        (self.time >= 0).then_some(self.time)
    }

    /// Bytes of key and value.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }
}

/// The steps that may be the user's, and skip an event by returning `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "Maki Nage's own names")]
pub enum Step {
    PreTransform,
    Predict,
    PostTransform,
}

impl Step {
    /// In the order in which an event meets them.
    pub const ALL: [Self; 3] = [Self::PreTransform, Self::Predict, Self::PostTransform];

    /// As the configuration and the protocol write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::PreTransform => "pre_transform",
            Self::Predict => "predict",
            Self::PostTransform => "post_transform",
        }
    }

    /// The step of that name.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name().as_bytes() == name)
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The steps in a worker that an event may fail in, and that take time, in the order in which it meets them: those of
/// [`Step`] with what stands before and behind them.
pub const WORKER_STEPS: [&str; 5] = ["decode", "pre_transform", "predict", "post_transform", "encode"];

/// Time that a batch of events took in its worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Took {
    /// In all.
    pub whole: Duration,
    /// In each of [`WORKER_STEPS`]; nothing in those that no event came to.
    pub steps: [Duration; WORKER_STEPS.len()],
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Its output is acknowledged: its offset may be committed when all before it may.
    Finished,
    /// A step returned `None` for it, so it has no output: finished like one that has.
    Skipped(Step),
    /// It failed, and that was told: finished too.
    Failed,
    /// It failed, and its dead letter is acknowledged: finished too.
    DeadLetter,
    /// It failed under `on_error: stop`, and that was told: it is read again, so its offset must not be committed.
    Stopped,
    /// It was given up unfinished: its offset, and all after it in its partition, must not be committed.
    Dropped,
}

impl Fate {
    /// Whether its offset may be committed.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Finished | Self::Skipped(_) | Self::Failed | Self::DeadLetter)
    }
}

/// Nearly four years of the fastest partition that was ever measured, and an assignment may last for long.
const SEQUENCE_BITS: u32 = 46;

/// So many assignments have numbers of their own.
pub(crate) const ASSIGNMENTS: u32 = 1 << (u64::BITS - SEQUENCE_BITS);

/// Names one received event: its assignment in the upper bits, its sequence number within that in the lower 46.
/// Within an assignment their order is that of the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

impl Ticket {
    /// The event of this number in an assignment.
    pub(crate) fn new(assignment: u32, sequence: u64) -> Self {
        debug_assert!(assignment < ASSIGNMENTS && sequence < 1 << SEQUENCE_BITS, "{assignment}, {sequence}");
        Self(u64::from(assignment) << SEQUENCE_BITS | sequence)
    }

    /// The assignment that the event belongs to.
    pub fn assignment(self) -> u32 {
        u32::try_from(self.0 >> SEQUENCE_BITS).unwrap_or(u32::MAX)
    }

    /// Its number within the assignment.
    pub(crate) fn sequence(self) -> u64 {
        self.0 & ((1 << SEQUENCE_BITS) - 1)
    }

    /// The ticket as the producer's opaque value.
    #[expect(clippy::cast_possible_truncation, reason = "64-bit targets only: see the assertion below")]
    pub fn into_opaque(self) -> usize {
        self.0 as usize
    }

    /// The ticket that [`Ticket::into_opaque`] was called on.
    pub fn from_opaque(opaque: usize) -> Self {
        Self(opaque as u64)
    }
}

const _: () = assert!(usize::BITS == 64, "a ticket travels as the producer's pointer-sized opaque value");

/// Why one event could not be scored. It is that event's business alone.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Failure {
    /// `decode`, `pre_transform`, `predict`, `post_transform`, `encode` or `produce`.
    pub step: String,
    /// The error's class, as the user would look it up: a Python exception's name, or ours.
    pub error: String,
    /// What happened, and where it helps what to do.
    pub message: String,
    /// `file:line` in the user's code, where the error came from there.
    #[serde(default, rename = "where")]
    pub location: Option<String>,
    /// How often the event was tried.
    #[serde(skip, default = "first")]
    pub attempts: u32,
}

/// The number of an event's first attempt.
fn first() -> u32 {
    1
}

impl Failure {
    /// A failure that the service itself found.
    pub fn new(step: &str, error: &str, message: impl Into<String>) -> Self {
        Self { step: step.into(), error: error.into(), message: message.into(), location: None, attempts: first() }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // One event is one log line, however the model's author wrote the exception's text.
        let message: Vec<&str> = self.message.split_whitespace().collect();
        write!(f, "step {}: {}: {}", self.step, self.error, message.join(" "))?;
        if let Some(location) = &self.location {
            write!(f, " ({location})")?;
        }
        match self.attempts {
            0 | 1 => Ok(()),
            attempts => write!(f, ", after {attempts} attempts"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_keeps_what_it_names_for_years_of_events() {
        let year = 558_000 * 3600 * 24 * 365;
        for (assignment, sequence) in [(0, 0), (ASSIGNMENTS - 1, 3 * year), (7, (1 << 46) - 1)] {
            let ticket = Ticket::from_opaque(Ticket::new(assignment, sequence).into_opaque());
            assert_eq!((ticket.assignment(), ticket.sequence()), (assignment, sequence));
        }
        assert!(Ticket::new(3, 3 * year) < Ticket::new(3, 3 * year + 1));
    }

    #[test]
    fn a_failure_says_after_how_many_attempts_where_there_was_more_than_one() {
        let told = |attempts| Failure { attempts, ..Failure::new("predict", "TimeoutError", "late") }.to_string();
        assert_eq!(told(1), "step predict: TimeoutError: late");
        assert_eq!(told(3), "step predict: TimeoutError: late, after 3 attempts");
    }
}
