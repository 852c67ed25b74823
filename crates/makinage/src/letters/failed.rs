//! What a letter tells of its event. Pure.

use crate::event::Failure;

/// How an event failed.
#[derive(Debug, Clone, Copy)]
pub struct Failed<'f> {
    /// Which step, and why.
    pub failure: &'f Failure,
    /// The model that scored it, if one did.
    pub model: Option<&'f str>,
    /// What of the event is not there any more.
    pub missing: Option<Missing>,
}

/// What a letter can't have of its original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The Kafka client can't read them.
    Headers,
    /// Its topic has deleted the record before it could be read again.
    Value,
}
