//! Letters summed up by step, class and model, in bounded memory.

use std::collections::HashMap;

use serde::Serialize;

use super::{letter::Letter, source::Source, survey::LetterPlace};

#[cfg(test)]
mod tests;

/// Groups that are told apart; letters of others are only counted.
const MOST_GROUPS: usize = 1000;
/// Characters of a class or model that are looked at: letters have no more of them.
const LONGEST: usize = 1024;

/// All letters that were asked for.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    groups: HashMap<Kind, Group>,
    /// Letters beyond the groups that are told apart.
    pub others: u64,
}

/// What letters of one group have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) struct Kind {
    /// The step that failed.
    pub step: String,
    /// The error's class.
    pub error: String,
    /// The model.
    pub model: Option<String>,
}

impl Kind {
    /// The letter's.
    pub(crate) fn of(letter: &Letter<'_>) -> Self {
        let model = letter.model.as_deref().map(bounded);
        Self { step: bounded(&letter.step), error: bounded(&letter.class), model }
    }
}

/// What is told of a letter in a sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its group.
    pub kind: Kind,
    /// Where it stands.
    pub place: LetterPlace,
    /// Where its event stands.
    pub source: Source,
    /// When it failed, in milliseconds since 1970.
    pub time: Option<i64>,
}

impl Entry {
    /// Of a letter; `written` is when it was, in milliseconds since 1970.
    pub(crate) fn of(letter: &Letter<'_>, place: LetterPlace, written: Option<i64>) -> Self {
        let (source, time) = (letter.source.clone(), letter.failed_at.or(written));
        Self { kind: Kind::of(letter), place, source, time }
    }
}

/// Letters of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    /// How many.
    pub count: u64,
    /// How many of them were replayed.
    pub replayed: u64,
    /// When the first failed, in milliseconds since 1970.
    pub first: Option<i64>,
    /// When the last did.
    pub last: Option<i64>,
    /// The last one that was looked at: the topic keeps it longest.
    pub example: (LetterPlace, Source),
}

impl Summary {
    /// Adds a letter.
    pub(crate) fn add(&mut self, entry: Entry, is_replayed: bool) {
        let Entry { kind, place, source, time } = entry;
        let replayed = u64::from(is_replayed);
        let is_full = self.groups.len() >= MOST_GROUPS;
        if let Some(group) = self.groups.get_mut(&kind) {
            group.count += 1;
            group.replayed += replayed;
            // None is less than any time.
            group.first = if group.first.is_none() { time } else { group.first.min(time.or(group.first)) };
            group.last = group.last.max(time);
            group.example = (place, source);
        } else if is_full {
            self.others += 1;
        } else {
            let group = Group { count: 1, replayed, first: time, last: time, example: (place, source) };
            self.groups.insert(kind, group);
        }
    }

    /// How many letters there are.
    pub(crate) fn count(&self) -> u64 {
        self.others + self.groups.values().map(|group| group.count).sum::<u64>()
    }

    /// The groups, the largest first.
    pub(crate) fn groups(&self) -> Vec<(&Kind, &Group)> {
        let mut groups: Vec<_> = self.groups.iter().collect();
        groups.sort_by(|(kind, group), (other, than)| than.count.cmp(&group.count).then_with(|| kind.cmp(other)));
        groups
    }
}

fn bounded(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}
