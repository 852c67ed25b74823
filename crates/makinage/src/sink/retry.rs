//! Outputs that Kafka did not take: produced again in their order, until they are taken or each was refused by itself.
//!
//! **A refusal is a batch's.** Brokers refuse a whole batch for one of its records, and Kafka's client often can't say
//! for which. So what was refused together is produced again, each record in a batch of its own, by a producer of its
//! own and while the ordinary one has nothing under way; only what is refused then is judged. (Batches that are too
//! large are first made smaller.)
//!
//! **Order.** The producer stops at the first record that it can't deliver (`enable.gapless.guarantee`): what is queued
//! behind stays there, and brokers refuse what is already on its way, since its sequence numbers don't follow. A new
//! producer takes over, all that came back is put in the order of its events before whatever came later, and goes out
//! from there. One thing is missing for that: a broker that has nothing of a producer yet takes any sequence number. So
//! the first output that a producer sends to a partition is waited for before a second one follows. (Outputs without a
//! key whose partition Kafka's client chooses have no such order.)

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rdkafka::{
    Message,
    error::{KafkaError, RDKafkaErrorCode},
    message::OwnedMessage,
    producer::BaseRecord,
};

use super::{
    Refused,
    backlog::Held,
    headers::source_of,
    kafka::{ANY, Alone, KafkaSink, Stuck, enqueue, too_large},
    opened::Opened,
    producer::{Kind, Producer, Producers, Record, has_given_up, is_well, take_back},
    reports::{Undelivered, Waited, is_records_own},
};
use crate::{
    clock::Clock,
    event::{Failure, Ticket},
};

/// The wait between attempts to produce again what the infrastructure failed to take.
const RETRY: Duration = Duration::from_secs(1);
/// How long what is on its way to a broker is waited for before a producer is given up.
const LAST_REPORTS: Duration = Duration::from_secs(5);
/// A look at a producer that is to be empty.
const LOOK: Duration = Duration::from_millis(1);
/// After one output without a key was refused, others go alone for this time: a compacted topic refuses all of them,
/// and each would take its batch along.
const WARY: Duration = Duration::from_mins(1);

impl<M: Producers, K: Clock> KafkaSink<M, K> {
    /// Goes on with what waits, for at most so long.
    pub(super) fn go_on(&mut self, budget: Duration) {
        let until = self.clock.now() + budget;
        while self.step(until) {}
    }

    /// `false` when there is nothing to do, or nothing before `until`.
    fn step(&mut self, until: Instant) -> bool {
        if !self.hear_awaited(until) {
            return false;
        }
        // Before the reports are looked at: of a producer that has nothing under way, all have come.
        let busy = (self.producer.under_way() > 0, self.alone_is_busy());
        self.take_in();
        if self.retry_at.is_some_and(|at| self.clock.now() < at) {
            return false;
        }
        self.retry_at = None;
        let Some(first) = self.backlog.first() else { return false };
        // One that was held before the first refusal of its kind is as suspect as those that come after it.
        let alone = first.alone || self.is_suspect(first.message.key());
        // One after the other: what Kafka fails to take comes back, and must not be overtaken.
        if busy.1 || (alone && busy.0) {
            self.rest(until)
        } else if alone {
            self.send_alone()
        } else {
            self.send_ordinary()
        }
    }

    /// `false` when the time is over; else after a moment.
    fn rest(&self, until: Instant) -> bool {
        let in_time = self.clock.now() < until;
        if in_time {
            self.clock.sleep(LOOK);
        }
        in_time
    }

    /// Whether outputs that go alone are under way.
    pub(super) fn alone_is_busy(&self) -> bool {
        self.alone.as_ref().is_some_and(|alone| alone.producer.under_way() > 0)
    }

