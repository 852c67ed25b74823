//! What becomes of a transaction with outputs that were not taken: it is aborted, and the output that is to blame is
//! found among those that were refused with it.

use std::collections::BTreeSet;

use rdkafka::error::KafkaError;

use super::{
    exactly_once::{ExactlyOnce, State, refused},
    transactional::{Transactional, Transactions},
};
use crate::{
    clock::Clock,
    event::{Failure, Ticket},
    sink::refusal::Refusal,
};

impl<M: Transactions, K: Clock> ExactlyOnce<M, K> {
    /// Outputs that were not taken: the transaction can't be committed any more.
    pub(super) fn take_undelivered(&mut self) {
        let undelivered = self.producer.take_undelivered();
        if undelivered.is_empty() || !matches!(self.state, State::Open | State::Committing { .. }) {
            return;
        }
        let own = |error: &KafkaError| Refusal::of(error).advice();
        let guilty: BTreeSet<Ticket> =
            undelivered.iter().filter(|(_, error)| own(error).is_some()).map(|(ticket, _)| *ticket).collect();
        if let Some(first) = undelivered.iter().find(|(ticket, _)| guilty.contains(ticket)) {
            self.judge(&guilty, &first.1);
        } else if let Some((_, error)) = undelivered.first() {
            self.tell_again(error);
        }
        if self.state == State::Open {
            self.abort();
        }
    }

    fn judge(&mut self, guilty: &BTreeSet<Ticket>, error: &KafkaError) {
        if self.are_in_large_batches(guilty, error) {
            self.limits.batch_size = (self.limits.batch_size / 4).max(1);
            tracing::warn!(
                "Kafka refuses batches for topic {} as too large (was its max.message.bytes or segment.bytes lowered, or may \
                 it not be asked?): they have at most {} bytes from now on, and what was refused is produced again",
                self.limits.topic,
                self.limits.batch_size
            );
            return self.begin_anew();
        }
        let advice = Refusal::of(error).advice().unwrap_or_default();
        let failure = Failure::new("produce", "Refused", format!("{error}: {advice}"));
        if let Some(judged) = self.entries.refused(guilty).and_then(|entry| refused(entry, failure)) {
            self.refused.push(judged);
        } else {
            tracing::debug!("{error}: {} outputs are tried again in smaller transactions", guilty.len());
        }
    }

    /// Whether a batch is too large for others' sake: its outputs would fit smaller ones.
    fn are_in_large_batches(&self, guilty: &BTreeSet<Ticket>, error: &KafkaError) -> bool {
        let room = self.limits.batch_size;
        let fits = |ticket: &Ticket| self.entries.output(*ticket).is_some_and(|output| output.held.size() < room);
        matches!(Refusal::of(error), Refusal::TooLarge(_)) && room > 1 && guilty.iter().any(fits)
    }
}
