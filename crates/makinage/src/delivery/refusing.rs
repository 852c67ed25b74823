//! What becomes of a transaction with outputs that were not taken: it is aborted, and the output that is to blame is
//! found among those that were refused with it.

use std::collections::BTreeSet;

use rdkafka::{Message, error::KafkaError};

use super::{
    entries::Judged,
    exactly_once::{ExactlyOnce, State},
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
        if let Some((ticket, error)) = undelivered.iter().find(|(ticket, _)| guilty.contains(ticket)) {
            self.judge(&guilty, *ticket, error);
        } else if let Some((_, error)) = undelivered.iter().find(|(_, error)| Refusal::of(error) != Refusal::Others) {
            self.try_again(error);
        } else {
            // That they were purged says nothing; the end of the transaction says why it has failed.
            if self.state == State::Open {
                self.commit();
            }
            return;
        }
        self.is_explained = true;
        if self.state == State::Open {
            self.abort();
        }
    }

    fn judge(&mut self, guilty: &BTreeSet<Ticket>, first: Ticket, error: &KafkaError) {
        if self.are_in_large_batches(guilty, error) {
            self.limits.batch_size = (self.limits.batch_size / 4).max(1);
            tracing::warn!(
                code = "D009",
                "Kafka refuses batches for topic {} as too large (was its max.message.bytes or segment.bytes lowered, or may \
                 it not be asked?): they have at most {} bytes from now on, and what was refused is produced again",
                self.entries.output(first).map_or("?", |output| output.held.message.topic()),
                self.limits.batch_size
            );
            return self.begin_anew();
        }
        let why = format!("{error}: {}", Refusal::of(error).advice().unwrap_or_default());
        match self.entries.refused(guilty) {
            Some(Judged { ticket, is_letter: true }) => self.insist(ticket, error, &why),
            Some(Judged { ticket, is_letter: false }) => self.refuse(ticket, Failure::new("produce", "Refused", why)),
            None => tracing::debug!("{error}: {} outputs are tried again in smaller transactions", guilty.len()),
        }
    }

    /// Whether a batch is too large for others' sake: its outputs would fit smaller ones. One that is alone in
    /// its transaction is alone in its batch.
    fn are_in_large_batches(&self, guilty: &BTreeSet<Ticket>, error: &KafkaError) -> bool {
        let room = self.limits.batch_size;
        let fits = |ticket: &Ticket| self.entries.output(*ticket).is_some_and(|output| output.held.size() < room);
        let may_be = room > 1 && self.entries.has_several_outputs();
        matches!(Refusal::of(error), Refusal::TooLarge(_)) && may_be && guilty.iter().any(fits)
    }
}
