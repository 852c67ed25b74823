//! A sink that hands each output to a function, for `makinage predict` and tests of the pipeline without a broker.

use std::{sync::Arc, time::Duration};

use super::{Refused, Sink};
use crate::{
    event::{Event, Failure},
    source::{acks::Acks, offsets::Fate},
};

/// Calls a function for each output; the event counts as finished when it returns.
#[derive(Debug)]
pub struct MemorySink<F> {
    take: F,
    acks: Arc<Acks>,
}

impl<F: FnMut(&Event, &[u8], &str)> MemorySink<F> {
    /// `take` gets the event, the output's value and the model's name.
    pub fn new(take: F, acks: Arc<Acks>) -> Self {
        Self { take, acks }
    }
}

impl<F: FnMut(&Event, &[u8], &str)> Sink for MemorySink<F> {
    fn write(&mut self, event: &Event, value: &[u8], model: &str) -> Result<(), Failure> {
        (self.take)(event, value, model);
        self.acks.settle(event.ticket, Fate::Finished);
        Ok(())
    }

    fn tend(&mut self) -> Vec<Refused> {
        vec![]
    }

    fn flush(&mut self, _timeout: Duration) -> bool {
        true
    }
}
