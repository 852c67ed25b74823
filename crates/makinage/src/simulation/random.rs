//! One stream of random numbers for a seed: every choice of a run is drawn from it, in the order in which things
//! happen.

/// `SplitMix64`.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to `end`, which isn't among them.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// From `low` to `high`, both among them.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// A number of things: from `low` to `high`.
    pub(super) fn count(&mut self, low: usize, high: usize) -> usize {
        usize::try_from(self.between(low as u64, high as u64)).expect("no more than asked for")
    }

    /// So often in a thousand.
    pub(super) fn chance(&mut self, in_a_thousand: u64) -> bool {
        self.below(1000) < in_a_thousand
    }

    /// A time that is mostly short, sometimes long: up to `longest`, evenly over its magnitudes.
    pub(super) fn delay(&mut self, longest: u64) -> u64 {
        let magnitude = self.below(u64::from(longest.max(1).ilog2()) + 1);
        self.below(1 << (magnitude + 1)).min(longest)
    }
}
