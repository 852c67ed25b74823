//! How transactions begin and end: what has come of calls, and what follows from that.
//!
//! **An end that isn't known** (a commit's answer is lost, a call takes too long) is made known: a new producer of the
//! same name begins, before which the brokers end what the old one has left, and refuse what it still sends, however
//! late that comes. Then the group is asked how far it is: what is before that has been committed, and all else hasn't.

use std::fmt::Display;

use rdkafka::error::KafkaResult;

use super::{
    exactly_once::{ExactlyOnce, RETRY, STALE, State},
    transactional::{Call, Of, Outcome, Transactional, Transactions},
};
use crate::{
    clock::Clock,
    event::{Fate, Ticket},
};

impl<M: Transactions, K: Clock> ExactlyOnce<M, K> {
    /// Takes in what has come of calls, and what should have.
    pub(super) fn hear(&mut self) {
        while let Some(outcome) = self.producer.outcome() {
            self.take(outcome);
        }
        match self.state {
            State::Waiting { until, .. } if self.now < until => self.look_by(until),
            // Brokers may refuse it for the certificates that it was made with.
            State::Waiting { anew, .. } if anew || self.producer.is_out_of_date() => self.begin_anew(),
            State::Waiting { .. } => self.start(),
            State::Starting | State::Committing { .. } | State::Aborting => self.watch(),
            State::Open | State::Ended => {}
        }
    }

    /// A call that never returns is given up with its producer.
    fn watch(&mut self) {
        let sends = matches!(self.state, State::Committing { .. }) && !self.producer.has_sent_positions();
        let until = self.watchdog.until(self.called, sends);
        if self.now < until {
            return self.look_by(until);
        }
        self.watchdog.gave_up();
        self.unsure(&"the Kafka client has said nothing for too long");
    }

    fn take(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Started(committed) => {
                self.anew.succeeded();
                for (ticket, fate) in self.entries.landed(&committed) {
                    self.ties.acks.settle(ticket, fate);
                }
                self.opened();
            }
            Outcome::NotStarted { why, again } => {
                self.tell_not_started(&why);
                // Each new producer is connections, threads and requests to those who have refused the one before.
                let pause = if again { RETRY } else { self.anew.failed() };
                self.state = State::Waiting { until: self.now + pause, anew: !again };
            }
            Outcome::Committed => {
                self.ties.telemetry.source.committed(true);
                let settled: Vec<(Ticket, Fate)> = self.entries.committed().collect();
                for (ticket, fate) in settled {
                    self.ties.acks.settle(ticket, fate);
                }
                self.stale = None;
                self.pauses.succeeded();
                self.watchdog.succeeded();
                self.opened();
            }
            Outcome::Aborted => {
                self.entries.aborted();
                self.opened();
            }
            Outcome::Refused(refusal) => {
                // Which outputs are to blame is known before the commit fails.
                self.take_undelivered();
                match self.state {
                    State::Committing { round } => {
                        match refusal.of {
                            Of::Outputs if self.is_explained => {}
                            Of::Member => {
                                self.stale = Some((round, self.now + STALE));
                                tracing::debug!(
                                    "a transaction is made again, in the group's next round: {}",
                                    refusal.why
                                );
                            }
                            Of::Outputs | Of::Brokers => self.try_again(&refusal.why),
                        }
                        self.abort();
                    }
                    _ => self.unsure(&refusal.why),
                }
            }
            Outcome::Unsure(why) => {
                if matches!(self.state, State::Committing { .. }) {
                    self.ties.telemetry.source.committed(false);
                }
                self.unsure(&why);
            }
            Outcome::Fenced(why) => self.fenced(&why),
        }
    }

    /// A transaction is open, and nothing is in it.
    fn opened(&mut self) {
        self.state = State::Open;
        (self.begun, self.is_explained) = (None, false);
        self.anywhere = self.anywhere.wrapping_add(1).max(0);
        self.drop_over();
    }

    /// Certificates have changed: a new producer takes over, and with it what is in the open transaction.
    pub(super) fn renew_if_due(&mut self) {
        if self.state == State::Open && self.producer.is_out_of_date() {
            tracing::info!("transactions of {} go on with the new certificates", self.transactions.name());
            self.begin_anew();
        }
    }

    fn start(&mut self) {
        self.state = State::Starting;
        self.called = self.now;
        self.producer.call(Call::Start(self.entries.partitions(), self.ties.mandate.topics()));
    }

    /// A new producer of the same name takes over.
    pub(super) fn begin_anew(&mut self) {
        let made: KafkaResult<M::Producer> = self.transactions.create(self.limits.batch_size, &self.ties.bell);
        match made {
            Ok(producer) => {
                let old = std::mem::replace(&mut self.producer, producer.into());
                self.transactions.end(old);
                self.partitions.ask_with(&self.producer);
                if let Some(letters) = &self.letters {
                    letters.partitions.ask_with(&self.producer);
                }
                self.start();
            }
            Err(error) => {
                self.tell_not_started(&error);
                let until = self.now + self.anew.failed();
                self.state = State::Waiting { until, anew: true };
                self.look_by(until);
            }
        }
    }

    pub(super) fn unsure(&mut self, why: &dyn Display) {
        self.pauses.failed(self.now);
        if self.said.is_due(&why.to_string(), self.now) {
            tracing::warn!(
                code = "D011",
                "it isn't known whether a transaction is committed ({why}): a new producer ends it, and what the group has \
                 committed decides what is written again"
            );
        }
        self.begin_anew();
    }

    fn fenced(&mut self, why: &str) {
        if self.fences.fenced(self.now) {
            tracing::warn!(
                code = "D012",
                "the brokers have given this instance's transactions to another producer, or a transaction took longer than \
                 transaction.timeout.ms ({why}): beginning anew"
            );
            return self.begin_anew();
        }
        self.state = State::Ended;
        if self.ties.stop.fail() {
            tracing::error!(
                code = "D013",
                "another instance writes transactions under this one's name ({}): the service ends; \
                 give each instance a kafka.instance of its own",
                self.transactions.name()
            );
        }
        let left = self.entries.take().collect();
        self.settle_all(left, Fate::Dropped);
    }

    /// A transaction can't be committed for what may pass, and is to be made again in a while.
    pub(super) fn try_again(&mut self, why: &dyn Display) {
        self.ties.telemetry.source.committed(false);
        self.pauses.failed(self.now);
        if self.said.is_due(&why.to_string(), self.now) {
            tracing::warn!(
                code = "D014", topic = %self.limits.topic,
                "a transaction for topic {} could not be committed ({why}): it is aborted, and made again until it can",
                self.limits.topic
            );
        }
        if let Some(until) = self.pauses.until(self.now) {
            self.look_by(until);
        }
    }

    fn tell_not_started(&mut self, why: &dyn Display) {
        if self.said_not_begun.is_due(&why.to_string(), self.now) {
            tracing::warn!(
                code = "D015",
                "transactions of {} can't begin ({why}): outputs wait, and this is tried again until they can",
                self.transactions.name()
            );
        }
        self.look_by(self.now + RETRY);
    }
}
