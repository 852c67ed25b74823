//! From rows to leaves, and the sums of what those say.
//!
//! A step waits for memory and for a comparison whose outcome nobody can foresee, so many walks go side by side: rows
//! through one tree where there are enough of them, else one row through several trees. Each row's sums are added up in
//! the order of the trees either way, which is what their last bits depend on.

use crate::forest::{Forest, GOES_RIGHT, Node, Tree};
use crate::links::Real;

/// How many walks go side by side.
const SIDE_BY_SIDE: usize = 16;
/// Steps between two looks at whether all have arrived.
const BURST: u32 = 4;
/// Bytes of rows that every tree sees before the next rows: with a tree of some size they stay in the fastest cache.
const BLOCK_BYTES: usize = 16 << 10;

/// Which values lie right of a threshold; a missing one (NaN) never does.
pub trait Split<T> {
    /// Whether `value` does.
    fn is_right(value: T, threshold: T) -> bool;
}

/// Left are the values up to the threshold (scikit-learn, LightGBM).
#[derive(Debug, Clone, Copy)]
pub struct UpTo;

impl<T: Real> Split<T> for UpTo {
    #[inline]
    fn is_right(value: T, threshold: T) -> bool {
        value > threshold
    }
}

/// Left are the values below the threshold (XGBoost).
#[derive(Debug, Clone, Copy)]
pub struct Below;

impl<T: Real> Split<T> for Below {
    #[inline]
    fn is_right(value: T, threshold: T) -> bool {
        value >= threshold
    }
}

impl<T: Real, V: Real> Forest<'_, T, V> {
    /// Adds to each row's sums what its leaves say, tree by tree. Does nothing and says so where the lengths don't fit.
    pub fn add<S: Split<T>>(&self, rows: &[T], sums: &mut [V]) -> bool {
        let count = rows.len() / self.parts.features;
        if rows.len() != count * self.parts.features || sums.len() != count * self.parts.sums {
            return false;
        }
        let block = (BLOCK_BYTES / (self.parts.features * size_of::<T>())).max(1).next_multiple_of(SIDE_BY_SIDE);
        let rows = rows.chunks(block * self.parts.features);
        for (rows, sums) in rows.zip(sums.chunks_mut(block * self.parts.sums)) {
            if rows.iter().any(|value| value.is_nan()) {
                self.add_block::<S, true>(rows, sums);
            } else {
                self.add_block::<S, false>(rows, sums);
            }
        }
        true
    }

    fn add_block<S: Split<T>, const MISSING: bool>(&self, rows: &[T], sums: &mut [V]) {
        let grouped = rows.len() / self.parts.features / SIDE_BY_SIDE * SIDE_BY_SIDE;
        let (many, few) = rows.split_at(grouped * self.parts.features);
        let (sums_of_many, sums_of_few) = sums.split_at_mut(grouped * self.parts.sums);
        for tree in self.parts.trees {
            self.add_tree::<S, MISSING>(tree, many, sums_of_many);
        }
        let few = few.chunks_exact(self.parts.features);
        for (row, sums) in few.zip(sums_of_few.chunks_exact_mut(self.parts.sums)) {
            self.add_row::<S, MISSING>(row, sums);
        }
    }

    /// One tree, [`SIDE_BY_SIDE`] rows at a time.
    fn add_tree<S: Split<T>, const MISSING: bool>(&self, tree: &Tree, rows: &[T], sums: &mut [V]) {
        let (features, sum_count) = (self.parts.features, self.parts.sums);
        let rows = rows.chunks_exact(features * SIDE_BY_SIDE);
        for (rows, sums) in rows.zip(sums.chunks_exact_mut(sum_count * SIDE_BY_SIDE)) {
            let walkers = core::array::from_fn(|lane| &rows[lane * features..(lane + 1) * features]);
            let arrived = self.walk::<S, MISSING>([tree.root; SIDE_BY_SIDE], walkers, tree.depth);
            for (place, sums) in arrived.into_iter().zip(sums.chunks_exact_mut(sum_count)) {
                self.add_leaf(place, tree, sums);
            }
        }
    }

    /// One row, [`SIDE_BY_SIDE`] trees at a time.
    fn add_row<S: Split<T>, const MISSING: bool>(&self, row: &[T], sums: &mut [V]) {
        for trees in self.parts.trees.chunks(SIDE_BY_SIDE) {
            // What is left over walks down the last tree once more, and isn't added.
            let roots = core::array::from_fn(|lane| trees[lane.min(trees.len() - 1)].root);
            let depth = trees.iter().map(|tree| tree.depth).max().unwrap_or_default();
            let arrived = self.walk::<S, MISSING>(roots, [row; SIDE_BY_SIDE], depth);
            for (place, tree) in arrived.into_iter().zip(trees) {
                self.add_leaf(place, tree, sums);
            }
        }
    }

    /// Where each row ends up that sets out at its place and takes so many steps.
    #[inline]
    fn walk<S: Split<T>, const MISSING: bool>(
        &self,
        mut places: [u32; SIDE_BY_SIDE],
        rows: [&[T]; SIDE_BY_SIDE],
        steps: u32,
    ) -> [u32; SIDE_BY_SIDE] {
        let mut left = steps;
        while left > 0 {
            let before = places;
            for _ in 0..BURST.min(left) {
                for (place, row) in places.iter_mut().zip(rows) {
                    *place = self.step::<S, MISSING>(*place, row);
                }
            }
            left -= BURST.min(left);
            if places == before {
                break;
            }
        }
        places
    }

    /// The place after this one.
    #[inline]
    fn step<S: Split<T>, const MISSING: bool>(&self, place: u32, row: &[T]) -> u32 {
        debug_assert!((place as usize) < self.parts.nodes.len() && row.len() == self.parts.features);
        // SAFETY: `place` is a tree's root or what this returned, a child or the one behind it: `Forest::new` has seen
        // that those are among the nodes.
        let Node { threshold, feature, child } = *unsafe { self.parts.nodes.get_unchecked(place as usize) };
        // SAFETY: all callers cut rows to the forest's features, and `Forest::new` has seen that this is one of them.
        let value = *unsafe { row.get_unchecked((feature & !GOES_RIGHT) as usize) };
        let mut right = S::is_right(value, threshold);
        if MISSING {
            right |= value.is_nan() && (feature & GOES_RIGHT != 0);
        }
        child + u32::from(right)
    }

    #[inline]
    fn add_leaf(&self, place: u32, tree: &Tree, sums: &mut [V]) {
        let width = self.parts.width;
        let leaf = self.parts.leaves[place as usize] as usize;
        let values = &self.parts.values[leaf * width..(leaf + 1) * width];
        let column = tree.column as usize;
        for (sum, value) in sums[column..column + width].iter_mut().zip(values) {
            *sum = *sum + *value;
        }
    }
}

#[cfg(test)]
mod tests;
