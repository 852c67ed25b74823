//! The lines that `check` writes: a mark, what was looked at, and what was found.

use std::fmt::Display;

/// Writes lines and remembers whether all was well.
#[derive(Debug, Default)]
pub struct Checklist {
    failed: bool,
}

impl Checklist {
    /// It is as it should be.
    pub fn good(what: impl Display) {
        println!("✔ {what}");
    }

    /// It works, but the user should know.
    pub fn note(what: impl Display) {
        println!("! {what}");
    }

    /// It keeps the service from working.
    pub fn bad(&mut self, what: impl Display) {
        self.failed = true;
        println!("✖ {what}");
    }

    /// Whether anything was bad.
    pub fn failed(&self) -> bool {
        self.failed
    }
}
