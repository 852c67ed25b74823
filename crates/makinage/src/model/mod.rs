//! Models: what an archive holds, unpacking it safely, and publishing it on a topic.
//!
//! A model is an `MLflow` model folder, zipped. [`inspect`] looks at one before it is published, [`unpack`] puts one that arrived
//! where a worker can load it. Both treat the archive as hostile: see [`Limits`] for what is bounded. Neither runs any of
//! its code; *loading* a model does, so that only whom one trusts may write to the model topic.

mod archive;
pub mod catalogue;
mod error;
mod foreign;
pub mod headers;
mod identity;
mod limits;
mod members;
mod mlmodel;
mod name;
mod pack;
mod place;
pub mod publish;
pub mod records;
mod requirements;
pub mod store;
#[cfg(test)]
pub(crate) mod testing;
pub mod topic;
mod unpack;
pub mod workspace;
mod yaml;

use std::sync::Arc;

pub use archive::{ModelArchive, inspect, sha256};
pub use error::{MemberFault, ModelError};
pub use identity::{ModelIdentity, is_name};
pub use limits::Limits;
pub use mlmodel::{MlModel, MlModelError};
pub use place::RecordPlace;
pub use requirements::{REQUIREMENTS, Requirements, RequirementsError};
pub use unpack::unpack;

/// The file that makes a folder an `MLflow` model.
pub const MLMODEL: &str = "MLmodel";

/// A model's name in messages and in the `makinage-model` header: see [`ModelIdentity::label`].
pub type ModelLabel = Arc<str>;
