//! The warnings and errors that the log can have: each code once, with what its line means and what to do about it.
//!
//! `docs/log-lines.md` and `makinage explain` are made of this; `cargo xtask tidy` holds the program's lines to it. A
//! code stays what it is: one that isn't needed any more is not given to another line.

mod configuration;
mod delivery;
mod entry;
mod events;
mod http;
mod kafka;
mod models;
mod publishing;
mod reading;
mod service;
mod traces;
mod workers;

use tracing::Level;

pub(crate) use self::entry::Entry;

/// What lines of one letter are about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Area {
    /// What the codes begin with.
    pub letter: char,
    pub name: &'static str,
    pub entries: &'static [Entry],
}

const fn area(letter: char, name: &'static str, entries: &'static [Entry]) -> Area {
    Area { letter, name, entries }
}

/// All lines, by what they are about.
pub(crate) const AREAS: &[Area] = &[
    area('C', "Configuration", configuration::ENTRIES),
    area('D', "Delivery of outputs and dead letters", delivery::ENTRIES),
    area('E', "Events that fail", events::ENTRIES),
    area('H', "What the service shows over HTTP", http::ENTRIES),
    area('K', "Kafka: brokers, rights, topics", kafka::ENTRIES),
    area('M', "Models and generations", models::ENTRIES),
    area('P', "Publishing models", publishing::ENTRIES),
    area('R', "Reading events: the consumer group and its offsets", reading::ENTRIES),
    area('S', "The service itself", service::ENTRIES),
    area('T', "Traces", traces::ENTRIES),
    area('W', "Workers", workers::ENTRIES),
];

/// All lines.
pub(crate) fn entries() -> impl Iterator<Item = &'static Entry> {
    AREAS.iter().flat_map(|area| area.entries)
}

/// What people call a level.
pub(crate) fn word(level: Level) -> &'static str {
    if level == Level::ERROR { "error" } else { "warning" }
}

/// A paragraph in lines of at most so many columns.
pub(crate) fn wrapped(paragraph: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in paragraph.split_whitespace() {
        let last = lines.len() - 1;
        let so_far = lines[last].chars().count();
        if so_far > 0 && so_far + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            lines[last].extend([if so_far > 0 { " " } else { "" }, word]);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests;
