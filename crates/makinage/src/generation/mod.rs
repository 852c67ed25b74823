//! Generations: each is one configuration and one model, with workers of its own.
//!
//! ```text
//!  model topic ──Offer──┐
//!  config watch ─Config─┼─▶ mailbox (newest wins) ─▶ loader: unpack, start workers, load, warm up ─▶ pool ─▶ pipeline
//!  pipeline ────Trouble─┘
//! ```
//!
//! The loader builds the next generation beside the one that serves. Where that fails, nothing changes. What happens to events is the pipeline's business.

pub mod builder;
pub mod loader;
pub mod mailbox;
pub mod probation;

use std::sync::Arc;

use crate::{config::Config, model::RecordPlace, store::StoredModel};

/// A model that is on the topic, whole, with its bytes in the store.
#[derive(Debug)]
pub struct Arrived {
    /// Its record.
    pub place: RecordPlace,
    /// Its bytes.
    pub model: StoredModel,
}

/// What the model topic has to say.
#[derive(Debug)]
pub enum Offer {
    /// A model, the newest so far.
    Newer(Arrived),
    /// The one before a model that could not be used.
    Older(Arrived),
    /// There is none, or none older.
    Nothing,
}

/// A generation that should not have taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The generation.
    pub generation: u64,
    /// What it did, for people.
    pub what: String,
}

/// What a generation is made of.
#[derive(Debug, Clone)]
struct Made {
    generation: u64,
    config: Arc<Config>,
    model: Arc<Arrived>,
}
