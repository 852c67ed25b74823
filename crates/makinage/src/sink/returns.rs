//! What comes back: outputs that Kafka did not take wait again in their lane, each in its order, until they are taken
//! or were refused by themselves.
//!
//! **A refusal is a batch's.** Brokers refuse a whole batch for one of its records, and Kafka's client often can't say
//! for which. So what was refused together is produced again, each record in a batch of its own, by a producer of its
//! own and while the lane has nothing else under way; only what is refused then is judged. (Batches that are too large
//! are first made smaller.)
//!
//! **Order.** The producer stops at the first record that it can't deliver (`enable.gapless.guarantee`): what is queued
//! behind stays there, and brokers refuse what is already on its way, since its sequence numbers don't follow. A new
//! producer takes over, lane by lane: as soon as the old one has reported all that it had of a lane, what came back is
//! put in the order of its events before whatever came later, and goes out from there (`lane`).
//!
//! **What nobody's output is to blame for** goes again after a while. Where it ended the producer, one output of the
//! lane goes alone until one is taken: the other lanes' producer isn't risked for it each time.

use std::{collections::BTreeMap, fmt::Display, time::Duration};

use rdkafka::{Message, error::KafkaError};

use super::{
    backlog::Held,
    carriers::Returned,
    headers::{self, source_of},
    kafka::{KafkaSink, RefusedRecord},
    producer::{Fatal, Kind, Producers},
    purpose::Purpose,
    refusal::Refusal,
    reports::Undelivered,
    serving::RETRY,
};
use crate::{clock::Clock, event::Failure};

/// After one output without a key was refused, others go alone for this time: a compacted topic refuses all of them,
/// and each would take its batch along.
const WARY: Duration = Duration::from_mins(1);

impl<M: Producers, K: Clock> KafkaSink<M, K> {
    /// Takes in what the producers did not deliver.
    pub(super) fn take_in(&mut self) {
        while let Some(returned) = self.carriers.take_returned() {
            match returned.kind {
                Kind::Ordinary => self.take_back(returned),
                Kind::Alone => self.take_back_alone(returned),
            }
        }
        self.replace_if_due();
    }

    /// Outputs that went alone: what is their own fault is judged.
    fn take_back_alone(&mut self, returned: Returned) {
        let ended = returned.given_up.is_some();
        let end = returned.given_up.map(|fatal| fatal.reason).filter(|reason| !reason.is_empty());
        let mut again: BTreeMap<i32, Vec<Held>> = BTreeMap::new();
        for one in returned.outputs {
            let refusal = Refusal::of(&one.error);
            if let Some(advice) = refusal.advice() {
                let partition = one.message.partition();
                if let Some(held) = self.judge(one, advice) {
                    again.entry(partition).or_default().push(held);
                }
                continue;
            }
            // Another one would end as soon as this one has, if nothing has changed.
            if refusal == Refusal::Infrastructure || ended {
                // That it was purged, or came behind another, says nothing.
                let reason = end.as_deref().filter(|_| refusal == Refusal::Others);
                let why: &dyn Display = reason.as_ref().map_or(&one.error, |reason| reason);
                self.later(one.message.partition(), why, ended);
            }
            again.entry(one.message.partition()).or_default().push(held(one, true));
        }
        self.put_back(again);
        if ended && self.carriers.alone.as_ref().is_some_and(|carrier| carrier.number == returned.number) {
            self.carriers.retire_alone(self.now);
        }
    }

