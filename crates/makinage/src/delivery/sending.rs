//! What goes out: outputs and letters, in the pipeline's order, into the open transaction.

use std::time::Duration;

use rdkafka::{
    Message,
    error::{KafkaError, RDKafkaErrorCode},
};

use super::{
    entries::{Judged, Next},
    exactly_once::{ExactlyOnce, RETRY, State},
    transactional::{Transactional, Transactions},
};
use crate::{
    clock::Clock,
    event::Event,
    sink::{
        partitions::Partitions,
        producer::Record,
        refusal::{is_too_large, too_large},
    },
};

/// The wait for room in the producer's full buffer.
const FULL: Duration = Duration::from_millis(2);

impl<M: Transactions, K: Clock> ExactlyOnce<M, K> {
    /// Puts what waits into the open transaction, unless one was refused a moment ago.
    pub(super) fn send(&mut self) {
        if let Some(until) = self.pauses.until(self.now) {
            return self.look_by(until);
        }
        while self.state == State::Open {
            match self.entries.next() {
                Next::Output(output) => {
                    let record: Record<'_> = output.held.record(output.partition);
                    if let Err((error, _)) = self.producer.send(record) {
                        return self.not_sent(&error);
                    }
                }
                Next::Without => {}
                Next::Full | Next::Nothing => return,
            }
            self.entries.went();
            if self.begun.is_none() {
                self.begun = Some(self.now);
                self.look_by(self.now + self.limits.interval);
            }
        }
    }

    /// The next output was not taken.
    fn not_sent(&mut self, error: &KafkaError) {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::QueueFull) => self.look_by(self.now + FULL),
            Some(RDKafkaErrorCode::UnknownPartition) => self.move_away(),
            _ if is_too_large(error) => {
                match self.entries.judge_next() {
                    Some(Judged { ticket, is_letter: true }) => self.insist(ticket, error, &too_large(error).message),
                    Some(Judged { ticket, is_letter: false }) => self.refuse(ticket, too_large(error)),
                    None => {}
                }
                self.look_by(self.now);
            }
            // The transaction has failed already, or the producer has: the commit says which.
            _ if self.entries.in_transaction() > 0 => self.commit(),
            Some(RDKafkaErrorCode::Fatal | RDKafkaErrorCode::State) => self.unsure(error),
            _ => self.try_again(error),
        }
    }

    /// Its topic was made anew with fewer partitions: the output goes by its key, or anywhere.
    fn move_away(&mut self) {
        let Next::Output(output) = self.entries.next() else { return };
        let topic = match &self.letters {
            Some(letters) if output.is_letter => &letters.partitions,
            _ => &self.partitions,
        };
        let partitions = topic.of_sink_now(&self.producer, self.now).max(1);
        if output.partition >= partitions {
            let to = topic.of_key(output.held.message.key());
            output.partition = to.unwrap_or(self.anywhere % partitions);
            return self.look_by(self.now);
        }
        self.look_by(self.now + RETRY);
    }

    /// The partition of what is written of an event, in a topic of these sizes.
    pub(super) fn partition_of(&self, event: &Event, topic: &Partitions<M::Producer>) -> i32 {
        let partition = topic.of(event, &self.producer, self.now);
        partition.unwrap_or_else(|| self.anywhere % topic.of_sink().max(1))
    }
}
