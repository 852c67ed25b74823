//! Lines for people: the message, with its code at the end of its first line.
//!
//! Coordinates that the message names already are not repeated; other fields follow it.

use std::fmt::{self, Debug, Write};

use tracing::field::{Field, Visit};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{FormatFields, format::Writer},
};

/// What a message names in its own words: fields for programs.
const NAMED: [&str; 8] = ["topic", "partition", "offset", "step", "model", "operator", "worker", "generation"];

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
mod tests {
    use crate::logged::Log;

    #[test]
    fn the_code_ends_the_first_line_and_coordinates_are_not_repeated() {
        let log = Log::default();
        log.keep(|| {
            tracing::warn!(code = "E003", topic = "data", partition = 3, offset = 7_i64, "skipped data/3/7: odd");
            tracing::error!(code = "M001", generation = 2_u64, "it is not taken up:\nTraceback\n  line 1");
            tracing::info!(facility = "FETCH", "in its own words");
        });
        let text = log.text();
        let lines: Vec<&str> = text.lines().map(|line| line.split_once("Z ").map_or(line, |(_, rest)| rest)).collect();
        assert_eq!(
            lines,
            [
                " WARN makinage::log::text::tests: skipped data/3/7: odd [E003]",
                "ERROR makinage::log::text::tests: it is not taken up: [M001]",
                "Traceback",
                "  line 1",
                " INFO makinage::log::text::tests: in its own words facility=\"FETCH\"",
            ]
        );
    }

    #[test]
    fn nothing_in_a_line_moves_a_terminal_s_cursor() {
        let log = Log::default();
        log.keep(|| tracing::warn!(code = "W012", "red \x1b[31m, bell \x07, C1 \u{9b}31m, back \x08\r, tab\t. é"));
        let text = log.text();
        assert!(
            text.ends_with("red \\u{1b}[31m, bell \\u{7}, C1 \\u{9b}31m, back \\u{8}\\r, tab\t. é [W012]\n"),
            "{text}"
        );
    }
}
