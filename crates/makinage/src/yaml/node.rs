//! The tree: values with their places and, where someone asked, their meanings.

/// One value, and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// Line, from 1.
    pub line: usize,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// A scalar: its text as written (less quotes and escapes), and what it means.
    Scalar(String, Scalar),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the file's order. No key occurs twice.
    Map(Vec<Entry>),
    /// `!!set`; only where PyYAML's reading holds, as the next.
    Set(Vec<Node>),
    /// `!!omap` or `!!pairs`: keys may occur more than once.
    Pairs(Vec<Entry>),
}

/// A scalar's meaning.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scalar {
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
    /// A date, `2024-01-02`; only where PyYAML's reading holds, as the next two.
    Date(String),
    /// A date and time, `2024-01-02T10:00:00.000000`, with `+01:00` behind it where it has a zone.
    Moment(String),
    /// Bytes, in base64.
    Bytes(String),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// Always a scalar.
    pub key: Node,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The text of a scalar as written, whatever the schema makes of it.
    pub(crate) fn source(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// Whether the value is `null`, which for settings is the same as no key at all.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.value, Value::Scalar(_, Scalar::Null))
    }

    /// What stands at `key`, where this is a mapping that has it.
    pub(crate) fn at(&self, key: &str) -> Option<&Self> {
        self.get(key).map(|entry| &entry.value)
    }

    /// The items of a list; none of anything else.
    pub(crate) fn items(&self) -> &[Self] {
        if let Value::List(items) = &self.value { items } else { &[] }
    }

    /// The entry of `key`, where this is a mapping that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        let Value::Map(entries) = &self.value else {
            return None;
        };
        entries.iter().find(|entry| entry.key.source() == Some(key))
    }
}
