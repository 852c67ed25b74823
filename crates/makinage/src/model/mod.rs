//! What a model is called and what it says of itself, without reading or writing any.

pub mod events;
mod identity;
pub mod mlmodel;
mod place;
mod requirements;

use std::sync::Arc;

pub use identity::{ModelIdentity, is_name};
pub use mlmodel::{MlModel, MlModelError};
pub use place::{Rank, RecordPlace, newer, newest_first};
pub use requirements::{REQUIREMENTS, Requirements, RequirementsError};

/// The file that makes a folder an `MLflow` model.
pub const MLMODEL: &str = "MLmodel";

/// A model's name in messages and in the `makinage-model` header: see [`ModelIdentity::label`].
pub type ModelLabel = Arc<str>;
