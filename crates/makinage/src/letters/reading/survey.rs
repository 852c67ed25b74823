//! What must be known of all letters before one of them is replayed: which were, and which events have several.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    ops::RangeInclusive,
};

use super::{
    letter::Letter,
    note::Note,
    offsets::{Offsets, Partitions},
    source::Source,
};

/// Where a letter stands on its topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LetterPlace {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
}

impl fmt::Display for LetterPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.partition, self.offset)
    }
}

/// Which letters were replayed, and which may be of one event.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    replayed: Partitions,
    seen: BTreeMap<String, HashMap<i32, Offsets>>,
    several: BTreeMap<String, HashMap<i32, Offsets>>,
}

impl Survey {
    /// There is a note. `there` is what its partition has before it.
    pub(crate) fn note(&mut self, partition: i32, note: &Note, there: &RangeInclusive<i64>) {
        note.add_to(self.replayed.entry(partition).or_default(), there);
    }

    /// There is a letter of an event in this place.
    pub(crate) fn letter(&mut self, letter: &Letter<'_>) {
        let source = &letter.source;
        if !insert(&mut self.seen, source) {
            insert(&mut self.several, source);
        }
    }

    /// Whether a letter was replayed.
    pub(crate) fn is_replayed(&self, place: LetterPlace) -> bool {
        self.replayed.get(&place.partition).is_some_and(|offsets| offsets.contains(place.offset))
    }

    /// Whether several letters are of an event in this place.
    pub(crate) fn has_several(&self, source: &Source) -> bool {
        let offsets = self.several.get(&source.topic).and_then(|topic| topic.get(&source.partition));
        offsets.is_some_and(|offsets| offsets.contains(source.offset))
    }
}

fn insert(topics: &mut BTreeMap<String, HashMap<i32, Offsets>>, source: &Source) -> bool {
    if !topics.contains_key(&source.topic) {
        topics.insert(source.topic.clone(), HashMap::new());
    }
    let partitions = topics.get_mut(&source.topic);
    partitions.is_some_and(|partitions| partitions.entry(source.partition).or_default().insert(source.offset))
}
