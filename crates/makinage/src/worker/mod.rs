//! The Python processes that own the model: one Rust thread each, replaced when they die.

pub mod answer;
pub mod check;
pub mod confine;
pub mod early;
pub mod frame;
mod group;
pub mod messages;
pub mod plan;
pub mod pool;
pub mod process;
pub mod protocol;
pub mod samples;
mod slot;
mod starting;
