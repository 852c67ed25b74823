//! What a pool shows of its workers.

use std::time::Instant;

use super::{
    live::Live,
    pool::{Pool, Worker},
};
use crate::telemetry::stream::WorkerSeen;

impl Pool {
    /// Its workers; those that have a process are in this state.
    pub(crate) fn seen(&self, state: &'static str, now: Instant) -> impl Iterator<Item = WorkerSeen> {
        let generation = self.generation();
        let seen = move |(slot, worker): (usize, &Worker)| {
            let live = worker.live.as_ref();
            let silent = live.and_then(Live::silent_since);
            let silent = silent.map(|since| now.saturating_duration_since(since).as_millis());
            WorkerSeen {
                generation,
                slot,
                pid: live.and_then(|live| live.process.id()),
                state: if live.is_some() {
                    state
                } else if worker.gone {
                    "gone"
                } else {
                    "replacing"
                },
                batches: live.map_or(0, |live| live.in_flight.len()),
                silent_ms: silent.map(|silent| silent.try_into().unwrap_or(u64::MAX)),
            }
        };
        self.workers.iter().enumerate().map(seen)
    }
}
