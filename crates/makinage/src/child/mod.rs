//! Child programs: starting them, bounding them, keeping what they print last, ending them with all that they started.

pub mod confine;
pub mod group;
pub mod printed;
pub mod supervised;