    /// Takes the report that is waited for; `false` while it is out.
    fn hear_awaited(&mut self, until: Instant) -> bool {
        let Some(awaited) = &self.awaited else { return true };
        if !awaited.producer.reports().wait(&self.clock, until) {
            return false;
        }
        // Should it be one of failure, the producer's partitions are forgotten when it is taken in.
        if let Some(Waited { producer, opens }) = self.awaited.take() {
            match &mut self.alone {
                Some(alone) if Arc::ptr_eq(&alone.producer, &producer) => alone.opened.note(opens, self.now),
                _ => self.opened.note(opens, self.now),
            }
        }
        true
    }

    /// Takes in what the producers did not deliver.
    fn take_in(&mut self) {
        self.take_in_alone();
        if !is_well(&*self.producer) {
            let returned = self.producer.reports().take_undelivered();
            self.take_over(returned);
        }
    }

    fn take_in_alone(&mut self) {
        let Some(alone) = &mut self.alone else { return };
        let mut returned = alone.producer.reports().take_undelivered();
        if !returned.is_empty() {
            alone.opened.forget();
        }
        if has_given_up(&*alone.producer) {
            returned.extend(take_back(&*alone.producer, &self.clock, LAST_REPORTS));
            self.alone = None;
        }
        let mut again = vec![];
        for one in returned {
            if let Some(advice) = is_records_own(&one.error) {
                self.judge(&one, advice);
            } else {
                self.later(&one.error, 1);
                again.push(Held { message: one.message, ticket: one.ticket, alone: true });
            }
        }
        self.backlog.put_back(again);
    }

    /// All that came back from the producer, and all that it still holds if it goes no further, is produced again.
    fn take_over(&mut self, mut returned: Vec<Undelivered>) {
        let gap = has_given_up(&*self.producer) || returned.iter().any(|one| is_records_own(&one.error).is_some());
        let reason = self.producer.fatal_error().unwrap_or_default();
        // One that fills a batch was alone in it: smaller ones would not help.
        let smaller = returned.iter().any(|one| is_too_large(&one.error) && !self.goes_alone(one));
        if smaller {
            self.make_batches_smaller();
        }
        if gap {
            returned.extend(self.replace_producer());
        }
        self.opened.forget();
        let (refused, others): (Vec<_>, Vec<_>) = returned.iter().partition(|one| is_records_own(&one.error).is_some());
        match (refused.first(), others.first()) {
            (Some(one), _) if smaller => tracing::debug!("{}: {} outputs", one.error, refused.len()),
            (Some(one), _) => self.tell_refused(&one.error, refused.len()),
            (None, _) if gap => {
                tracing::error!(
                    "Kafka's producer has given up ({reason}); a new one takes over, and unacknowledged outputs are produced again"
                );
                self.retry_at = Some(self.clock.now() + RETRY);
            }
            (None, Some(one)) => self.later(&one.error, others.len()),
            (None, None) => {}
        }
        let returned: Vec<Held> = returned
            .into_iter()
            .map(|one| Held { alone: self.goes_alone(&one), message: one.message, ticket: one.ticket })
            .collect();
        self.backlog.put_back(returned);
    }

    /// Whether it was refused, and may itself be the reason. A record smaller than a batch may be now goes into smaller
    /// ones first.
    fn goes_alone(&self, one: &Undelivered) -> bool {
        let size = one.message.payload().map_or(0, <[u8]>::len) + one.message.key().map_or(0, <[u8]>::len);
        is_records_own(&one.error).is_some() && (!is_too_large(&one.error) || size >= self.limits.batch_size)
    }

    /// A new producer takes over; what the old one still held comes back. Without a new one, the old one is asked again
    /// later.
    fn replace_producer(&mut self) -> Vec<Undelivered> {
        match self.create(Kind::Ordinary) {
            Ok(producer) => {
                let old = std::mem::replace(&mut self.producer, producer);
                self.partitions.ask_with(&self.producer);
                self.awaited = None;
                take_back(&*old, &self.clock, LAST_REPORTS)
            }
            Err(error) => {
                tracing::error!("a new producer could not be made ({error}); trying again");
                self.retry_at = Some(self.clock.now() + RETRY);
                vec![]
            }
        }
    }