    /// All that came back from an ordinary producer is produced again.
    fn take_back(&mut self, returned: Returned) {
        let of_now = returned.number == self.carriers.ordinary.number;
        let refused: Vec<&Undelivered> =
            returned.outputs.iter().filter(|one| Refusal::of(&one.error).advice().is_some()).collect();
        let ended = returned.given_up.is_some() || !refused.is_empty();
        // One that fills a batch was alone in it: smaller ones would not help. Of batches that were made before the
        // last time, nobody knows yet.
        let smaller =
            returned.batch_size <= self.limits.batch_size && refused.iter().any(|one| self.was_among_others(one));
        if smaller {
            self.make_batches_smaller();
        }
        match refused.first() {
            Some(one) if smaller => tracing::debug!("{}: {} outputs", one.error, refused.len()),
            Some(one) => self.tell_refused(&one.error, refused.len()),
            None => {}
        }
        if ended && of_now {
            // The end may be told before the refusal that it comes of.
            let unasked = returned.given_up.as_ref().filter(|fatal| refused.is_empty() && !fatal.is_gap);
            self.give_up(unasked);
        }
        let mut again: BTreeMap<i32, Vec<Held>> = BTreeMap::new();
        for one in returned.outputs {
            if Refusal::of(&one.error) == Refusal::Infrastructure {
                self.later(one.message.partition(), &one.error, ended);
            }
            let alone = self.goes_alone(&one);
            again.entry(one.message.partition()).or_default().push(held(one, alone));
        }
        self.put_back(again);
    }

    fn put_back(&mut self, again: BTreeMap<i32, Vec<Held>>) {
        for (partition, outputs) in again {
            self.lanes.put_back(partition, outputs);
            // What came before them may have been dropped.
            let over = &self.over;
            for ticket in self.lanes.of(partition).remove(|ticket| over.drops(ticket)) {
                self.drop_output(ticket);
            }
        }
    }

    /// Whether it was refused, and may itself be the reason. A record smaller than a batch may be now goes into smaller
    /// ones first.
    fn goes_alone(&self, one: &Undelivered) -> bool {
        Refusal::of(&one.error).advice().is_some() && !self.was_among_others(one)
    }

    /// Whether its batch was too large for others' sake. In the smallest batches there is no room for others.
    fn was_among_others(&self, one: &Undelivered) -> bool {
        let bytes = |part: Option<&[u8]>| part.map_or(0, <[u8]>::len);
        let headers = one.message.headers().map_or(0, headers::size);
        let size = bytes(one.message.payload()) + bytes(one.message.key()) + headers;
        let room = self.limits.batch_size;
        matches!(Refusal::of(&one.error), Refusal::TooLarge(_)) && room > 1 && size < room
    }

    /// The ordinary producer takes nothing any more. One that ended for no output's fault is replaced at once, but not
    /// again and again.
    fn give_up(&mut self, unasked: Option<&Fatal>) {
        if self.replace_at.is_some() {
            return;
        }
        let mut at = self.now;
        if let Some(Fatal { reason, is_denied, .. }) = unasked {
            if *is_denied {
                tracing::debug!("Kafka's producer has given up: {reason}");
            } else {
                tracing::warn!(
                    code = "D005", topic = %self.topic,
                    "Kafka's producer has given up ({reason}); a new one takes over, and unacknowledged outputs are produced again"
                );
            }
            at = self.gave_up_at.map_or(at, |last| at.max(last + RETRY));
            self.gave_up_at = Some(at);
        }
        self.replace_at = Some(at);
        for (_, lane) in self.lanes.all() {
            lane.close();
        }
    }

    /// A new producer takes over. Without one, the old one keeps what it holds.
    fn replace_if_due(&mut self) {
        let Some(at) = self.replace_at else { return };
        if self.now < at || self.carriers.retiring.is_full() {
            return self.look_by(at.max(self.now + RETRY / 10));
        }
        match self.producers.create(Kind::Ordinary, self.limits.batch_size, &self.bell) {
            Ok(producer) => {
                self.replace_at = None;
                self.carriers.add(Kind::Ordinary, producer, self.limits.batch_size, self.now);
                self.partitions.ask_with(&self.carriers.ordinary.producer);
            }
            Err(error) => {
                if self.said_not_made.is_due(self.now) {
                    tracing::error!(
                        code = "D006", topic = %self.topic,
                        "a new producer could not be made ({error}); trying again"
                    );
                }
                let at = self.now + RETRY;
                self.replace_at = Some(at);
                self.look_by(at);
            }
        }
        self.tend_retiring();
    }

    /// Producers that were replaced are asked for what they have not sent, and end when they hold nothing any more.
    pub(super) fn tend_retiring(&mut self) {
        if !self.carriers.retiring.is_empty() {
            for producer in self.carriers.retiring.tend(self.now) {
                self.producers.end(producer);
            }
        }
        if let Some(at) = self.carriers.retiring.next_look() {
            self.look_by(at);
        }
    }

