//! Lines for people: the message, with its code at the end of its first line.
//!
//! Coordinates that the message names already are not repeated; other fields follow it.

use std::fmt::{self, Debug, Write};

use tracing::{
    Level,
    field::{Field, Visit},
};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{FormatFields, format::Writer},
};

use super::catalogue;

/// What a message names in its own words: fields for programs.
const NAMED: [&str; 8] = ["topic", "partition", "offset", "step", "model", "operator", "worker", "generation"];

/// What a command says that is no event of tracing's, and has no code in its text.
pub(super) fn line(level: Level, message: &str) -> String {
    let lines: Vec<String> = message.split('\n').map(|line| Plain(line).to_string()).collect();
    format!("{}: {}", catalogue::word(level), lines.join("\n"))
}

/// The fields of a line, as people read them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields;

impl<'w> FormatFields<'w> for Fields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut read = Read::default();
        fields.record(&mut read);
        let (first, rest) = read.message.split_once('\n').unwrap_or((&read.message, ""));
        write!(writer, "{}{}", Plain(first), Plain(&read.others))?;
        if let Some(code) = &read.code {
            write!(writer, " [{code}]")?;
        }
        rest.lines().try_for_each(|line| write!(writer, "\n{}", Plain(line)))
    }
}

#[derive(Default)]
struct Read {
    message: String,
    code: Option<String>,
    others: String,
}

impl Read {
    fn other(&mut self, name: &str, value: &dyn Debug) {
        let space = if self.message.is_empty() && self.others.is_empty() { "" } else { " " };
        // A string takes all that is written.
        let _ = write!(self.others, "{space}{name}={value:?}");
    }
}

impl Visit for Read {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "code" => self.code = Some(value.to_owned()),
            "message" => value.clone_into(&mut self.message),
            _ => self.record_debug(field, &value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            // Those of the crate `log` say where in it a line comes from.
            name if name.starts_with("log.") || NAMED.contains(&name) => {}
            name => self.other(name, value),
        }
    }
}

/// Text without what a terminal would obey: a model's or a broker's words may be anybody's.
struct Plain<'a>(&'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '\t' => f.write_char('\t'),
            control if control.is_control() => write!(f, "{}", control.escape_default()),
            character => f.write_char(character),
        })
    }
}

#[cfg(test)]
mod tests;
