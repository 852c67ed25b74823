//! Models: how they arrive, and where they are kept.

pub mod archive;
pub mod store;
pub mod topic;

use std::sync::Arc;

/// A model's name in messages and in the `makinage-model` header: the first 12 digits of its zip's SHA-256.
pub type ModelLabel = Arc<str>;
