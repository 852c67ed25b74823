//! Random choices that can be made again: the seed is printed, and `MAKINAGE_TEST_SEED` sets it.

use std::{
    env,
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// A seed that differs from run to run.
pub(crate) fn seed() -> u64 {
    RandomState::new().hash_one(0)
}

/// The generator `SplitMix64`.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Prints its seed, which the test harness shows when the test fails.
    pub(crate) fn printed() -> Self {
        let given = env::var("MAKINAGE_TEST_SEED").ok().map(|seed| seed.parse().expect("MAKINAGE_TEST_SEED: a number"));
        let seed = given.unwrap_or_else(seed);
        eprintln!("MAKINAGE_TEST_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    /// A moment within so many milliseconds.
    pub(crate) fn moment(&mut self, milliseconds: u64) -> Duration {
        Duration::from_millis(self.below(milliseconds))
    }
}
