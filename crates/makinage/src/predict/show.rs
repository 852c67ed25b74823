//! What the predictor shows of itself: how much is under way, and with which workers.

use std::{sync::Arc, time::Instant};

use super::Predictor;
use crate::telemetry::{Telemetry, stream::WorkerSeen};

impl Predictor {
    /// One that shows here how its batches and workers do. Nothing is taken until the first generation comes, with its
    /// rule.
    pub(crate) fn new(telemetry: Arc<Telemetry>) -> Self {
        Self { telemetry, ..Self::default() }
    }

    /// How many events under way have no answer yet.
    pub(crate) fn unanswered(&self) -> usize {
        self.flights.unanswered()
    }

    /// The generation that takes what is new.
    pub(crate) fn newest(&self) -> Option<u64> {
        self.current.as_ref().map(|serving| serving.pool.generation())
    }

    /// All workers of the generations that serve or drain.
    pub(crate) fn workers(&self, now: Instant) -> Vec<WorkerSeen> {
        let current = self.current.iter().map(|serving| (serving, "serving"));
        let draining = self.draining.iter().map(|serving| (serving, "draining"));
        current.chain(draining).flat_map(|(serving, state)| serving.pool.seen(state, now)).collect()
    }
}
