//! The engine that reads any file of this program's: from text to fields with places, and all that is wrong with it at
//! once.
//!
//! It knows how a mapping, a list and a number are read, and how a problem is told. Which keys there are is `sections`'
//! business.

pub mod field;
pub mod file;
pub mod keys;
pub mod kinds;
pub mod problem;
pub mod root;
pub mod section;
pub mod shape;
pub mod surroundings;
