//! What passes between the pipeline and the threads of its workers.

use std::fmt;

pub(crate) use super::asking::Ask;
pub use super::asking::{AskKind, At};
use super::live::Live;
use crate::wire::{answer::Answer, counted::Counted};

/// Names a worker: its generation and its place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerId {
    /// The generation, counted from 1.
    pub generation: u64,
    /// The place in its pool, counted from 0.
    pub slot: usize,
}

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "worker {}.{}", self.generation, self.slot)
    }
}

/// Why a worker died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// For people.
    pub words: String,
    /// It had run out of memory, or may have: what it was at may only have been the last straw.
    pub is_exhaustion: bool,
    /// It was killed outright, by somebody or by a system without memory, which may have nothing to do with what it was
    /// at.
    pub is_kill: bool,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// What workers tell the pipeline.
#[derive(Debug)]
pub enum FromWorker {
    /// Results of consecutive events of the oldest request.
    Answer {
        /// Who.
        worker: WorkerId,
        /// The request.
        id: u64,
        /// The results.
        answer: Answer,
    },
    /// Still at work on the oldest request.
    Progress {
        /// Who.
        worker: WorkerId,
    },
    /// What the user's code has counted since the last time.
    Counted {
        /// Who.
        worker: WorkerId,
        /// What.
        counted: Counted,
    },
    /// The process has ended; nothing more comes from it.
    Died {
        /// Who.
        worker: WorkerId,
        /// How.
        cause: Cause,
        /// What it was at; `None` where that can't be known.
        at: Option<At>,
    },
    /// The thread that looks after the process has panicked: nothing more comes, no replacement either.
    Gone {
        /// Who.
        worker: WorkerId,
    },
    /// A replacement has loaded the model.
    Ready {
        /// Who.
        worker: WorkerId,
        /// The replacement.
        live: Live,
    },
}
