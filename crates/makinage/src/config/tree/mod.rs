//! YAML text as a tree that knows where everything stands.
//!
//! `text → events (saphyr) → Node`, with YAML 1.2's core schema. A serde reader would stop at its first error and forget the
//! positions; the tree lets every problem be reported at once, with its line. What the keys mean is none of its business.

mod build;
mod fault;
mod scalar;
#[cfg(test)]
mod tests;

pub use build::parse;

/// One value, and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Line, from 1.
    pub line: usize,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A scalar: its text as written (less quotes and escapes), and what the core schema makes of it.
    Scalar(String, Scalar),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the file's order. No key occurs twice.
    Map(Vec<Entry>),
}

/// A scalar's meaning in the core schema.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer of any size, in decimal as JSON writes it.
    Integer(String),
    /// A number with a fraction or an exponent, an infinity, or not a number.
    Float(f64),
    /// Anything else: the text itself.
    Text,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Always a scalar.
    pub key: Node,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The text of a scalar as written, whatever the schema makes of it.
    pub fn source(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text, _) => Some(text),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Whether the value is `null`, which for settings is the same as no key at all.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Scalar(_, Scalar::Null))
    }

    /// The value at `key`, where this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        let Value::Map(entries) = &self.value else {
            return None;
        };
        entries.iter().find(|entry| entry.key.source() == Some(key))
    }
}
