//! Events whose outputs were refused: they left memory when their outputs were sent, and are read again from their
//! topics, for their dead letters. That costs nothing where nothing is refused.

use crate::event::{Event, Place, Ticket};

/// A record that is to be read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The event's.
    pub ticket: Ticket,
    /// Where it stands.
    pub place: Place,
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Found {
    /// The event's.
    pub ticket: Ticket,
    /// `None` where its topic doesn't have it any more.
    pub event: Option<Event>,
}

/// Reads records again. Nobody waits for it.
pub(crate) trait Originals {
    /// Begins to look for one, for as long as that takes.
    fn ask(&mut self, wanted: Wanted);

    /// What was found since the last call. When there is something the sink's bell rings.
    fn take(&mut self) -> Vec<Found>;
}

impl<O: Originals + ?Sized> Originals for Box<O> {
    fn ask(&mut self, wanted: Wanted) {
        O::ask(self, wanted);
    }

    fn take(&mut self) -> Vec<Found> {
        O::take(self)
    }
}
