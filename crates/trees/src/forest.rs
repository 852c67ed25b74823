//! What a forest is in memory, and the check that no walk through it leaves its arrays.

use crate::links::Real;

/// The bit of [`Node::feature`] that says where a missing value (NaN) goes.
pub const GOES_RIGHT: u32 = 1 << 31;

/// A node. Its children stand beside each other: the left one at `child`, the right one behind it.
///
/// A leaf's `child` is the leaf itself and its `threshold` NaN, beyond which nothing lies: whoever is there stays.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C)]
pub struct Node<T> {
    /// What the feature is compared with.
    pub threshold: T,
    /// The feature's place in a row; with [`GOES_RIGHT`] where a missing value goes right.
    pub feature: u32,
    /// The place of the left child among all nodes.
    pub child: u32,
}

/// One tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Tree {
    /// The place of its root among all nodes.
    pub root: u32,
    /// The steps from the root to the leaf that is furthest away.
    pub depth: u32,
    /// The first of the row's sums that its leaves add to.
    pub column: u32,
}

/// A forest's arrays as they come.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a, T, V> {
    /// The nodes of all trees.
    pub nodes: &'a [Node<T>],
    /// For each node the leaf's place in `values`; what stands at other nodes is never used.
    pub leaves: &'a [u32],
    /// The trees, in the order in which they are added.
    pub trees: &'a [Tree],
    /// What leaves add: `width` numbers each.
    pub values: &'a [V],
    /// How many sums a leaf adds to.
    pub width: usize,
    /// How long a row is.
    pub features: usize,
    /// How many sums a row has.
    pub sums: usize,
}

/// A forest in which no walk leaves the arrays.
#[derive(Debug, Clone, Copy)]
pub struct Forest<'a, T, V> {
    pub(crate) parts: Parts<'a, T, V>,
}

/// Why arrays are no forest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Flaw {
    /// Arrays that belong together differ in length, or a length is none.
    Length = 1,
    /// A child that isn't there.
    Child,
    /// A feature that no row has.
    Feature,
    /// A leaf without a value.
    Leaf,
    /// A tree without a root, or one that adds beyond the sums.
    Tree,
}

impl<'a, T: Real, V: Real> Forest<'a, T, V> {
    /// Looks at every node once. A circle is no flaw here: a walk is as long as its tree says, and no longer.
    pub fn new(parts: Parts<'a, T, V>) -> Result<Self, Flaw> {
        let Parts { nodes, leaves, trees, values, width, features, sums } = parts;
        let has_lengths = width > 0 && features > 0 && sums > 0;
        if !has_lengths || leaves.len() != nodes.len() || !values.len().is_multiple_of(width) {
            return Err(Flaw::Length);
        }
        let leaf_count = values.len() / width;
        for (node, leaf) in nodes.iter().zip(leaves) {
            // The right child's place must be there even for a leaf: both are computed before one is taken.
            if node.child as usize + 1 >= nodes.len() {
                return Err(Flaw::Child);
            }
            if (node.feature & !GOES_RIGHT) as usize >= features {
                return Err(Flaw::Feature);
            }
            if *leaf as usize >= leaf_count {
                return Err(Flaw::Leaf);
            }
        }
        let is_in =
            |tree: &Tree| (tree.root as usize) < nodes.len() && (tree.column as usize).saturating_add(width) <= sums;
        if !trees.iter().all(is_in) {
            return Err(Flaw::Tree);
        }
        Ok(Self { parts })
    }

    /// A forest that has been checked before.
    ///
    /// # Safety
    ///
    /// [`Forest::new`] has taken these very parts, and nothing of them has changed since.
    pub unsafe fn checked_before(parts: Parts<'a, T, V>) -> Self {
        Self { parts }
    }
}

#[cfg(test)]
mod tests;
