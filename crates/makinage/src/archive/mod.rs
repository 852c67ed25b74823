//! Models' archives: what one holds, unpacking it safely, packing one.
//!
//! A model is an `MLflow` model folder, zipped. [`inspect`] looks at one before it is published, [`unpack`] puts one
//! that arrived where a worker can load it. Both treat the archive as hostile: see [`Limits`] for what is bounded.
//! Neither runs any of its code; *loading* a model does, so that only whom one trusts may write to the model topic.

mod error;
pub mod foreign;
pub mod glance;
pub mod inspect;
mod limits;
mod members;
mod mlmodel;
mod name;
pub mod pack;
#[cfg(test)]
pub(crate) mod testing;
mod unpack;

pub use self::{
    error::{MemberFault, ModelError},
    inspect::{ModelArchive, inspect, sha256},
    limits::Limits,
    unpack::unpack,
};
