//! Events that are objects to rows of numbers, in the order of a model's columns. Pure.
//!
//! An object that has each of the columns once, and a number in each, is the row that the list of these numbers is.
//! What else is in it is passed over, as the worker does, where it is plain: numbers, texts without escapes, `true`,
//! `false` and `null`. Any other object travels as it is, and the worker decides: this module never rejects an event.

use std::collections::HashMap;

use super::{
    cursor::{Cursor, Number},
    rows::{Mixed, Numbers, RowKind},
};

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

/// Keys beside those of the columns that are kept from one event to the next.
const OTHERS: usize = 64;

/// Reads the objects of a batch, which mostly have one order of keys, and one way of writing it.
#[derive(Debug)]
pub struct Objects<'a> {
    columns: &'a Columns,
    /// What the keys of the event before were written like: where the same bytes come again, they say the same.
    before: Vec<Key>,
    /// The number of each column, once it is read.
    numbers: Vec<Option<Number>>,
}

/// A key that was read.
#[derive(Debug, Default)]
struct Key {
    /// From the byte behind the value before it to the colon.
    text: Vec<u8>,
    /// The column that it names.
    place: Option<usize>,
}

impl<'a> Objects<'a> {
    /// A reader of objects with these columns.
    pub fn new(columns: &'a Columns) -> Self {
        Self { columns, before: vec![], numbers: vec![None; columns.names.len()] }
    }

    /// Reads one event; its numbers are appended to `into` as those of a list are.
    ///
    /// `None`, with `into` as it was, for an event that isn't an object of these numbers.
    pub fn read_row(&mut self, event: &[u8], into: &mut Vec<u8>) -> Option<RowKind> {
        if self.numbers.is_empty() {
            return None;
        }
        self.numbers.fill(None);
        self.find(event)?;
        // Columns are of numbers, each of one type.
        let mut row = Numbers::new(Mixed::Float, into);
        let are_all = self.numbers.iter().all(|number| number.map(|number| row.push(number)).is_some());
        RowKind::list(row.end(are_all)?, self.numbers.len())
    }

    /// Finds the values of the columns.
    fn find(&mut self, event: &[u8]) -> Option<()> {
        // Texts are passed over by their quotes alone.
        std::str::from_utf8(event).ok()?;
        let mut text = Cursor::new(event);
        let mut expected = 0;
        for index in 0.. {
            let place = match self.before.get(index) {
                Some(key) if text.pass(&key.text) => key.place,
                _ => match self.key(&mut text, index, expected)? {
                    Next::Key(place) => place,
                    Next::End => break,
                },
            };
            if let Some(place) = place {
                text.space();
                let number = &mut self.numbers[place];
                if number.is_some() {
                    return None;
                }
                *number = Some(text.number()?);
                expected = place + 1;
            } else {
                pass_over(&mut text)?;
            }
        }
        text.is_at_end().then_some(())
    }

    /// Reads the key of this index, and keeps it for the next event. Where its column is expected is looked first.
    fn key(&mut self, text: &mut Cursor<'_>, index: usize, expected: usize) -> Option<Next> {
        let begin = *text;
        match text.token()? {
            b'{' if index == 0 => {}
            b',' if index > 0 => {}
            b'}' if index > 0 => return Some(Next::End),
            _ => return None,
        }
        let name = text.string()?;
        text.expect(b':')?;
        let place = self.columns.place(name, expected);
        if index == self.before.len() && index < self.numbers.len() + OTHERS {
            self.before.push(Key::default());
        }
        if let Some(key) = self.before.get_mut(index) {
            key.text.clear();
            key.text.extend_from_slice(text.since(begin));
            key.place = place;
        }
        Some(Next::Key(place))
    }
}

/// What comes after a value.
enum Next {
    /// The key of this column, or of none.
    Key(Option<usize>),
    /// The end of the object.
    End,
}

/// Passes over any plain value.
fn pass_over(text: &mut Cursor<'_>) -> Option<()> {
    text.space();
    match text.peek()? {
        b'"' => text.string().map(drop),
        b'-' | b'0'..=b'9' => text.number().map(drop),
        _ => [b"true".as_slice(), b"false", b"null"].iter().any(|word| text.pass(word)).then_some(()),
    }
}

#[cfg(test)]
mod tests;
