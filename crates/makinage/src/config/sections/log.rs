//! The `log` section, and what the environment says of the log before the configuration is read.

use crate::config::reader::{
    kinds::Words,
    problem::Findings,
    section::Section,
    shape::{Ground, Shaped, section},
    surroundings::Surroundings,
};

#[cfg(test)]
mod tests;

/// The variable that says what lines look like where the configuration doesn't.
const FORMAT: &str = "MAKINAGE_LOG_FORMAT";

/// What the log's lines look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, else JSON.
    Auto,
    /// For people.
    Text,
    /// A JSON object a line.
    Json,
}

const FORMATS: &[(&str, LogFormat)] =
    &[("auto", LogFormat::Auto), ("text", LogFormat::Text), ("json", LogFormat::Json)];

section! {
    /// What the service's log looks like.
    #[derive(Copy)]
    pub struct Log
    by hand {}
    keys {
        /// What lines look like: `text` for people, `json` an object a line; `auto` is text on a terminal, else JSON.
        /// `MAKINAGE_LOG_FORMAT` says what `auto` is, and what holds for lines before this file is read.
        format: LogFormat = Words(FORMATS), default LogFormat::Auto, example "json", restart;
    }
}

/// Reads what the log looks like.
pub(crate) fn read(root: &Section, ground: &Ground, findings: &mut Findings) -> Option<Log> {
    let Some(field) = root.get("log") else { return Some(Log { format: LogFormat::Auto }) };
    let section = Section::read(field, &Log::KEYS, findings)?;
    Log::read(&section, ground, findings)
}

/// What the environment says of the format; an error names what it may say.
pub(crate) fn format_of(surroundings: &dyn Surroundings) -> Result<LogFormat, String> {
    let Some(value) = surroundings.variable(FORMAT).filter(|value| !value.is_empty()) else {
        return Ok(LogFormat::Auto);
    };
    let known = FORMATS.iter().find(|(word, _)| value == *word);
    known.map(|(_, format)| *format).ok_or_else(|| {
        let value = value.to_string_lossy();
        format!("the environment variable {FORMAT} is {value:?}; set it to auto, text or json, or unset it")
    })
}

/// Whether lines may have colours, on a terminal: `NO_COLOR`, where it is set and not empty, forbids them.
pub(crate) fn may_have_colours(surroundings: &dyn Surroundings) -> bool {
    surroundings.variable("NO_COLOR").is_none_or(|value| value.is_empty())
}
