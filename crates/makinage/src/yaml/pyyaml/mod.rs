//! What PyYAML's `safe_load` makes of a value: YAML 1.1, with PyYAML's own ideas of it. Version 6.0.3 is the measure.
//!
//! What it refuses is refused here too, since no file of Maki Nage's can hold it. So are a few things that it takes and
//! nobody writes: tagged numbers with blanks around them, base64 with foreign characters, values that contain
//! themselves.

mod difference;
mod node;
mod number;
mod resolve;
mod scalar;
#[cfg(test)]
mod tests;
mod time;

pub(super) use node::read;
