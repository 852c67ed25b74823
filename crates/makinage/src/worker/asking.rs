//! How a worker is asked, and what it says that it is at.

use std::ops::Range;

use crate::{flights::Job, wire::frame::Encoding};

/// How the events of a request pass the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskKind {
    /// In as few model calls as give the same answers.
    Batch,
    /// Each by itself, and answered before the next one begins: what a death leaves unanswered has its first event at
    /// fault.
    Singly,
}

/// A request on its way to a worker.
#[derive(Debug)]
pub(crate) struct Ask {
    pub incarnation: u32,
    pub id: u64,
    pub encoding: Encoding,
    pub job: Job,
    pub kind: AskKind,
}

/// What a worker was at when it last said so. It may have answered that since, the request or, of one that was asked
/// singly, the event: then it had not begun the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// The request.
    pub id: u64,
    /// The places of the events in the request: of one event, or of those that are scored together, with what stands
    /// between them.
    pub places: Range<usize>,
    /// The step of [`WORKER_STEPS`](crate::event::WORKER_STEPS) that the event was in; told of one that is asked singly.
    pub step: Option<&'static str>,
}

impl At {
    /// It was asked nothing, or had begun with nothing that it was asked.
    pub(crate) const NOTHING: Self = Self::new(0, 0..0);

    /// At these places of the request, nobody knows in which step.
    pub(crate) const fn new(id: u64, places: Range<usize>) -> Self {
        Self { id, places, step: None }
    }
}
