//! What the service is doing, in one structure: written by whoever knows, read by whoever tells.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

/// The generation that takes new batches.
#[derive(Debug, Clone)]
pub struct Serving {
    /// Its number, counted from 1.
    pub generation: u64,
    /// Its model's name in messages.
    pub model: String,
    /// SHA-256 of its model's zip.
    pub sha256: String,
    /// When it was ready.
    pub since: SystemTime,
}

/// The service's state and counters since its start.
#[derive(Debug, Clone, Default)]
pub struct Status {
    /// `None` until the first model has been loaded.
    pub serving: Option<Serving>,
    /// The model that is being loaded.
    pub loading: Option<String>,
    /// Models, or configurations, that did not become a generation.
    pub failed_generations: u64,
    /// Why the last of them did not.
    pub last_failure: Option<String>,
    /// Generations that were taken back within their probation.
    pub rollbacks: u64,
    /// Changed configurations that were refused.
    pub refused_configs: u64,
}

/// The status, shared.
#[derive(Debug, Clone, Default)]
pub struct SharedStatus(Arc<Mutex<Status>>);

impl SharedStatus {
    /// For a look or a change; not to be held.
    pub fn lock(&self) -> MutexGuard<'_, Status> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
