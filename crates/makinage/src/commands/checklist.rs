//! The lines that `check` writes: a mark, what was looked at, and what was found.

use std::{
    fmt::Display,
    io::{self, Write},
};

/// Writes lines and remembers whether all was well.
#[derive(Debug, Default)]
pub(super) struct Checklist {
    failed: bool,
}

impl Checklist {
    /// It is as it should be.
    pub(super) fn good(what: impl Display) {
        say("✔", what);
    }

    /// It works, but the user should know.
    pub(super) fn note(what: impl Display) {
        say("!", what);
    }

    /// It keeps the service from working.
    pub(super) fn bad(&mut self, what: impl Display) {
        self.failed = true;
        say("✖", what);
    }

    /// Whether anything was bad.
    pub(super) fn failed(&self) -> bool {
        self.failed
    }
}

/// Nobody has to read it all: `println!` panics once its reader has gone.
fn say(mark: &str, what: impl Display) {
    let _ = writeln!(io::stdout(), "{mark} {what}");
}