    /// The infrastructure's failure: produced again after a while; alone first, where it has ended the producer.
    fn later(&mut self, partition: i32, why: &dyn Display, ended: bool) {
        self.pause(partition, RETRY);
        if ended {
            self.lanes.of(partition).probe();
        }
        self.stalled.why(partition, why);
        self.tell_later(why, partition);
    }

    pub(super) fn tell_later(&mut self, error: &dyn Display, partition: i32) {
        if self.said_later.is_due(self.now) {
            tracing::warn!(
                code = "D007", topic = %self.topic, partition,
                "{} for topic {}, partition {partition}, were not taken by Kafka ({error}); they are produced again \
                 until they are",
                self.purpose,
                self.topic
            );
        }
    }

    fn tell_refused(&mut self, error: &KafkaError, outputs: usize) {
        if self.said_refused.is_due(self.now) {
            tracing::warn!(
                code = "D008", topic = %self.topic,
                "Kafka refuses a batch of {outputs} {} for topic {} ({error}): each is tried alone, and those \
                 behind them wait",
                self.purpose,
                self.topic
            );
        }
    }

    /// The broker holds its limits against whole batches.
    fn make_batches_smaller(&mut self) {
        self.limits.batch_size = (self.limits.batch_size / 4).max(1);
        tracing::warn!(
            code = "D009", topic = %self.topic,
            "Kafka refuses batches for topic {} as too large (was its max.message.bytes or segment.bytes lowered, or may \
             it not be asked?): they have at most {} bytes from now on, and what was refused is produced again",
            self.topic,
            self.limits.batch_size
        );
    }

    /// What was refused alone is its event's failure; a dead letter is to be sent again.
    fn judge(&mut self, one: Undelivered, advice: &str) -> Option<Held> {
        if one.message.key().is_none() {
            self.wary_until = Some(self.now + WARY);
        }
        match self.purpose {
            Purpose::DeadLetters => Some(self.insist(one, advice)),
            Purpose::Outputs => {
                let failure = Failure::new("produce", "Refused", format!("{}: {advice}", one.error));
                self.refused.push(RefusedRecord { held: held(one, true), failure });
                None
            }
        }
    }

    /// A dead letter that was refused alone is made smaller where that may help, else it waits for somebody to mend
    /// that.
    fn insist(&mut self, one: Undelivered, advice: &str) -> Held {
        let (error, partition) = (one.error.clone(), one.message.partition());
        let letter = held(one, true);
        if matches!(Refusal::of(&error), Refusal::TooLarge(_))
            && !letter.message.payload().unwrap_or_default().is_empty()
        {
            return letter.halved();
        }
        self.pause(partition, RETRY);
        self.stalled.why(partition, &error);
        self.tell_unacceptable(&letter, &format!("{error}: {advice}"));
        letter
    }

    /// The client takes no record of this size: the same, of the first of what waits.
    pub(super) fn not_taken_for_its_size(&mut self, refused: RefusedRecord) {
        if self.purpose == Purpose::Outputs {
            return self.refused.push(refused);
        }
        let RefusedRecord { held, failure } = refused;
        let partition = held.message.partition();
        self.tell_unacceptable(&held, &failure.message);
        self.lanes.of(partition).not_sent(held);
        self.lanes.look_after(partition);
        self.pause(partition, RETRY);
    }

    fn tell_unacceptable(&mut self, letter: &Held, why: &str) {
        if self.said_unacceptable.is_due(self.now) {
            tracing::error!(
                code = "D010", topic = %self.topic, partition = letter.message.partition(),
                "the dead letter of {} is not taken by topic {}, partition {} ({why}); it is tried until it is, and \
                 what fails behind it waits: let the topic take it (kafka-configs.sh --alter --topic {})",
                source_of(&letter.message),
                self.topic,
                letter.message.partition(),
                self.topic
            );
        }
    }
}

fn held(one: Undelivered, alone: bool) -> Held {
    Held { message: one.message, ticket: one.ticket, alone }
}

#[cfg(test)]
mod tests;
