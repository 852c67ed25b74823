//! Where predictions go, and events that failed.
//!
//! - Delivery: an event is settled only once the sink has its output for good (for Kafka: acknowledged by all in-sync
//!   replicas).
//! - Order: outputs are written in the order in which the pipeline hands them over, which is the input's order in each
//!   partition.
//! - Batching: the client's own.

pub(crate) mod backlog;
pub mod bell;
mod carrier;
mod carriers;
pub mod client;
pub(crate) mod dead_letters;
pub(crate) mod headers;
pub mod kafka;
mod lane;
mod lanes;
pub mod memory;
pub(crate) mod opening;
pub(crate) mod operator;
pub(crate) mod originals;
pub(crate) mod over;
pub mod partitions;
pub mod producer;
pub(crate) mod purpose;
pub(crate) mod refusal;
pub mod reports;
pub(crate) mod rereading;
mod retiring;
mod returns;
pub(crate) mod reunion;
mod serving;
pub(crate) mod size;
mod stalled;
mod tally;
#[cfg(test)]
mod testing;

use std::time::Duration;

use crossbeam_channel::{Receiver, never};

use crate::{
    event::{Event, Failure, Ticket},
    letters::{Failed, Missing},
};

/// Takes outputs and settles their events.
pub trait Sink {
    /// Takes one output; it is settled later, or at once. An error is this event's own: it was not taken and is not
    /// settled.
    fn write(&mut self, event: &Event, value: &[u8], model: &str) -> Result<(), Failure>;

    /// The topic that takes dead letters, where there is one.
    fn dead_letter_topic(&self) -> Option<&str> {
        None
    }

    /// Takes the dead letter of an event, which is settled once that is acknowledged; `false` where there is no topic
    /// for it.
    fn bury(&mut self, _event: &Event, _failed: &Failed<'_>) -> bool {
        false
    }

    /// Looks after what was taken: outputs that the destination refused for good are handed to `refused` with their
    /// coordinates.
    fn tend(&mut self) -> Vec<Refused>;

    /// Whether outputs that are written now would only wait for those that are under way. Where they would, the bell
    /// rings when that may have changed.
    fn is_busy(&mut self) -> bool {
        false
    }

    /// These assignments are over: outputs of theirs that wait are dropped, and settled so.
    fn give_up(&mut self, _assignments: &[u32]) {}

    /// How soon [`Sink::tend`] has to be called again, though nothing else happens.
    fn next_look(&self) -> Option<Duration> {
        None
    }

    /// Rings when [`Sink::tend`] has something to do.
    fn bell(&self) -> Receiver<()> {
        never()
    }

    /// Waits until everything that was taken is settled; `false` when that did not happen in time.
    fn flush(&mut self, timeout: Duration) -> bool;
}

/// An output that was taken, and then refused for good by its destination.
#[derive(Debug)]
pub struct Refused {
    /// The event.
    pub ticket: Ticket,
    /// Its coordinates, `topic/partition/offset`.
    pub place: String,
    /// Why.
    pub failure: Failure,
    /// For its dead letter, where there is a topic for that.
    pub original: Option<Original>,
}

/// The event of an output that was refused.
#[derive(Debug)]
pub struct Original {
    /// As it was read again.
    pub event: Event,
    /// The model that scored it.
    pub model: String,
    /// What of it is not there any more.
    pub missing: Option<Missing>,
}
