//! All that an operator writes: outputs to its sink, and, where it has a topic for them, dead letters to that.
//!
//! Each topic has producers and lanes of its own, so that neither waits for the other.

use std::time::Duration;

use crossbeam_channel::Receiver;

use super::{Refused, Sink, dead_letters::DeadLetters, kafka::KafkaSink, originals::Originals, producer::Producers};
use crate::{
    clock::Clock,
    event::{Event, Failure},
    letters::Failed,
};

/// An operator's outputs and dead letters.
pub(crate) struct OperatorSink<M: Producers, K, O> {
    outputs: KafkaSink<M, K>,
    letters: Option<DeadLetters<M, K, O>>,
}

impl<M: Producers, K: Clock, O: Originals> OperatorSink<M, K, O> {
    /// Without letters, what fails is the caller's to tell. Both ring the same bell.
    pub(crate) fn new(outputs: KafkaSink<M, K>, letters: Option<DeadLetters<M, K, O>>) -> Self {
        Self { outputs, letters }
    }

    /// The largest output value that fits the sink topic.
    pub(crate) fn max_output_bytes(&self) -> usize {
        self.outputs.max_output_bytes()
    }
}

impl<M: Producers, K: Clock, O: Originals> Sink for OperatorSink<M, K, O> {
    fn write(&mut self, event: &Event, value: &[u8], model: &str) -> Result<(), Failure> {
        self.outputs.write(event, value, model)
    }

    fn dead_letter_topic(&self) -> Option<&str> {
        self.letters.as_ref().map(DeadLetters::topic)
    }

    fn bury(&mut self, event: &Event, failed: &Failed<'_>) -> bool {
        if let Some(letters) = &mut self.letters {
            letters.bury(event, failed);
        }
        self.letters.is_some()
    }

    fn tend(&mut self) -> Vec<Refused> {
        match &mut self.letters {
            None => self.outputs.tend(),
            Some(letters) => letters.tend(self.outputs.tend_records()),
        }
    }

    fn is_busy(&mut self) -> bool {
        self.outputs.is_busy()
    }

    fn give_up(&mut self, assignments: &[u32]) {
        self.outputs.give_up(assignments);
        if let Some(letters) = &mut self.letters {
            letters.give_up(assignments);
        }
    }

    fn next_look(&self) -> Option<Duration> {
        let letters = self.letters.as_ref().and_then(DeadLetters::next_look);
        self.outputs.next_look().into_iter().chain(letters).min()
    }

    fn bell(&self) -> Receiver<()> {
        self.outputs.bell()
    }

    fn flush(&mut self, timeout: Duration) -> bool {
        let deadline = self.outputs.clock.now() + timeout;
        let flushed = self.outputs.flush(timeout);
        let left = deadline.saturating_duration_since(self.outputs.clock.now());
        flushed && self.letters.as_mut().is_none_or(|letters| letters.flush(left))
    }
}
