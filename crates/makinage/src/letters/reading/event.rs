//! The event that a letter is of, as it is when it goes back: its headers, and how often it has failed.

use std::{collections::HashSet, ffi::CString};

use kafka_headers::{add, iter, remove};
use rdkafka::message::{BorrowedHeaders, OwnedHeaders};

use super::letter::Letter;
use crate::letters::headers::ATTEMPT;

#[cfg(test)]
mod tests;

/// The headers of the event, of which `letter` has the number, with its attempt behind them.
pub(crate) fn headers(all: &BorrowedHeaders, letter: &Letter<'_>) -> OwnedHeaders {
    let mut headers = without_added(all, letter.original);
    remove(&mut headers, ATTEMPT);
    add(&mut headers, ATTEMPT.to_bytes(), Some(letter.attempt.to_string().as_bytes()));
    headers
}

/// The first `original` headers.
fn without_added(all: &BorrowedHeaders, original: usize) -> OwnedHeaders {
    let added: HashSet<&[u8]> = iter(all).skip(original).map(|(name, _)| name).collect();
    let is_taken = iter(all).take(original).any(|(name, _)| added.contains(name));
    if is_taken {
        // The event was a letter, or an output, itself. What a NUL byte hides of a name is lost here.
        return iter(all).take(original).fold(OwnedHeaders::new_with_capacity(original), |mut kept, (name, value)| {
            add(&mut kept, name, value);
            kept
        });
    }
    // A copy keeps names with NUL bytes whole.
    let mut kept = all.detach();
    for name in added {
        // What came from the client as a C string has no NUL byte.
        if let Ok(name) = CString::new(name) {
            remove(&mut kept, &name);
        }
    }
    kept
}
