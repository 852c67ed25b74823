//! Dead letters: what their records are made of. protocol/dead-letters.md has the whole. Pure.

pub(crate) mod reading;
