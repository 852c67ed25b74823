//! Which letters are replayed: those that were asked for, each event once.

use std::collections::{BTreeMap, HashMap, hash_map};

use super::{
    filter::Filter,
    letter::{Lack, Letter},
    offsets::Partitions,
    source::Source,
    summary::{Entry, Summary},
    survey::{LetterPlace, Survey},
};

#[cfg(test)]
mod tests;

/// Letters that are named, of those that can't be replayed.
pub(crate) const NAMED: usize = 10;

/// What is known before letters are chosen.
#[derive(Debug)]
pub(crate) struct Known<'k> {
    /// What is asked for.
    pub filter: &'k Filter,
    /// What was replayed, and what there is twice.
    pub survey: &'k Survey,
    /// The topics to which events may go back, and how many partitions each has.
    pub topics: &'k BTreeMap<String, i32>,
}

/// The letters that are to be replayed.
#[derive(Debug)]
pub(crate) struct Plan<'k> {
    known: Known<'k>,
    chosen: Partitions,
    /// Events with several letters: one that was replayed, or the first that may be.
    doubles: HashMap<(Source, Option<i64>), Option<Entry>>,
    outcome: Outcome,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// What is to be replayed.
    pub summary: Summary,
    /// By the topic to which they go.
    pub targets: BTreeMap<String, u64>,
    /// What isn't, and was asked for.
    pub left_out: LeftOut,
}

/// Letters that were asked for and aren't replayed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// That were replayed before.
    pub replayed: u64,
    /// Whose event another letter is of.
    pub doubles: u64,
    /// That aren't whole.
    pub lacking: u64,
    /// The first of these.
    pub lacks: Vec<(LetterPlace, Source, Lack)>,
    /// That came from topics to which nothing goes back.
    pub astray: BTreeMap<String, u64>,
}

impl<'k> Plan<'k> {
    /// Nothing is chosen yet.
    pub(crate) fn new(known: Known<'k>) -> Self {
        Self { known, chosen: Partitions::new(), doubles: HashMap::new(), outcome: Outcome::default() }
    }

    /// Looks at a letter; `written` is when it was, in milliseconds since 1970.
    pub(crate) fn look(&mut self, place: LetterPlace, letter: &Letter<'_>, written: Option<i64>) {
        let is_replayed = self.known.survey.is_replayed(place);
        let event = (letter.source.clone(), letter.source_timestamp);
        let is_several = self.known.survey.has_several(&letter.source);
        if is_replayed && is_several {
            let of_before = self.doubles.insert(event.clone(), None);
            self.outcome.left_out.doubles += u64::from(of_before.flatten().is_some());
        }
        if !self.known.filter.takes(letter, written) || self.is_left_out(place, letter, is_replayed) {
            return;
        }
        let entry = Entry::of(letter, place, written);
        if !is_several {
            return self.choose(entry);
        }
        match self.doubles.entry(event) {
            hash_map::Entry::Occupied(_) => self.outcome.left_out.doubles += 1,
            hash_map::Entry::Vacant(first) => {
                first.insert(Some(entry));
            }
        }
    }

    /// The letters' places, and the sums.
    pub(crate) fn done(mut self) -> (Partitions, Outcome) {
        for entry in std::mem::take(&mut self.doubles).into_values().flatten() {
            self.choose(entry);
        }
        (self.chosen, self.outcome)
    }

    fn is_left_out(&mut self, place: LetterPlace, letter: &Letter<'_>, is_replayed: bool) -> bool {
        let left_out = &mut self.outcome.left_out;
        if is_replayed {
            left_out.replayed += 1;
        } else if let Some(lack) = letter.lacks {
            left_out.lacking += 1;
            if left_out.lacks.len() < NAMED {
                left_out.lacks.push((place, letter.source.clone(), lack));
            }
        } else if !self.known.topics.contains_key(&letter.source.topic) {
            *left_out.astray.entry(letter.source.topic.clone()).or_default() += 1;
        } else {
            return false;
        }
        true
    }

    fn choose(&mut self, entry: Entry) {
        let LetterPlace { partition, offset } = entry.place;
        self.chosen.entry(partition).or_default().insert(offset);
        *self.outcome.targets.entry(entry.source.topic.clone()).or_default() += 1;
        self.outcome.summary.add(entry, false);
    }
}
