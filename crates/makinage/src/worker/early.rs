//! What workers of a generation tell the pipeline before it has their pool: one may die, and be replaced, while the
//! others still load.

use std::collections::BTreeMap;

use super::{live::Live, messages::WorkerId, pool::Pool};

/// The last word of each worker of the generation that is being made.
#[derive(Debug, Default)]
pub struct EarlyNews {
    generation: u64,
    /// By the worker's place: the process that took another's, `None` while there is none.
    workers: BTreeMap<usize, Option<Live>>,
}

impl EarlyNews {
    /// A worker has died (`None`), or was replaced.
    ///
    /// One generation is made at a time: a newer one means that those before it came to nothing, or have their pool.
    pub fn note(&mut self, worker: WorkerId, live: Option<Live>) {
        if worker.generation > self.generation {
            self.generation = worker.generation;
            self.workers.clear();
        }
        if worker.generation == self.generation {
            self.workers.insert(worker.slot, live);
        }
    }

    /// Brings the pool of a generation that takes over up to date.
    pub fn bring_up_to_date(&mut self, pool: &mut Pool) {
        if pool.generation() != self.generation {
            return;
        }
        for (slot, live) in std::mem::take(&mut self.workers) {
            // It has been given nothing yet, so nothing comes back.
            pool.died(slot);
            if let Some(live) = live {
                pool.replaced(slot, live);
            }
        }
    }
}
