//! The level of a line that a worker prints, where the line says it: Python's `logging` and `warnings` name it in their
//! own formats. Pure.

use tracing::Level;

const LEVELS: [(&str, Level); 6] = [
    ("CRITICAL", Level::ERROR),
    ("FATAL", Level::ERROR),
    ("ERROR", Level::ERROR),
    ("WARNING", Level::WARN),
    // What somebody has turned on is shown: no line is below what is printed.
    ("INFO", Level::INFO),
    ("DEBUG", Level::INFO),
];

/// What a line says of its level; what is merely printed is information.
pub(super) fn of(line: &str) -> Level {
    of_a_logger(line).or_else(|| is_warning(line).then_some(Level::WARN)).unwrap_or(Level::INFO)
}

/// `WARNING:name:message`, which is what `logging` writes unless it is told otherwise, and a time with the level after
/// it, or with the logger's name between them.
fn of_a_logger(line: &str) -> Option<Level> {
    let rest =
        line.trim_start_matches(|character: char| character.is_ascii_digit() || "-/:.,TZ+[] ".contains(character));
    let is_timed = line.len() - rest.len() >= "00:00:00".len();
    let leading =
        leading(rest).filter(|(_, after)| after.starts_with(':') || (is_timed && after.starts_with([' ', ']', '|'])));
    let named = || rest.split_once(" - ").filter(|(name, _)| is_timed && !name.contains(' ')).map(|(_, rest)| rest);
    leading.or_else(|| leading_of_named(named()?)).map(|(level, _)| level)
}

fn leading_of_named(rest: &str) -> Option<(Level, &str)> {
    leading(rest).filter(|(_, after)| after.starts_with(" - "))
}

/// The level that a text begins with, and what follows.
fn leading(text: &str) -> Option<(Level, &str)> {
    LEVELS.iter().find_map(|(word, level)| Some((*level, text.strip_prefix(word)?)))
}

/// `file.py:12: UserWarning: message`.
fn is_warning(line: &str) -> bool {
    let Some((place, rest)) = line.split_once(": ") else { return false };
    let Some((category, _)) = rest.split_once(": ") else { return false };
    let numbered = place.rsplit_once(':').is_some_and(|(_, number)| number.parse::<u32>().is_ok());
    let is_name = category.chars().all(|character| character.is_alphanumeric() || "_.".contains(character));
    numbered && is_name && category.ends_with("Warning")
}

#[cfg(test)]
mod tests;
