//! One line of the catalogue.

use tracing::Level;

/// A line that the log can have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// The area's letter and a number.
    pub code: &'static str,
    pub level: Level,
    /// What has happened, in a few words.
    pub title: &'static str,
    /// What that means for the service and its events.
    pub meaning: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// Somebody must act.
pub(super) const fn error(
    code: &'static str,
    title: &'static str,
    meaning: &'static str,
    remedy: &'static str,
) -> Entry {
    Entry { code, level: Level::ERROR, title, meaning, remedy }
}

/// Somebody will have to act, or may.
pub(super) const fn warning(
    code: &'static str,
    title: &'static str,
    meaning: &'static str,
    remedy: &'static str,
) -> Entry {
    Entry { code, level: Level::WARN, title, meaning, remedy }
}
