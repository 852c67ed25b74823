//! Where predictions go.
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
pub(crate) mod headers;
pub mod kafka;
mod lane;
mod lanes;
pub mod memory;
pub(crate) mod over;
pub mod partitions;
pub mod producer;
pub(crate) mod refusal;
pub mod reports;
mod retiring;
mod returns;
mod serving;
pub(crate) mod size;
mod stalled;
mod tally;
#[cfg(test)]
mod testing;

use std::time::Duration;

use crossbeam_channel::{Receiver, never};

use crate::event::{Event, Failure, Ticket};

/// Takes outputs and settles their events.
pub trait Sink {
    /// Takes one output; it is settled later, or at once. An error is this event's own: it was not taken and is not
    /// settled.
    fn write(&mut self, event: &Event, value: &[u8], model: &str) -> Result<(), Failure>;

    /// Looks after what was taken: outputs that the destination refused for good are handed to `refused` with their
    /// coordinates.
    fn tend(&mut self) -> Vec<Refused>;

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
}
