//! Kinds of values without a form of their own: texts, numbers, words, sections.

use std::{fmt::Debug, ops::RangeInclusive};

use serde_json::Value as Json;

use super::{
    described::{self, Described},
    field::{Count, Field},
    problem::Findings,
    section::Section,
    shape::{Ground, Kind, Shaped},
};

/// A whole number.
pub(crate) struct Whole(pub RangeInclusive<usize>);

impl Kind for Whole {
    type Value = usize;

    fn read(&self, field: &Field, _: &Ground, findings: &mut Findings) -> Option<usize> {
        field.number(&self.0, findings)
    }

    fn form(&self) -> String {
        format!("{} to {}", self.0.start(), self.0.end())
    }

    fn schema(&self) -> Json {
        described::whole(&self.0)
    }

    fn shown(&self, value: &usize) -> String {
        value.to_string()
    }
}

/// `auto`, or a whole number.
pub(crate) struct AutoOr(pub RangeInclusive<usize>);

impl Kind for AutoOr {
    type Value = Count;

    fn read(&self, field: &Field, _: &Ground, findings: &mut Findings) -> Option<Count> {
        field.count(&self.0, findings)
    }

    fn form(&self) -> String {
        format!("`auto`, or {} to {}", self.0.start(), self.0.end())
    }

    fn schema(&self) -> Json {
        described::word_or_whole("auto", &self.0)
    }

    fn shown(&self, value: &Count) -> String {
        match value {
            Count::Auto => "auto".to_owned(),
            Count::Exactly(number) => number.to_string(),
        }
    }
}

/// One of a few words, each with what it stands for.
pub(crate) struct Words<T: 'static>(pub &'static [(&'static str, T)]);

impl<T: Copy + PartialEq + Debug> Kind for Words<T> {
    type Value = T;

    fn read(&self, field: &Field, _: &Ground, findings: &mut Findings) -> Option<T> {
        field.choice(self.0, findings)
    }

    fn form(&self) -> String {
        let words: Vec<String> = self.0.iter().map(|(word, _)| format!("`{word}`")).collect();
        let (last, others) = words.split_last().expect("a kind has words");
        format!("{} or {last}", others.join(", "))
    }

    fn schema(&self) -> Json {
        described::words(self.0.iter().map(|(word, _)| *word))
    }

    fn shown(&self, value: &T) -> String {
        let word = self.0.iter().find(|(_, meaning)| meaning == value).map(|(word, _)| *word);
        word.unwrap_or_else(|| panic!("no word for {value:?}")).to_owned()
    }
}

/// A verdict of the user's.
pub(crate) struct TrueOrFalse;

impl Kind for TrueOrFalse {
    type Value = bool;

    fn read(&self, field: &Field, _: &Ground, findings: &mut Findings) -> Option<bool> {
        field.flag(findings)
    }

    fn form(&self) -> String {
        "`true` or `false`".to_owned()
    }

    fn schema(&self) -> Json {
        described::flag()
    }

    fn shown(&self, value: &bool) -> String {
        value.to_string()
    }
}

/// A section below this one.
pub(crate) struct Below<S>(pub std::marker::PhantomData<S>);

impl<S: Shaped> Kind for Below<S> {
    type Value = S;

    fn read(&self, field: &Field, ground: &Ground, findings: &mut Findings) -> Option<S> {
        let section = Section::read(field, &S::KEYS, findings)?;
        S::read(&section, ground, findings)
    }

    fn form(&self) -> String {
        String::new()
    }

    fn schema(&self) -> Json {
        described::section(&S::described())
    }

    fn shown(&self, _: &S) -> String {
        String::new()
    }

    fn below(&self) -> Vec<Described> {
        S::described()
    }
}
