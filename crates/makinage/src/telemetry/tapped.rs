//! A single event as it is shown to who looks on.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::moment::date;
use crate::{clock::since_1970, event::Event};

/// Bytes of a key or a value that are shown.
const SHOWN: usize = 2000;

/// One event, as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tapped {
    /// When, as RFC 3339 has it.
    pub at: String,
    /// `topic/partition/offset`.
    pub place: String,
    /// The record's key, or its beginning.
    pub key: Option<String>,
    /// The record's value, or its beginning.
    pub input: Option<String>,
    /// The steps that it has passed, as far as they are known.
    #[serde(default)]
    pub steps: Vec<StepPassed>,
    /// What became of it.
    #[serde(flatten)]
    pub became: Became,
    /// The model that it was given to.
    pub model: Option<String>,
    /// Milliseconds since the record's time.
    pub milliseconds: Option<i64>,
}

/// What an event had after a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StepPassed {
    /// The step.
    pub step: String,
    /// What it had then, or its beginning; `None` where that is no more than what is shown anyway.
    pub value: Option<String>,
    /// How long the step took, where that is known of this event alone.
    pub microseconds: Option<f64>,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub(crate) enum Became {
    /// It has this output, or one with this beginning.
    Output {
        /// The output.
        output: String,
    },
    /// A step returned `None`.
    Skipped {
        /// The step.
        step: String,
    },
    /// It failed.
    Failed {
        /// The step.
        step: String,
        /// The error's class.
        error: String,
        /// What happened.
        message: String,
    },
}

impl Tapped {
    /// An event of this topic.
    pub(crate) fn of(topic: &str, event: &Event, model: Option<&str>, became: Became) -> Self {
        let now = SystemTime::now();
        Self {
            at: date(now),
            place: place(topic, event),
            key: event.key().map(shown),
            input: event.value().map(shown),
            steps: vec![],
            became,
            model: model.map(str::to_owned),
            milliseconds: event.timestamp().map(|time| since_1970(now).saturating_sub(time)),
        }
    }

    /// An event of which no more is known than where it stands.
    pub(crate) fn at(place: String, became: Became) -> Self {
        let at = date(SystemTime::now());
        Self { at, place, key: None, input: None, steps: vec![], became, model: None, milliseconds: None }
    }
}

/// `topic/partition/offset`.
pub(super) fn place(topic: &str, event: &Event) -> String {
    format!("{topic}/{}/{}", event.partition, event.offset)
}

/// Bytes as text, or their beginning.
pub(crate) fn shown(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]).into_owned();
    if bytes.len() > SHOWN {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_is_large_or_no_text_the_beginning_is_shown() {
        assert_eq!(shown(b"abc\xff"), "abc\u{fffd}");
        let large = shown(&[b'x'; 5000]);
        assert!(large.len() < 2010 && large.ends_with('…'));
    }
}
