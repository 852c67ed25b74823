//! What a check has to say: where, which rule, and what to do.

use std::fmt;

/// One thing that isn't as it should be.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Complaint {
    /// A file, from the repository's root on, or a commit.
    pub place: String,
    pub line: Option<usize>,
    pub rule: &'static str,
    pub text: String,
}

impl Complaint {
    /// A complaint about a line of a file.
    pub(super) fn at(place: impl Into<String>, line: usize, rule: &'static str, text: impl Into<String>) -> Self {
        Self { place: place.into(), line: Some(line), rule, text: text.into() }
    }

    /// A complaint about something as a whole.
    pub(super) fn about(place: impl Into<String>, rule: &'static str, text: impl Into<String>) -> Self {
        Self { place: place.into(), line: None, rule, text: text.into() }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}: {}", self.rule, self.text)
    }
}
