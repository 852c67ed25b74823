//! Events that are objects to rows of numbers, in the order of a model's columns. Pure.
//!
//! An object that has each of the columns once, and a number in each, is the row that the list of these numbers is.
//! What else is in it is passed over, as the worker does, where it is plain: numbers, texts without escapes, `true`,
//! `false` and `null`. Any other object travels as it is, and the worker decides: this module never rejects an event.

use std::collections::HashMap;

use super::rows::{RowKind, read_row};

/// The columns of a model that takes numbers by name, in its order; none of a model that doesn't.
#[derive(Debug, Default)]
pub struct Columns {
    names: Vec<Vec<u8>>,
    places: HashMap<Vec<u8>, usize>,
}

impl Columns {
    /// The columns of these names.
    pub fn new(names: Vec<String>) -> Self {
        let names: Vec<Vec<u8>> = names.into_iter().map(String::into_bytes).collect();
        let places = names.iter().cloned().zip(0..).collect();
        Self { names, places }
    }

    /// Where the column of a key is: looked for where it is expected first, since objects are written in one order.
    fn place(&self, key: &[u8], expected: usize) -> Option<usize> {
        if self.names.get(expected).is_some_and(|name| name == key) {
            return Some(expected);
        }
        self.places.get(key).copied()
    }
}

/// Reads the objects of a batch.
#[derive(Debug)]
pub struct Objects<'a> {
    columns: &'a Columns,
    /// Where the value of each column is in the event; nowhere yet where both are 0.
    spans: Vec<(usize, usize)>,
    /// The event as a list.
    list: Vec<u8>,
}

impl<'a> Objects<'a> {
    /// A reader of objects with these columns.
    pub fn new(columns: &'a Columns) -> Self {
        Self { columns, spans: vec![(0, 0); columns.names.len()], list: vec![] }
    }

    /// Reads one event; its numbers are appended to `into` as those of a list are.
    ///
    /// `None`, with `into` as it was, for an event that isn't an object of these numbers.
    pub fn read_row(&mut self, event: &[u8], into: &mut Vec<u8>) -> Option<RowKind> {
        if self.spans.is_empty() {
            return None;
        }
        self.spans.fill((0, 0));
        self.find(event)?;
        self.list.clear();
        for &(begin, end) in &self.spans {
            self.list.push(if self.list.is_empty() { b'[' } else { b',' });
            self.list.extend_from_slice(&event[begin..end]);
        }
        self.list.push(b']');
        read_row(&self.list, into)
    }

    /// Finds the values of the columns, each of which may be anything but an object, a list or a text.
    fn find(&mut self, event: &[u8]) -> Option<()> {
        // Texts are passed over by their quotes alone.
        std::str::from_utf8(event).ok()?;
        let mut text = Text { bytes: event, at: 0 };
        let mut expected = 0;
        text.expect(b'{')?;
        loop {
            let key = text.string()?;
            text.expect(b':')?;
            if let Some(place) = self.columns.place(key, expected) {
                let span = &mut self.spans[place];
                if *span != (0, 0) {
                    return None;
                }
                *span = text.bare()?;
                expected = place + 1;
            } else {
                text.pass_over()?;
            }
            match text.token()? {
                b',' => {}
                b'}' => break,
                _ => return None,
            }
        }
        text.space();
        (text.at == event.len()).then_some(())
    }
}

struct Text<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Text<'a> {
    fn space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The next byte that isn't space.
    fn token(&mut self) -> Option<u8> {
        self.space();
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte
    }

    fn expect(&mut self, wanted: u8) -> Option<()> {
        (self.token()? == wanted).then_some(())
    }

    /// A text without escapes, and without its quotes.
    fn string(&mut self) -> Option<&'a [u8]> {
        self.expect(b'"')?;
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..=0x1f))?;
        self.at += length + 1;
        (rest[length] == b'"').then(|| &rest[..length])
    }

    /// Where a value without quotes or brackets is, if that is what comes.
    fn bare(&mut self) -> Option<(usize, usize)> {
        self.space();
        let rest = &self.bytes[self.at..];
        let length =
            rest.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'+' | b'-' | b'.' | b'E'))?;
        let begin = self.at;
        self.at += length;
        (length > 0).then_some((begin, self.at))
    }

    /// Any plain value.
    fn pass_over(&mut self) -> Option<()> {
        self.space();
        if self.bytes.get(self.at) == Some(&b'"') {
            return self.string().map(drop);
        }
        let (begin, end) = self.bare()?;
        let value = &self.bytes[begin..end];
        let known = matches!(value, b"true" | b"false" | b"null") || read_row(value, &mut Vec::new()).is_some();
        known.then_some(())
    }
}

#[cfg(test)]
mod tests;
