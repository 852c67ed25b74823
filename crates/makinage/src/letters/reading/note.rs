//! What a replay writes on the dead-letter topic, in the transaction in which it writes the events: which letters of
//! that partition they are of. So it is remembered for as long as the letters are, and is never known without having
//! happened, nor the other way round.

use std::{ffi::CStr, ops::RangeInclusive};

use serde::{Deserialize, Serialize};

use super::offsets::Offsets;

#[cfg(test)]
mod tests;

/// A note's header; its value is the layout's number.
pub(crate) const REPLAYED: &CStr = c"makinage-replayed";
/// The layout's number.
pub(crate) const NOTE_LAYOUT: &[u8] = b"1";

/// Runs of offsets in one note, so that no topic finds it too large: some 4 KiB.
pub(crate) const MOST_RUNS: usize = 100;

/// A note's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Note {
    /// Says to people what this is.
    pub makinage: String,
    /// The application that has replayed.
    pub application: String,
    /// When, as RFC 3339.
    pub at: String,
    /// Offsets of letters in the note's own partition: the first and the last of each run.
    pub letters: Vec<(i64, i64)>,
}

impl Note {
    /// Of these letters.
    pub(crate) fn new(application: &str, at: String, runs: Vec<(i64, i64)>) -> Self {
        Self { makinage: "replayed".to_owned(), application: application.to_owned(), at, letters: runs }
    }

    /// Reads a note's value.
    pub(crate) fn of(value: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(value).map_err(|error| error.to_string())
    }

    /// As it is written.
    pub(crate) fn to_json(&self) -> String {
        // Text, numbers and a list are always JSON.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The key, which no other note has, so that a topic that is compacted keeps all of them.
    pub(crate) fn key(&self, partition: i32) -> String {
        let first = self.letters.first().map_or(0, |(first, _)| *first);
        format!("makinage-replayed/{partition}/{first}/{}", self.at)
    }

    /// Adds its letters. A note speaks of what stands before it, in what is there of its partition.
    pub(crate) fn add_to(&self, replayed: &mut Offsets, there: &RangeInclusive<i64>) {
        for (first, last) in &self.letters {
            replayed.insert_all(*first.max(there.start())..=*last.min(there.end()));
        }
    }
}

/// Offsets that grow, as runs of neighbours.
#[derive(Debug, Default)]
pub(crate) struct Runs(Vec<(i64, i64)>);

impl Runs {
    /// The next one. What lies between it and the last is none of them.
    pub(crate) fn push(&mut self, offset: i64) {
        match self.0.last_mut() {
            Some((_, last)) if *last + 1 == offset => *last = offset,
            _ => self.0.push((offset, offset)),
        }
    }

    /// Whether a note takes no more.
    pub(crate) fn is_full(&self) -> bool {
        self.0.len() >= MOST_RUNS
    }

    /// All of them.
    pub(crate) fn into_inner(self) -> Vec<(i64, i64)> {
        self.0
    }
}
