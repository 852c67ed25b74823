//! Whether a generation that has just taken over does so badly that it should be taken back. Pure: the clock is passed
//! in.

use std::{ops::Range, time::Instant};

use super::Trouble;
use crate::config::Probation as Limits;

/// Events below which an error rate says nothing.
const ENOUGH_EVENTS: u64 = 100;
/// Characters of a cause that are told: a library's last words may be many.
const LONGEST_CAUSE: usize = 200;

/// One generation's conduct.
#[derive(Debug)]
pub(crate) struct Probation {
    generation: u64,
    limits: Limits,
    began: Instant,
    /// The share of events that failed in the generation before.
    rate_before: f64,
    /// What workers died on: parts of flights that have no event in common; no more than `limits.crashes` of them.
    crashed: Vec<(u64, Range<usize>)>,
    /// Of what a worker died last.
    last_cause: String,
    events: u64,
    failed: u64,
    told: bool,
}

impl Probation {
    /// Begins when a generation takes over from one whose share of failed events was `rate_before`.
    pub(crate) fn new(generation: u64, limits: Limits, rate_before: f64, now: Instant) -> Self {
        let (crashed, last_cause) = (vec![], String::new());
        Self { generation, limits, began: now, rate_before, crashed, last_cause, events: 0, failed: 0, told: false }
    }

    /// Whether it is about this generation.
    pub(crate) fn is_of(&self, generation: u64) -> bool {
        self.generation == generation
    }

    /// A worker died on these events of a flight, of this.
    ///
    /// Tried again, its events are asked for one by one: a death on a part of what is known already is the same one,
    /// more closely. Parts that have no event in common are different batches.
    pub(crate) fn crashed_on(&mut self, flight: u64, part: &Range<usize>, cause: &str) {
        self.last_cause = cause.chars().take(LONGEST_CAUSE).collect();
        let overlaps =
            |known: &(u64, Range<usize>)| known.0 == flight && known.1.start < part.end && part.start < known.1.end;
        match self.crashed.iter().position(overlaps) {
            Some(known) => self.crashed[known].1 = part.clone(),
            None if self.crashed.len() < self.limits.crashes.unwrap_or(0) => self.crashed.push((flight, part.clone())),
            None => {}
        }
    }

    /// So many events were answered, of which so many failed.
    pub(crate) fn scored(&mut self, events: u64, failed: u64) {
        self.events += events;
        self.failed += failed;
    }

    /// The share of events that failed.
    #[expect(clippy::cast_precision_loss, reason = "a share needs no more than 52 bits of events")]
    pub(crate) fn error_rate(&self) -> f64 {
        if self.events == 0 { 0.0 } else { self.failed as f64 / self.events as f64 }
    }

    /// The complaint, once, where there is one.
    pub(crate) fn verdict(&mut self, now: Instant) -> Option<Trouble> {
        if self.told || now.saturating_duration_since(self.began) >= self.limits.time {
            return None;
        }
        let what = self.too_many_crashes().or_else(|| self.too_many_errors())?;
        self.told = true;
        Some(Trouble { generation: self.generation, what })
    }

    fn too_many_crashes(&self) -> Option<String> {
        let limit = self.limits.crashes.filter(|limit| self.crashed.len() >= *limit)?;
        Some(format!("its workers died on {limit} different batches; the last death: {}", self.last_cause))
    }

    fn too_many_errors(&self) -> Option<String> {
        let limit = self.limits.error_rate.filter(|_| self.events >= ENOUGH_EVENTS)?;
        let rate = self.error_rate();
        (rate - self.rate_before > limit).then(|| {
            format!(
                "{:.0} % of its first {} events failed, and {:.0} % did before it",
                100.0 * rate,
                self.events,
                100.0 * self.rate_before
            )
        })
    }
}

#[cfg(test)]
mod tests;
