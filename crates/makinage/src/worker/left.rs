//! What a dead worker leaves to those who decide what becomes of it.

use std::ops::Range;

use super::asking::{AskKind, At};
use crate::flights::{Job, Part};

/// What a dead worker leaves.
#[derive(Debug, Default)]
pub struct Dead {
    /// What it had not answered whole, the oldest first, which is the one that it was at.
    pub left: Vec<Left>,
    /// The request for which it was ended, since it had been silent on it for too long. One that isn't left was
    /// answered meanwhile: the others are not to blame.
    pub ended_for: Option<u64>,
    /// It had answered nothing but probes.
    pub was_fresh: bool,
}

/// A request that a dead worker has not answered whole.
#[derive(Debug)]
pub struct Left {
    /// Its number, as in [`At`](super::asking::At).
    pub id: u64,
    /// What was asked.
    pub job: Job,
    /// How its events passed.
    pub kind: AskKind,
    /// So many of its first events are answered.
    pub answered: usize,
    /// Their answer, where there is any that was not given yet.
    pub part: Option<Part>,
}

impl Left {
    /// The places in the flight that the worker was at, where it was at this request.
    pub(crate) fn places(&self, at: Option<&At>) -> Option<Range<usize>> {
        let places = &at.filter(|at| at.id == self.id)?.places;
        Some(self.job.range.start + places.start..self.job.range.start + places.end)
    }
}
