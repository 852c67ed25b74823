//! Dead letters for tests, as protocol/dead-letters.md has them.

use kafka_headers::Header;

use super::letter::{Letter, Record};

/// The headers of a letter, without those of its event.
pub(crate) const HEADERS: &[(&str, &str)] = &[
    ("makinage-dead-letter", "1"),
    ("makinage-error-step", "predict"),
    ("makinage-error-class", "ValueError"),
    ("makinage-error-message", "too\nfew"),
    ("makinage-error-where", "hooks.py:12"),
    ("makinage-source", "data/2/17"),
    ("makinage-source-timestamp", "1764420000000"),
    ("makinage-model", "iris@3"),
    ("makinage-operator", "serve"),
    ("makinage-application", "app"),
    ("makinage-attempt", "2"),
    ("makinage-failed-at", "2026-11-29T12:45:12.345Z"),
    ("__dlq.errors.topic", "data"),
];

/// The same, with some that replace those of the same name, or come behind them.
pub(crate) fn headers<'h>(others: &[(&'h str, &'h str)]) -> Vec<Header<'h>> {
    let mut all: Vec<(&str, &str)> = HEADERS.to_vec();
    for (name, value) in others {
        match all.iter_mut().find(|(known, _)| known == name) {
            Some(known) => known.1 = value,
            None => all.push((name, value)),
        }
    }
    all.into_iter().map(|(name, value)| (name.as_bytes(), Some(value.as_bytes()))).collect()
}

/// The letter with such headers.
pub(crate) fn letter<'h>(others: &[(&'h str, &'h str)]) -> Letter<'h> {
    match Record::of(headers(others)) {
        Record::Letter(letter) => *letter,
        other => panic!("{other:?}"),
    }
}
