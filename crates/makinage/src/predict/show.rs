//! What the predictor shows of itself: how much is under way, and with which workers.

use std::{sync::Arc, time::Instant};

use super::Predictor;
use crate::{
    event::Names,
    flights::Job,
    telemetry::{
        Telemetry,
        stream::{SuspectSeen, WorkerSeen},
    },
};

impl Predictor {
    /// One that names events in this way, and shows here how its batches and workers do. Nothing is taken until the
    /// first generation comes, with its rule.
    pub(crate) fn new(names: Names, telemetry: Arc<Telemetry>) -> Self {
        Self { names, telemetry, ..Self::default() }
    }

    /// Names events in this way from now on.
    pub(crate) fn name_by(&mut self, names: Names) {
        self.names = names;
    }

    /// Which events a job is about, for a sentence: the one, or how many and which is the first.
    pub(super) fn named(&self, job: &Job) -> String {
        let first = job.events().first().map(|event| self.names.of(event.place())).unwrap_or_default();
        match job.events().len() {
            1 => first,
            many => format!("{many} events from {first} on"),
        }
    }

    /// How many events under way have no answer yet.
    pub(crate) fn unanswered(&self) -> usize {
        self.flights.unanswered()
    }

    /// The generation that takes what is new.
    pub(crate) fn newest(&self) -> Option<u64> {
        self.current.as_ref().map(|serving| serving.pool.generation())
    }

    /// Events that workers died on, and that have neither been answered since nor failed for it.
    pub(crate) fn suspects(&self, now: Instant) -> Vec<SuspectSeen> {
        self.suspects.seen(now)
    }

    /// All workers of the generations that serve or drain.
    pub(crate) fn workers(&self, now: Instant) -> Vec<WorkerSeen> {
        let current = self.current.iter().map(|serving| (serving, "serving"));
        let draining = self.draining.iter().map(|serving| (serving, "draining"));
        current.chain(draining).flat_map(|(serving, state)| serving.pool.seen(state, now)).collect()
    }
}
