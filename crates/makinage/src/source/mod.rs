//! Where events come from.
//!
//! A source runs on a thread of its own, hands events to the pipeline over a bounded channel, and is told through
//! [`acks::Acks`] what became of each. It never waits for the model: back-pressure is what is held of events whose fate
//! is open, and of those behind them.
//!
//! - Delivery: at least once. An offset is committed only when it and all before it in its partition are settled. Where
//!   offsets are committed in transactions (`mandate`), the source commits none, and they are settled after that.
//! - Order: events of a partition are handed over in the order of their offsets.

pub mod acks;
pub(crate) mod anew;
pub(crate) mod assignment;
mod by_hand;
pub mod client;
pub(crate) mod consumer;
mod ends;
mod first;
mod group;
pub mod kafka;
pub(crate) mod known;
pub mod mandate;
pub mod memory;
mod notices;
mod numbered;
pub mod offsets;
pub mod pause;
mod report;
pub(crate) mod room;
mod standing;
mod standstill;
mod start;
mod supplied;
mod traced;
mod unanswered;

use std::sync::Arc;

use crossbeam_channel::Sender;

use self::{acks::Acks, mandate::Mandate, pause::Pause};
use crate::{event::Event, stop::Stop, telemetry::Telemetry};

/// What a source tells the pipeline.
#[derive(Debug)]
pub enum Intake {
    /// Events in the order of their offsets.
    Events(Vec<Event>),
    /// These assignments were taken away: what has not been given to a worker is dropped (another instance will read
    /// it).
    Revoked(Vec<u32>),
    /// These assignments, which were taken away, have had their time: what has not been written by now is dropped, or
    /// it would come behind what their next reader writes.
    Over(Vec<u32>),
    /// No more events: finish all that was handed over, then end.
    Finish,
    /// End now: drop what has not been given to a worker, finish what has.
    Stop,
}

/// What a source is built from.
#[derive(Debug)]
pub struct Wiring {
    /// Where settled events are collected.
    pub acks: Arc<Acks>,
    /// Where events go.
    pub intake: Sender<Intake>,
    /// Set to end the source.
    pub stop: Stop,
    /// Where somebody else commits what is finished: what that may say of this instance. Without, the source commits.
    pub mandate: Option<Arc<Mandate>>,
    /// Where it says what it does.
    pub telemetry: Arc<Telemetry>,
    /// Where it is told by hand to read no more for a while.
    pub pause: Arc<Pause>,
}
