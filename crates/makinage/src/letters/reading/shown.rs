//! Bytes and texts from a topic, for a terminal: nothing in them may move its cursor or change what it shows.

use std::{fmt::Write, str};

#[cfg(test)]
mod tests;

/// The longest value that is shown whole.
const LONGEST: usize = 16 << 10;
const BYTES_A_LINE: usize = 16;

/// A text whose control characters, and others that don't show, are written as escapes. Line breaks too.
pub(crate) fn line(text: &str) -> String {
    escaped(text, |_| false)
}

/// The same, of which the line breaks are kept.
pub(crate) fn lines(text: &str) -> String {
    escaped(text, |character| character == '\n')
}

/// The same in one line of at most so many characters.
pub(crate) fn short(text: &str, longest: usize) -> String {
    let line = line(text);
    match line.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// A key, a header's name or its value, in one line.
pub(crate) fn bytes(bytes: Option<&[u8]>) -> String {
    match bytes.map(str::from_utf8) {
        None => "null".to_owned(),
        Some(Ok(text)) => format!("\"{}\"", line(text)),
        Some(Err(_)) => format!("hex {}", hex(cut(bytes.unwrap_or_default()))),
    }
}

/// A value, over several lines where it needs them.
pub(crate) fn value(value: Option<&[u8]>) -> String {
    let Some(value) = value else { return "null\n".to_owned() };
    let shown = cut(value);
    let mut text = match as_text(shown) {
        Some(text) => format!("{}\n", lines(text)),
        None => dump(shown),
    };
    if shown.len() < value.len() {
        let _ = writeln!(text, "… and {} bytes more", value.len() - shown.len());
    }
    text
}

/// What a value is.
pub(crate) fn kind(value: Option<&[u8]>) -> String {
    let Some(value) = value else { return "null, a tombstone".to_owned() };
    let bytes = value.len();
    let what = match str::from_utf8(value) {
        Err(_) => "no text",
        Ok(_) if serde_json::from_slice::<serde::de::IgnoredAny>(value).is_ok() => "JSON",
        Ok(_) => "text",
    };
    format!("{bytes} bytes, {what}")
}

fn cut(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(LONGEST)]
}

/// Text, whose last character the cut may have gone through.
fn as_text(bytes: &[u8]) -> Option<&str> {
    match str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if bytes.len() == LONGEST && error.error_len().is_none() => {
            str::from_utf8(&bytes[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}

fn escaped(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        // Quotes and backslashes show as they are.
        if is_kept(character) || matches!(character, '"' | '\'' | '\\') {
            shown.push(character);
        } else {
            shown.extend(character.escape_debug());
        }
    }
    shown
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn dump(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (index, line) in bytes.chunks(BYTES_A_LINE).enumerate() {
        let pairs: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        let plain = |byte: &u8| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' };
        let plain: String = line.iter().map(plain).collect();
        let width = 3 * BYTES_A_LINE;
        let _ = writeln!(text, "{:08x}  {:width$} {plain}", index * BYTES_A_LINE, pairs.join(" "));
    }
    text
}
