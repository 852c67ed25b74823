//! Settings as the walk over the tree sees them: a value, the keys that led to it, and typed readings that note what is
//! wrong.

use std::ops::RangeInclusive;

use super::{
    keys::suggestion,
    problem::{Findings, Place},
};
use crate::{
    quoted::quoted,
    yaml::{Node, Scalar, Value, join},
};

/// A value of the file and its place: the line of its key, which is where the user looks.
#[derive(Debug, Clone)]
pub(crate) struct Field<'t> {
    /// Where it stands.
    pub place: Place,
    /// What stands there.
    pub node: &'t Node,
}

/// How many of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// `auto`
    Auto,
    /// A number.
    Exactly(usize),
}

impl<'t> Field<'t> {
    /// The whole file.
    pub(crate) fn root(node: &'t Node) -> Self {
        Self { place: Place::key(node.line, ""), node }
    }

    /// Text; a number or truth value has lost its quotes.
    pub(crate) fn text(&self, findings: &mut Findings) -> Option<&'t str> {
        if self.refuse_reference(findings) {
            return None;
        }
        let message = match &self.node.value {
            Value::Scalar(text, Scalar::Text) => return Some(text),
            Value::Scalar(_, Scalar::Null) => "this has no value; give it a text, or remove it".to_owned(),
            Value::Scalar(text, _) => {
                format!("{} isn't text in YAML; put it in quotes", quoted(text))
            }
            _ => format!("this must be text, not {}", self.kind()),
        };
        findings.problem(&self.place, message);
        None
    }

    /// Whether the value is a reference to a secret, which is noted: taken literally, it would be a wrong password.
    pub(crate) fn refuse_reference(&self, findings: &mut Findings) -> bool {
        let is_reference = |text: &str| ["${env:", "${file:"].iter().any(|start| text.contains(start));
        if !self.node.source().is_some_and(is_reference) {
            return false;
        }
        let message = "this key takes no references as `${env:…}` and `${file:…}`: write the value itself (secrets and the \
                       like take them: kafka.security, kafka.properties, kafka.instance, http.token, traces.headers)";
        findings.problem(&self.place, message);
        true
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self, findings: &mut Findings) -> Option<bool> {
        if self.refuse_reference(findings) {
            return None;
        }
        if let Value::Scalar(_, Scalar::Bool(value)) = &self.node.value {
            return Some(*value);
        }
        findings.problem(&self.place, format!("this must be `true` or `false`, not {}", self.shown()));
        None
    }

    /// One of a few words.
    pub(crate) fn choice<T: Copy>(&self, choices: &[(&str, T)], findings: &mut Findings) -> Option<T> {
        let text = self.text(findings)?;
        if let Some((_, value)) = choices.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
        findings.problem(
            &self.place,
            format!("{} is none of the values of this key; {}", quoted(text), suggestion(text, &words)),
        );
        None
    }

    /// `auto`, or a whole number within `range`.
    pub(crate) fn count(&self, range: &RangeInclusive<usize>, findings: &mut Findings) -> Option<Count> {
        if self.refuse_reference(findings) {
            return None;
        }
        if matches!(&self.node.value, Value::Scalar(text, Scalar::Text) if text == "auto") {
            return Some(Count::Auto);
        }
        if let Some(count) = self.within(range) {
            return Some(Count::Exactly(count));
        }
        let (least, most) = (range.start(), range.end());
        let message = format!("this must be `auto` or a whole number from {least} to {most}, not {}", self.shown());
        findings.problem(&self.place, message);
        None
    }

    /// A whole number within `range`.
    pub(crate) fn number(&self, range: &RangeInclusive<usize>, findings: &mut Findings) -> Option<usize> {
        if self.refuse_reference(findings) {
            return None;
        }
        let number = self.within(range);
        if number.is_none() {
            let (least, most) = (range.start(), range.end());
            let message = format!("this must be a whole number from {least} to {most}, not {}", self.shown());
            findings.problem(&self.place, message);
        }
        number
    }

    fn within(&self, range: &RangeInclusive<usize>) -> Option<usize> {
        let Value::Scalar(_, Scalar::Integer(digits)) = &self.node.value else { return None };
        digits.parse().ok().filter(|number| range.contains(number))
    }

    /// The items of a list.
    pub(crate) fn items(&self, findings: &mut Findings) -> Option<Vec<Field<'t>>> {
        let Value::List(items) = &self.node.value else {
            findings.problem(
                &self.place,
                format!(
                    "this must be a list, not {}; write each item on a line of its own that begins with `- `",
                    self.shown()
                ),
            );
            return None;
        };
        let field = |(index, node): (usize, &'t Node)| Field {
            place: Place::key(node.line, format!("{}[{index}]", self.place.key)),
            node,
        };
        Some(items.iter().enumerate().map(field).collect())
    }

    /// The entries of a mapping whose keys are the user's names.
    pub(crate) fn named(&self, findings: &mut Findings) -> Option<Vec<(&'t str, Field<'t>)>> {
        let Value::Map(entries) = &self.node.value else {
            findings.problem(&self.place, format!("this must be a mapping of keys and values, not {}", self.shown()));
            return None;
        };
        let mut named = Vec::new();
        for entry in entries {
            // The tree has scalar keys only.
            let key = entry.key.source().unwrap_or_default();
            named.push((
                key,
                Field { place: Place::key(entry.key.line, join(&self.place.key, key)), node: &entry.value },
            ));
        }
        Some(named)
    }

    /// The value as it is named in a sentence.
    pub(crate) fn shown(&self) -> String {
        match &self.node.value {
            Value::Scalar(text, meaning) if *meaning != Scalar::Null => quoted(text),
            _ => self.kind().to_owned(),
        }
    }

    fn kind(&self) -> &'static str {
        match &self.node.value {
            Value::Scalar(_, Scalar::Null) => "nothing",
            Value::Scalar(..) => "a single value",
            Value::List(_) | Value::Pairs(_) => "a list",
            Value::Map(_) => "a mapping",
            Value::Set(_) => "a set",
        }
    }
}
