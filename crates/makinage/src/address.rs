//! Addresses, and what of them may be shown. This room alone decides which credential gets into a message or a log.
//!
//! Hidden are user names and passwords before an `@`, and all that follows a `?` or `#`: signatures of S3 and Azure,
//! tokens. When in doubt more is hidden: a message that lacks a part still names the place.

use std::fmt;

use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// Schemes whose addresses are paths: an `@` is a part of a name there, as in `models:/iris@champion`.
const PATHS: [&str; 5] = ["dbfs", "file", "mlflow-artifacts", "models", "runs"];

/// An address that may hold credentials: shown, it has none.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(String);

impl Address {
    /// The address as it was written, for whoever goes there.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Address {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.0))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&shown(&self.0), f)
    }
}

/// The scheme of an address, and what follows its colon.
pub(crate) fn scheme(text: &str) -> Option<(&str, &str)> {
    text.split_once(':').filter(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    })
}

/// What may be shown of a text that is an address, or should have been one.
pub(crate) fn shown(text: &str) -> String {
    let (scheme, rest) = match scheme(text) {
        _ if text.starts_with("//") => without_credentials(text, ""),
        _ if text.starts_with('/') => ("", text),
        Some((scheme, rest)) if rest.starts_with("//") => without_credentials(text, scheme),
        Some((scheme, rest)) if rest.starts_with('/') && PATHS.contains(&scheme) => ("", text),
        _ => ("", &text[end_of_at(text)..]),
    };
    let end = ["?", "#", "%3F", "%3f"].iter().filter_map(|mark| rest.find(mark)).min();
    format!("{scheme}{}", &rest[..end.unwrap_or(rest.len())])
}

/// What may be shown of a text that has addresses in it: they end at a space or a quote.
pub(crate) fn shown_within(text: &str) -> String {
    let words = text.split_inclusive(|end: char| end.is_whitespace() || "\"'`<>".contains(end));
    words.map(shown_word).collect()
}

fn shown_word(word: &str) -> String {
    let Some(slashes) = word.find("//").or_else(|| word.starts_with('/').then_some(0)) else { return word.to_owned() };
    let is_scheme = |letter: char| letter.is_ascii_alphanumeric() || "+-.:".contains(letter);
    let start = word[..slashes].trim_end_matches(is_scheme).len();
    let end = word.trim_end_matches(|end: char| end.is_whitespace() || "\"'`<>".contains(end)).len();
    format!("{}{}{}", &word[..start], shown(&word[start..end]), &word[end..])
}

/// As [`shown`], in backticks and short enough for a line.
pub(crate) fn quoted(text: &str) -> String {
    crate::quoted::quoted(&shown(text))
}

/// Whether a part of it must not be shown.
pub(crate) fn hides(text: &str) -> bool {
    shown(text) != text
}

/// The two sides of the credentials in an address that has `//` after its scheme.
fn without_credentials<'t>(text: &'t str, scheme: &str) -> (&'t str, &'t str) {
    let (before, rest) = text.split_at(text.find("//").map_or(0, |slashes| slashes + "//".len()));
    // Where a path is not what belongs there, a host may follow one slash too many.
    let has_no_host = rest.starts_with(['/', '\\']) && !PATHS.contains(&scheme);
    let end = if has_no_host { end_of_at(rest) } else { credentials(rest) };
    (before, &rest[end..])
}

/// Where the credentials before a host end: they may hold whatever should have been encoded in them.
fn credentials(rest: &str) -> usize {
    let authority = &rest[..rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len())];
    let after_brackets = authority.rsplit(']').next().unwrap_or(authority);
    let has_port = after_brackets.split_once(':').is_none_or(|(_, port)| {
        // Else it is no port but the beginning of a password.
        !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
    });
    if end_of_at(authority) == 0 && has_port { 0 } else { end_of_at(rest) }
}

/// Behind the last `@`, encoded or not; 0 where there is none.
fn end_of_at(text: &str) -> usize {
    ["@", "%40"].iter().filter_map(|at| text.rfind(at).map(|start| start + at.len())).max().unwrap_or(0)
}
