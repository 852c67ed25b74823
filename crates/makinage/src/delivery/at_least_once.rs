//! Each event by itself: it is settled as soon as its output, or its dead letter, is acknowledged, or it is known to
//! have neither.

use std::{sync::Arc, time::Duration};

use crossbeam_channel::Receiver;

use super::Delivery;
use crate::{
    event::{Event, Failure, Fate, Ticket},
    letters::Failed,
    sink::{Refused, Sink},
    source::acks::Acks,
};

/// Outputs and dead letters go to a sink, which settles their events; all others are settled at once.
#[derive(Debug)]
pub struct AtLeastOnce<S> {
    sink: S,
    acks: Arc<Acks>,
}

impl<S: Sink> AtLeastOnce<S> {
    /// Delivers to this sink.
    pub fn new(sink: S, acks: Arc<Acks>) -> Self {
        Self { sink, acks }
    }
}

impl<S: Sink> Delivery for AtLeastOnce<S> {
    fn write(&mut self, event: &Event, value: &[u8], model: &str) -> Result<(), Failure> {
        self.sink.write(event, value, model)
    }

    fn dead_letter_topic(&self) -> Option<&str> {
        self.sink.dead_letter_topic()
    }

    fn bury(&mut self, event: &Event, failed: &Failed<'_>) -> bool {
        self.sink.bury(event, failed)
    }

    fn bury_refused(&mut self, event: &Event, failed: &Failed<'_>) -> bool {
        self.sink.bury(event, failed)
    }

    fn settle(&mut self, event: &Event, fate: Fate) {
        self.acks.settle(event.ticket, fate);
    }

    fn settle_refused(&mut self, ticket: Ticket, fate: Fate) {
        self.acks.settle(ticket, fate);
    }

    fn tend(&mut self) -> Vec<Refused> {
        self.sink.tend()
    }

    fn is_busy(&mut self) -> bool {
        self.sink.is_busy()
    }

    fn give_up(&mut self, assignments: &[u32]) {
        self.sink.give_up(assignments);
    }

    fn next_look(&self) -> Option<Duration> {
        self.sink.next_look()
    }

    fn bell(&self) -> Receiver<()> {
        self.sink.bell()
    }

    fn flush(&mut self, timeout: Duration) -> bool {
        self.sink.flush(timeout)
    }
}
