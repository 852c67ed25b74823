//! A set of offsets that is small where they are dense, as those of a topic's records are: one bit each.

use std::{
    collections::{BTreeMap, HashMap},
    ops::RangeInclusive,
};

/// Offsets, none of them negative.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Offsets {
    /// Sixty-four of them a word.
    words: HashMap<i64, u64>,
}

/// A set of them for each partition.
pub(crate) type Partitions = BTreeMap<i32, Offsets>;

impl Offsets {
    /// Puts one in; whether it wasn't there.
    pub(crate) fn insert(&mut self, offset: i64) -> bool {
        let word = self.words.entry(offset >> 6).or_default();
        let before = *word;
        *word |= bit(offset);
        before != *word
    }

    /// Puts all of them in.
    pub(crate) fn insert_all(&mut self, offsets: RangeInclusive<i64>) {
        let (mut next, last) = offsets.into_inner();
        while next <= last {
            let is_whole = next % 64 == 0 && last - next >= 63;
            if is_whole {
                self.words.insert(next >> 6, u64::MAX);
                next += 64;
            } else {
                self.insert(next);
                next += 1;
            }
        }
    }

    /// Keeps those that others have too.
    pub(crate) fn keep(&mut self, others: Option<&Self>) {
        for (at, word) in &mut self.words {
            *word &= others.and_then(|others| others.words.get(at)).copied().unwrap_or(0);
        }
    }

    /// Whether it is there.
    pub(crate) fn contains(&self, offset: i64) -> bool {
        self.words.get(&(offset >> 6)).is_some_and(|word| word & bit(offset) != 0)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.words.values().map(|word| u64::from(word.count_ones())).sum()
    }
}

fn bit(offset: i64) -> u64 {
    1 << (offset & 63)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::{HashMap, Offsets};

    proptest! {
        #[test]
        fn it_is_a_set(
            ranges in proptest::collection::vec((0_i64..500, 0_i64..200), 0..8),
            ones in proptest::collection::vec(0_i64..700, 0..40),
        ) {
            let (mut offsets, mut model) = (Offsets::default(), BTreeSet::new());
            for (first, length) in ranges {
                offsets.insert_all(first..=first + length);
                model.extend(first..=first + length);
            }
            for one in ones {
                prop_assert_eq!(offsets.insert(one), model.insert(one));
            }
            prop_assert_eq!(offsets.count(), model.len() as u64);
            let mut both = offsets.clone();
            both.keep(Some(&Offsets { words: HashMap::from([(1, u64::MAX), (2, 7)]) }));
            prop_assert!((0..800).all(|at| both.contains(at) == (offsets.contains(at) && (64..131).contains(&at))));
            prop_assert!((0..800).all(|offset| offsets.contains(offset) == model.contains(&offset)));
        }
    }

    #[test]
    fn the_largest_offsets_are_offsets_too() {
        let mut offsets = Offsets::default();
        offsets.insert_all(i64::MAX - 200..=i64::MAX - 1);
        assert!(offsets.contains(i64::MAX - 1) && !offsets.contains(i64::MAX) && offsets.count() == 200);
    }
}
