//! A request to read the configuration at once, whose sender wants to know what becomes of it.

use crossbeam_channel::{Receiver, Sender, bounded};

/// A request.
#[derive(Debug)]
pub(crate) struct Request(Sender<Decision>);

/// What becomes of a configuration that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Nothing: it is the one that is taken up already.
    Same,
    /// A generation is made of it. `what` has changed; `differs` says whether that means anything.
    TakenUp { what: String, differs: bool },
    /// It isn't taken up, for this reason.
    Refused(String),
}

impl Request {
    /// A request, and where its answer comes.
    pub(crate) fn new() -> (Self, Receiver<Decision>) {
        let (sender, answers) = bounded(1);
        (Self(sender), answers)
    }

    /// Answers it.
    pub(crate) fn answer(self, decision: Decision) {
        // Whoever asked may have gone.
        let _ = self.0.try_send(decision);
    }
}
