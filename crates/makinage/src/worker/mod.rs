//! The Python processes that own the model: one Rust thread each, replaced when they die.

pub mod asking;
pub mod check;
pub mod early;
mod held;
mod incoming;
pub(crate) mod launch;
pub mod left;
mod level;
pub(crate) mod live;
pub mod messages;
mod page;
mod patient;
pub mod pool;
pub mod process;
mod reading;
mod replacing;
mod request;
pub mod samples;
pub mod setup;
mod show;
mod slot;
pub mod starting;
mod streak;
#[cfg(test)]
mod testing;
mod warm_up;
