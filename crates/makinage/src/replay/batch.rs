//! The events that go back in one transaction.

use rdkafka::message::OwnedHeaders;

use crate::letters::reading::{note::Runs, source::Source, survey::LetterPlace};

/// Events in one transaction, at most …
const MOST_EVENTS: usize = 1000;
/// … and bytes, unless one alone has more.
const MOST_BYTES: usize = 4 << 20;

/// An event that goes back.
#[derive(Debug)]
pub(crate) struct Returning {
    /// Where its letter stands.
    pub letter: LetterPlace,
    /// Where it came from.
    pub source: Source,
    /// The partition of its topic that it goes to; none where the client chooses.
    pub partition: Option<i32>,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub value: Option<Vec<u8>>,
    /// Its headers.
    pub headers: OwnedHeaders,
}

/// Events of one partition of the dead-letter topic, in the letters' order.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// The events.
    pub events: Vec<Returning>,
    runs: Runs,
    bytes: usize,
}

impl Batch {
    /// One more.
    pub(crate) fn push(&mut self, event: Returning) {
        let size = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
        self.bytes += size(&event.key) + size(&event.value);
        self.runs.push(event.letter.offset);
        self.events.push(event);
    }

    /// Whether it takes no more.
    pub(crate) fn is_full(&self) -> bool {
        self.events.len() >= MOST_EVENTS || self.bytes >= MOST_BYTES || self.runs.is_full()
    }
}

/// The runs of these letters.
pub(crate) fn runs(events: &[Returning]) -> Vec<(i64, i64)> {
    let mut runs = Runs::default();
    for event in events {
        runs.push(event.letter.offset);
    }
    runs.into_inner()
}
