use std::fmt::Debug;

use fastrand::Rng;

use super::{BLOCK_BYTES, Below, SIDE_BY_SIDE, Split, UpTo};
use crate::forest::{Forest, GOES_RIGHT, Node, Parts, Tree};
use crate::links::Real;

/// Arrays of a random forest.
struct Grown<T, V> {
    nodes: Vec<Node<T>>,
    leaves: Vec<u32>,
    trees: Vec<Tree>,
    values: Vec<V>,
    width: usize,
    features: usize,
    sums: usize,
}

/// Numbers to grow from: halves, so that rows meet thresholds.
trait Number: Real + Debug {
    const MISSING: Self;
    fn of(number: f64) -> Self;
    fn bits(self) -> u64;
}

impl Number for f32 {
    const MISSING: Self = f32::NAN;
    #[allow(clippy::cast_possible_truncation)]
    fn of(number: f64) -> Self {
        number as Self
    }
    fn bits(self) -> u64 {
        self.to_bits().into()
    }
}

impl Number for f64 {
    const MISSING: Self = f64::NAN;
    fn of(number: f64) -> Self {
        number
    }
    fn bits(self) -> u64 {
        self.to_bits()
    }
}

fn halves<T: Number>(random: &mut Rng) -> T {
    T::of(f64::from(random.i32(-6..6)) / 2.0)
}

impl<T: Number, V: Number> Grown<T, V> {
    fn new(random: &mut Rng, features: usize) -> Self {
        let width = random.usize(1..4);
        let sums = width + random.usize(0..3);
        let mut grown = Self { nodes: vec![], leaves: vec![], trees: vec![], values: vec![], width, features, sums };
        for _ in 0..random.usize(1..40) {
            grown.tree(random);
        }
        grown.nodes.push(Node { threshold: T::MISSING, feature: 0, child: 0 });
        grown.leaves.push(0);
        // Not dyadic: what is added in another order has other bits.
        grown.values = (0..grown.nodes.len() * width).map(|_| V::of(random.f64() - 0.3)).collect();
        grown
    }

    fn tree(&mut self, random: &mut Rng) {
        let root = self.nodes.len();
        let most = random.u32(0..12);
        let column = random.usize(0..=self.sums - self.width);
        let mut open = vec![(root, 0)];
        self.leaf();
        let mut depth = 0;
        while let Some((place, level)) = open.pop() {
            depth = depth.max(level);
            if level == most || random.u32(0..5) == 0 {
                continue;
            }
            let side = if random.bool() { GOES_RIGHT } else { 0 };
            let feature = u32::try_from(random.usize(0..self.features)).unwrap() | side;
            let child = u32::try_from(self.nodes.len()).unwrap();
            self.nodes[place] = Node { threshold: halves(random), feature, child };
            open.extend([(self.nodes.len(), level + 1), (self.nodes.len() + 1, level + 1)]);
            self.leaf();
            self.leaf();
        }
        let [root, column] = [root, column].map(|place| u32::try_from(place).unwrap());
        self.trees.push(Tree { root, depth, column });
    }

    fn leaf(&mut self) {
        let place = u32::try_from(self.nodes.len()).unwrap();
        self.nodes.push(Node { threshold: T::MISSING, feature: 0, child: place });
        self.leaves.push(place);
    }

    fn parts(&self) -> Parts<'_, T, V> {
        let Self { nodes, leaves, trees, values, width, features, sums } = self;
        Parts { nodes, leaves, trees, values, width: *width, features: *features, sums: *sums }
    }

    /// One row at a time and one tree after the other, as anybody would write it.
    fn plainly(&self, row: &[T], is_right: impl Fn(T, T) -> bool) -> Vec<V> {
        let mut sums = vec![V::of(0.0); self.sums];
        for tree in &self.trees {
            let mut place = tree.root as usize;
            while self.nodes[place].child as usize != place {
                let Node { threshold, feature, child } = self.nodes[place];
                let value = row[(feature & !GOES_RIGHT) as usize];
                let right = if value.is_nan() { feature & GOES_RIGHT != 0 } else { is_right(value, threshold) };
                place = child as usize + usize::from(right);
            }
            for column in 0..self.width {
                let sum = &mut sums[tree.column as usize + column];
                *sum = *sum + self.values[self.leaves[place] as usize * self.width + column];
            }
        }
        sums
    }
}

fn agrees<T: Number, V: Number, S: Split<T>>(seed: u64, features: usize, is_right: fn(T, T) -> bool) {
    let mut random = Rng::with_seed(seed);
    let grown = Grown::<T, V>::new(&mut random, features);
    let forest = Forest::new(grown.parts()).expect("what was grown is a forest");
    let count = random.usize(0..5 * SIDE_BY_SIDE);
    let missing = random.bool();
    let value = |_| if missing && random.u8(0..4) == 0 { T::MISSING } else { halves(&mut random) };
    let rows: Vec<T> = (0..count * features).map(value).collect();
    let mut sums = vec![V::of(0.0); count * grown.sums];
    assert!(forest.add::<S>(&rows, &mut sums));
    let expected = rows.chunks_exact(features).flat_map(|row| grown.plainly(row, is_right));
    let expected: Vec<u64> = expected.map(Number::bits).collect();
    assert_eq!(sums.into_iter().map(Number::bits).collect::<Vec<_>>(), expected, "seed {seed}");
}

#[test]
fn all_kinds_walk_as_one_would_by_hand_with_the_same_bits() {
    for (seed, features) in (0..60).zip((1..8).cycle()) {
        agrees::<f32, f64, UpTo>(seed, features, |value, threshold| value > threshold);
        agrees::<f32, f32, Below>(seed, features, |value, threshold| value >= threshold);
        agrees::<f64, f64, UpTo>(seed, features, |value, threshold| value > threshold);
    }
}

#[test]
fn rows_that_fill_a_block_or_more_are_no_others() {
    for seed in 0..6 {
        agrees::<f64, f64, UpTo>(seed, BLOCK_BYTES / 8 / SIDE_BY_SIDE, |value, threshold| value > threshold);
        agrees::<f64, f64, UpTo>(seed, BLOCK_BYTES / 8 + 1, |value, threshold| value > threshold);
    }
}

#[test]
fn lengths_that_do_not_fit_add_nothing() {
    let grown = Grown::<f32, f64>::new(&mut Rng::with_seed(1), 3);
    let forest = Forest::new(grown.parts()).unwrap();
    let mut sums = vec![0.0; 2 * grown.sums];
    assert!(!forest.add::<UpTo>(&[0.0; 5], &mut sums[..grown.sums]));
    assert!(!forest.add::<UpTo>(&[0.0; 3], &mut sums));
    assert!(!forest.add::<UpTo>(&[0.0; 9], &mut sums));
    assert!(sums.iter().all(|sum| sum.to_bits() == 0));
    assert!(forest.add::<UpTo>(&[0.0; 6], &mut sums));
}
