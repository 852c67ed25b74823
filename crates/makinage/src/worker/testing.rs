//! A process that is none, for tests of those who count on one.

use std::io;

use super::live::{Live, Process};
use crate::wire::testing::loaded;

#[derive(Debug)]
struct Nothing;

impl Process for Nothing {
    fn end(&self) {}

    fn release(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The first one of its place, which has loaded its model and scored the example.
pub(super) fn live() -> Live {
    Live::new(Box::new(Nothing), 0, loaded())
}
