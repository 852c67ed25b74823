//! How many events make a batch: a pure rule, the clock is passed in.
//!
//! `auto` never waits for company. A worker that is free takes what has queued; one that is busy is given a second
//! batch only when a full one is there, so that it never waits under load, and small batches are not cut while it
//! works.

use std::time::Duration;

use crate::config::Batch;

/// The largest batch, in events.
pub(crate) const MAX_ROWS: usize = 1024;
/// The largest batch, in bytes of key and value; a larger event makes a batch of its own.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// The model time that a batch aims to stay below: it bounds the wait at a stop, a revoke or a model change.
const TARGET: Duration = Duration::from_millis(250);

/// Decides the size of each batch of one generation.
#[derive(Debug)]
pub(crate) struct BatchSizer {
    rule: Batch,
    /// The largest batch that the measured times allow.
    rows: usize,
}

/// What has queued, and for how long its oldest event has waited.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Queued {
    /// Events in the queue.
    pub rows: usize,
    /// Whether [`MAX_BYTES`] are there already.
    pub full_of_bytes: bool,
    /// How long the oldest has waited.
    pub waited: Duration,
}

impl BatchSizer {
    /// A new generation's rule: it starts with single events, since nothing is known about its model yet.
    pub(crate) fn new(rule: Batch) -> Self {
        let rows = match rule {
            Batch::Auto => 1,
            Batch::Fixed { rows, .. } => rows,
        };
        Self { rule, rows }
    }

    /// How many events a worker with `in_flight` batches should take now; 0 for none.
    pub(crate) fn size_now(&self, queued: Queued, in_flight: usize) -> usize {
        let full = queued.rows >= self.rows || queued.full_of_bytes;
        let due = match self.rule {
            Batch::Auto => in_flight == 0,
            Batch::Fixed { max_delay, .. } => queued.waited >= max_delay,
        };
        if full || due { queued.rows.min(self.rows) } else { 0 }
    }

    /// How long the queue may still wait for company; `None` when only more events or a free worker change anything.
    pub(crate) fn deadline(&self, queued: Queued) -> Option<Duration> {
        match self.rule {
            Batch::Fixed { max_delay, .. } if queued.rows > 0 => Some(max_delay.saturating_sub(queued.waited)),
            _ => None,
        }
    }

    /// A batch of `rows` events took the model `took`: the next ones follow from that.
    pub(crate) fn measured(&mut self, rows: usize, took: Duration) {
        if self.rule != Batch::Auto || rows == 0 {
            return;
        }
        if took > TARGET {
            let fitting = rows as u128 * TARGET.as_nanos() / took.as_nanos().max(1);
            self.rows = usize::try_from(fitting).unwrap_or(MAX_ROWS).clamp(1, self.rows);
        } else if rows >= self.rows && took * 2 <= TARGET {
            self.rows = (self.rows * 2).min(MAX_ROWS);
        }
    }
}

#[cfg(test)]
mod tests;
