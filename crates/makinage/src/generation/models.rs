//! Where models come from, as the loader and its fetcher see it: the model topic, or a test's.

use super::Arrived;
use crate::model::RecordPlace;

/// Models in their order, and the bytes of each.
pub(crate) trait Models: Send + Sync {
    /// The newest model, or the newest before another; `None` where there is none. It may read the topic for that.
    fn newest_before(&self, before: Option<&RecordPlace>) -> Result<Option<RecordPlace>, Unreadable>;

    /// Takes the model of a record into the store. Ends early, with any failure, once it is given up.
    fn fetch(&self, place: &RecordPlace, given_up: &dyn Fn() -> bool) -> Result<Arrived, NotHad>;
}

/// The topic can't be read now, which has been said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// Why a record's model isn't there.
#[derive(Debug)]
pub(crate) enum NotHad {
    /// For good: what is wrong, and what to do.
    Unusable(String),
    /// For now: what is waited for.
    Later(String),
    /// The record isn't there any more: a newer one took its place, or its time was over.
    Gone,
}
