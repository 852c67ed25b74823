//! What a record of the dead-letter topic is, by its headers: a letter, a note of a replay, or something else.

use std::{borrow::Cow, ffi::CStr, fmt};

use kafka_headers::Header;

use super::{
    note::{NOTE_LAYOUT, REPLAYED},
    source::Source,
};
use crate::letters::headers;

/// A record of the dead-letter topic.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Record<'h> {
    /// A dead letter.
    Letter(Box<Letter<'h>>),
    /// What a replay has written; its value says which letters.
    Note,
    /// A letter that can't be read, and why.
    Unreadable(String),
    /// Nothing of this program's.
    Foreign,
}

/// A dead letter's headers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Letter<'h> {
    /// The step that failed.
    pub step: Cow<'h, str>,
    /// The error's class.
    pub class: Cow<'h, str>,
    /// The error's message.
    pub message: Cow<'h, str>,
    /// Where in the user's code.
    pub location: Option<Cow<'h, str>>,
    /// Where the event stands.
    pub source: Source,
    /// The event's time, in milliseconds since 1970.
    pub source_timestamp: Option<i64>,
    /// The model that scored it.
    pub model: Option<Cow<'h, str>>,
    /// Whose operator.
    pub operator: Cow<'h, str>,
    /// Whose letter.
    pub application: Cow<'h, str>,
    /// How often the event has failed.
    pub attempt: u32,
    /// When, in milliseconds since 1970.
    pub failed_at: Option<i64>,
    /// What the letter lacks of its event, where it isn't whole.
    pub lacks: Option<Lack>,
    /// How many headers are the original's; the others are the letter's.
    pub original: usize,
}

/// What a letter lacks of its event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lack {
    /// The end of the value, which had so many bytes.
    End(u64),
    /// The whole value.
    Value,
    /// All headers.
    Headers,
    /// What another version may know.
    Something,
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End(bytes) => write!(f, "the end of its value, which had {bytes} bytes"),
            Self::Value => f.write_str("its value"),
            Self::Headers => f.write_str("its headers"),
            Self::Something => f.write_str("something"),
        }
    }
}

impl<'h> Record<'h> {
    /// Looks at a record's headers, in their order.
    pub(crate) fn of(headers: impl IntoIterator<Item = Header<'h>>) -> Self {
        let mut added: Option<Added<'h>> = None;
        let mut is_note = false;
        for (index, header) in headers.into_iter().enumerate() {
            if header.0 == headers::BEGIN.to_bytes() {
                added = Some(Added::new(index, header.1));
            } else if let Some(added) = &mut added {
                added.take(header);
            } else {
                is_note |= header == (REPLAYED.to_bytes(), Some(NOTE_LAYOUT));
            }
        }
        match added {
            Some(added) => added.letter().map_or_else(Self::Unreadable, |letter| Self::Letter(Box::new(letter))),
            None if is_note => Self::Note,
            None => Self::Foreign,
        }
    }
}

/// What was added to the original's headers.
struct Added<'h> {
    original: usize,
    layout: Option<&'h [u8]>,
    headers: [Option<&'h [u8]>; NAMES.len()],
}

/// What is read, by its place in [`Added::headers`].
const NAMES: [&CStr; 13] = [
    headers::STEP,
    headers::CLASS,
    headers::MESSAGE,
    headers::WHERE,
    headers::SOURCE,
    headers::SOURCE_TIMESTAMP,
    headers::MODEL,
    headers::OPERATOR,
    headers::APPLICATION,
    headers::ATTEMPT,
    headers::FAILED_AT,
    headers::ORIGINAL_BYTES,
    headers::ORIGINAL_MISSING,
];

impl<'h> Added<'h> {
    fn new(original: usize, layout: Option<&'h [u8]>) -> Self {
        Self { original, layout, headers: [None; NAMES.len()] }
    }

    fn take(&mut self, (name, value): Header<'h>) {
        if let Some(at) = NAMES.iter().position(|known| known.to_bytes() == name) {
            self.headers[at] = value;
        }
    }

    fn letter(&self) -> Result<Letter<'h>, String> {
        if self.layout != Some(headers::LAYOUT.as_bytes()) {
            let layout = String::from_utf8_lossy(self.layout.unwrap_or_default());
            return Err(format!("its layout is {layout:?}, which a newer version of this program knows"));
        }
        let source: Source = self.must(headers::SOURCE)?.parse()?;
        Ok(Letter {
            step: self.must(headers::STEP)?,
            class: self.must(headers::CLASS)?,
            message: self.text(headers::MESSAGE).unwrap_or_default(),
            location: self.text(headers::WHERE),
            source,
            source_timestamp: self.number(headers::SOURCE_TIMESTAMP),
            model: self.text(headers::MODEL),
            operator: self.must(headers::OPERATOR)?,
            application: self.must(headers::APPLICATION)?,
            attempt: self.number(headers::ATTEMPT).filter(|attempt| *attempt > 0).unwrap_or(1),
            failed_at: self.text(headers::FAILED_AT).and_then(|text| super::time::of_header(&text)),
            lacks: self.lacks(),
            original: self.original,
        })
    }

    fn lacks(&self) -> Option<Lack> {
        match (self.text(headers::ORIGINAL_MISSING).as_deref(), self.text(headers::ORIGINAL_BYTES)) {
            (Some("headers"), _) => Some(Lack::Headers),
            (Some("value"), _) => Some(Lack::Value),
            (Some(_), _) => Some(Lack::Something),
            // What is no number says all the same that something is missing.
            (None, Some(bytes)) => Some(bytes.parse().map_or(Lack::Something, Lack::End)),
            (None, None) => None,
        }
    }

    fn value(&self, name: &CStr) -> Option<&'h [u8]> {
        let at = NAMES.iter().position(|known| *known == name)?;
        self.headers[at]
    }

    fn text(&self, name: &CStr) -> Option<Cow<'h, str>> {
        self.value(name).map(String::from_utf8_lossy)
    }

    fn must(&self, name: &CStr) -> Result<Cow<'h, str>, String> {
        self.text(name).ok_or_else(|| format!("it has no header {}", name.to_string_lossy()))
    }

    fn number<N: std::str::FromStr>(&self, name: &CStr) -> Option<N> {
        self.text(name)?.parse().ok()
    }
}

#[cfg(test)]
mod tests;
