use std::ffi::c_void;

use super::{Arrays, UNFIT, makinage_trees_add, makinage_trees_check, makinage_trees_link};
use crate::forest::{Flaw, Node, Tree};

const NODES: [Node<f32>; 4] = [
    Node { threshold: 0.5, feature: 0, child: 1 },
    Node { threshold: f32::NAN, feature: 0, child: 1 },
    Node { threshold: f32::NAN, feature: 0, child: 2 },
    Node { threshold: f32::NAN, feature: 0, child: 0 },
];
const LEAVES: [u32; 4] = [0, 0, 1, 0];
const TREES: [Tree; 1] = [Tree { root: 0, depth: 1, column: 0 }];
const VALUES: [f64; 2] = [1.0, 2.0];

fn arrays(kind: u32) -> Arrays {
    Arrays {
        nodes: NODES.as_ptr().cast(),
        leaves: LEAVES.as_ptr(),
        node_count: NODES.len(),
        trees: TREES.as_ptr(),
        tree_count: TREES.len(),
        values: VALUES.as_ptr().cast(),
        value_count: VALUES.len(),
        width: 1,
        features: 1,
        sums: 1,
        kind,
    }
}

fn add(kind: u32, rows: &[f32], count: usize, sums: &mut [f64]) -> u32 {
    let rows: *const c_void = rows.as_ptr().cast();
    // SAFETY: of kind 0 the arrays are checked below; of others nothing is looked at. `count` is the rows' or refused.
    unsafe { makinage_trees_add(&arrays(kind), rows, count, sums.as_mut_ptr().cast()) }
}

#[test]
fn a_forest_adds_to_sums_by_its_address() {
    // SAFETY: the arrays are what they say.
    assert_eq!(unsafe { makinage_trees_check(&arrays(0)) }, 0);
    let mut sums = [10.0; 3];
    assert_eq!(add(0, &[0.5, 0.6, -1.0], 3, &mut sums), 0);
    assert_eq!(sums.map(f64::to_bits), [11.0, 12.0, 11.0].map(f64::to_bits));
    assert_eq!(add(0, &[], 0, &mut []), 0);
}

#[test]
fn each_kind_has_its_types_and_its_side_of_a_threshold() {
    let singles = [1.0_f32, 2.0];
    let below = Arrays { values: singles.as_ptr().cast(), ..arrays(1) };
    let mut sums = [0.0_f32; 2];
    // SAFETY: the arrays are what they say, and are checked first; there are two rows of one feature and of one sum.
    unsafe {
        assert_eq!(makinage_trees_check(&raw const below), 0);
        let rows = [0.4_f32, 0.5];
        assert_eq!(makinage_trees_add(&raw const below, rows.as_ptr().cast(), 2, sums.as_mut_ptr().cast()), 0);
    }
    assert_eq!(sums.map(f32::to_bits), singles.map(f32::to_bits));
    let nodes =
        NODES.map(|node| Node { threshold: f64::from(node.threshold), feature: node.feature, child: node.child });
    let double = Arrays { nodes: nodes.as_ptr().cast(), ..arrays(2) };
    let mut sums = [0.0_f64; 2];
    // SAFETY: the same.
    unsafe {
        assert_eq!(makinage_trees_check(&raw const double), 0);
        let rows = [0.5_f64, 0.500_000_000_1];
        assert_eq!(makinage_trees_add(&raw const double, rows.as_ptr().cast(), 2, sums.as_mut_ptr().cast()), 0);
    }
    assert_eq!(sums.map(f64::to_bits), VALUES.map(f64::to_bits));
}

#[test]
fn kinds_and_counts_that_are_none_are_refused() {
    // SAFETY: nothing of the arrays is looked at.
    assert_eq!(unsafe { makinage_trees_check(&arrays(3)) }, UNFIT);
    assert_eq!(add(3, &[0.5], 1, &mut [0.0]), UNFIT);
}

#[test]
fn a_flaw_is_told_by_its_number() {
    let flawed = Arrays { features: 0, ..arrays(0) };
    // SAFETY: the arrays are what they say.
    assert_eq!(unsafe { makinage_trees_check(&raw const flawed) }, Flaw::Length as u32);
    let flawed = Arrays { node_count: 3, ..arrays(0) };
    // SAFETY: the same: shorter than they are.
    assert_eq!(unsafe { makinage_trees_check(&raw const flawed) }, Flaw::Child as u32);
}

#[test]
fn links_are_of_both_types() {
    let mut singles = [0.0_f32, 0.0];
    // SAFETY: two numbers in one row.
    assert_eq!(unsafe { makinage_trees_link(3, 0, singles.as_mut_ptr().cast(), 1, 2) }, 0);
    assert_eq!(singles.map(f32::to_bits), [0.5_f32.to_bits(); 2]);
    let mut doubles = [0.0_f64, 0.0];
    // SAFETY: two rows of one number.
    assert_eq!(unsafe { makinage_trees_link(2, 1, doubles.as_mut_ptr().cast(), 2, 1) }, 0);
    assert_eq!(doubles.map(f64::to_bits), [0.5_f64.to_bits(); 2]);
    for (link, rows, width) in [(4, 2, 1), (0, usize::MAX, 2), (0, 0, 0)] {
        // SAFETY: refused before anything is looked at.
        assert_eq!(unsafe { makinage_trees_link(link, 1, doubles.as_mut_ptr().cast(), rows, width) }, UNFIT);
    }
}
