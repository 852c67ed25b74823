//! The service's delivery, whichever the plan wants.

use std::time::Duration;

use crossbeam_channel::Receiver;

use super::{producer::SimProducers, transactional::SimTransactions, world::WorldClock};
use crate::{
    delivery::{Delivery, at_least_once::AtLeastOnce, exactly_once::ExactlyOnce},
    event::{Event, Failure, Fate, Ticket},
    sink::{Refused, kafka::KafkaSink},
};

pub(super) enum SimDelivery {
    AtLeastOnce(Box<AtLeastOnce<KafkaSink<SimProducers, WorldClock>>>),
    ExactlyOnce(Box<ExactlyOnce<SimTransactions, WorldClock>>),
}

macro_rules! each {
    ($self:ident, $one:ident => $does:expr) => {
        match $self {
            SimDelivery::AtLeastOnce($one) => $does,
            SimDelivery::ExactlyOnce($one) => $does,
        }
    };
}

impl Delivery for SimDelivery {
    fn write(&mut self, event: &Event, value: &[u8], model: &str) -> Result<(), Failure> {
        each!(self, one => one.write(event, value, model))
    }

    fn settle(&mut self, event: &Event, fate: Fate) {
        each!(self, one => one.settle(event, fate));
    }

    fn settle_refused(&mut self, ticket: Ticket, fate: Fate) {
        each!(self, one => one.settle_refused(ticket, fate));
    }

    fn tend(&mut self) -> Vec<Refused> {
        each!(self, one => one.tend())
    }

    fn hurry(&mut self) {
        each!(self, one => one.hurry());
    }

    fn give_up(&mut self, assignments: &[u32]) {
        each!(self, one => one.give_up(assignments));
    }

    fn next_look(&self) -> Option<Duration> {
        each!(self, one => one.next_look())
    }

    fn bell(&self) -> Receiver<()> {
        each!(self, one => one.bell())
    }

    fn flush(&mut self, timeout: Duration) -> bool {
        each!(self, one => one.flush(timeout))
    }
}
