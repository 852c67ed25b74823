//! The engine that reads any file of this program's: from text to fields with places, and all that is wrong with it at
//! once.
//!
//! It knows how a mapping, a list and a number are read, and how a problem is told. Which keys there are is `sections`'
//! business.

pub(super) mod described;
pub(super) mod field;
pub(super) mod file;
pub(super) mod keys;
pub(super) mod kinds;
pub(super) mod problem;
pub(super) mod root;
pub(super) mod section;
pub(super) mod shape;
pub(super) mod surroundings;