    /// The infrastructure's failure: produced again after a while.
    fn later(&mut self, error: &KafkaError, outputs: usize) {
        if self.said_later.is_due(self.clock.now()) {
            tracing::warn!(
                "{outputs} outputs were not taken by Kafka ({error}); they are produced again until they are"
            );
        }
        self.retry_at = Some(self.clock.now() + RETRY);
    }

    fn tell_refused(&mut self, error: &KafkaError, outputs: usize) {
        if self.said_refused.is_due(self.clock.now()) {
            tracing::warn!(
                "Kafka refuses a batch of {outputs} outputs for topic {} ({error}): each is tried alone, and those behind them wait",
                self.topic
            );
        }
    }

    /// What was refused alone is its event's failure.
    fn judge(&mut self, one: &Undelivered, advice: &str) {
        if one.message.key().is_none() {
            self.wary_until = Some(self.clock.now() + WARY);
        }
        self.fail(&one.message, one.ticket, Failure::new("produce", "Refused", format!("{}: {advice}", one.error)));
    }

    fn fail(&mut self, message: &OwnedMessage, ticket: Ticket, failure: Failure) {
        self.refused.push(Refused { ticket, place: source_of(message), failure });
    }

    /// Whether this output goes alone from the beginning.
    pub(super) fn is_suspect(&self, key: Option<&[u8]>) -> bool {
        key.is_none() && self.wary_until.is_some_and(|until| self.now < until)
    }

    fn send_alone(&mut self) -> bool {
        if self.alone.is_none() {
            match self.create(Kind::Alone) {
                Ok(producer) => self.alone = Some(Alone { producer, opened: Opened::default() }),
                Err(error) => {
                    self.later(&error, 1);
                    return false;
                }
            }
        }
        if let Some(Alone { producer, opened }) = &self.alone {
            let (producer, open) = (producer.clone(), opened.is_open(self.first_partition(), self.now));
            self.send_first(&producer, open);
        }
        true
    }

    fn send_ordinary(&mut self) -> bool {
        let (producer, open) = (self.producer.clone(), self.opened.is_open(self.first_partition(), self.now));
        self.send_first(&producer, open);
        true
    }

    fn first_partition(&self) -> i32 {
        self.backlog.first().map_or(ANY, |first| first.message.partition())
    }

    /// The first output of a partition that isn't open is waited for.
    fn send_first(&mut self, producer: &Arc<M::Producer>, open: bool) {
        let Some((ticket, partition)) = self.backlog.first().map(|first| (first.ticket, first.message.partition()))
        else {
            return;
        };
        if open {
            self.send(producer);
            return;
        }
        producer.reports().expect(Some(ticket));
        if self.send(producer) {
            self.awaited = Some(Waited { producer: producer.clone(), opens: partition });
        } else {
            producer.reports().expect(None);
        }
    }

    /// Hands over the first of what waits; `false` when it was not taken: it has failed, or waits on.
    fn send(&mut self, producer: &M::Producer) -> bool {
        let Some(held) = self.backlog.take_first() else { return false };
        match enqueue(producer, &self.clock, record(&held)) {
            Ok(()) => return true,
            Err((Stuck::TooLarge(error), _)) => {
                self.fail(&held.message, held.ticket, too_large(&error));
            }
            Err((Stuck::GivenUp, _)) => self.backlog.put_back(vec![held]),
        }
        false
    }
}

fn is_too_large(error: &KafkaError) -> bool {
    error.rdkafka_error_code() == Some(RDKafkaErrorCode::MessageSizeTooLarge)
}

fn record(held: &Held) -> Record<'_> {
    let Held { message, ticket, .. } = held;
    let mut record = BaseRecord::with_opaque_to(message.topic(), ticket.into_opaque());
    record.key = message.key();
    record.payload = message.payload();
    record.partition = Some(message.partition()).filter(|partition| *partition >= 0);
    record.headers = message.headers().cloned();
    record
}

#[cfg(test)]
mod tests;
