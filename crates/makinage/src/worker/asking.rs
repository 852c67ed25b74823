//! How a worker is asked, and what it says that it is at.

use std::ops::Range;

/// How the events of a request pass the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskKind {
    /// In as few model calls as give the same answers.
    Batch,
    /// Each by itself, and answered before the next one begins: what a death leaves unanswered has its first event at
    /// fault.
    Singly,
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
}

impl At {
    /// It was asked nothing, or had begun with nothing that it was asked.
    pub(crate) const NOTHING: Self = Self { id: 0, places: 0..0 };
}
