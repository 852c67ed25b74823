//! Generations: each is one configuration and one model, with workers of its own.
//!
//! ```text
//!  model topic ─Seen, Read─┐
//!  fetcher ───────Fetched─────┤
//!  config watch ──Config───┼─▶ mailbox ─▶ loader: choose ─▶ build: unpack, start workers, load ─▶ pool ─▶ pipeline
//!  pipeline ──────Trouble──┘                │
//!            models ◀── newest_before, fetch ┘
//! ```
//!
//! The loader builds the next generation beside the one that serves. Where that fails, nothing changes. The model
//! topic's reader says what it has seen; which model is next is the loader's to choose ([`choice`]), and it asks the
//! topic for what it needs ([`models`]). What happens to events is the pipeline's business.

pub(crate) mod builder;
pub(crate) mod choice;
pub(crate) mod fetcher;
pub(crate) mod handover;
pub(crate) mod known;
pub(crate) mod loader;
pub(crate) mod mailbox;
pub(crate) mod memory;
pub(crate) mod models;
pub(crate) mod probation;
#[cfg(test)]
mod testing;
mod words;

use std::sync::Arc;

use crate::{
    config::Config,
    model::{ModelLabel, RecordPlace},
    store::StoredModel,
    telemetry::{generations::GenerationSeen, moment::now},
};

/// A model that is on the topic, whole, with its bytes in the store.
#[derive(Debug)]
pub(crate) struct Arrived {
    /// Its record.
    pub place: RecordPlace,
    /// Its bytes.
    pub model: StoredModel,
}

/// A generation that should not have taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// The generation.
    pub generation: u64,
    /// What it did, for people.
    pub what: String,
}

/// One of the configurations that came, in their order.
#[derive(Debug, Clone)]
pub(crate) struct Configuration {
    /// Its number.
    pub number: u64,
    /// What it says.
    pub config: Arc<Config>,
}

/// What a generation is made of.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    /// Its number, counted from 1; failed attempts have one, too.
    pub generation: u64,
    /// Its configuration.
    pub configuration: Configuration,
    /// Its model.
    pub model: Arc<Arrived>,
}

impl Made {
    /// Its model's name.
    pub(crate) fn label(&self) -> ModelLabel {
        self.model.model.identity.label()
    }

    /// As it is shown.
    pub(crate) fn seen(&self) -> GenerationSeen {
        let Arrived { place, model } = &*self.model;
        GenerationSeen {
            generation: self.generation,
            model: self.label().to_string(),
            sha256: model.identity.sha256.clone(),
            place: place.to_string(),
            since: now(),
        }
    }

    /// Whether two have the same model, by its bytes.
    pub(crate) fn has_model_of(&self, other: &Self) -> bool {
        self.model.model.identity.sha256 == other.model.model.identity.sha256
    }

    /// Whether two have the same configuration.
    pub(crate) fn has_configuration_of(&self, other: &Self) -> bool {
        self.configuration.number == other.configuration.number
    }
}
