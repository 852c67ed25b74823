//! Sends events back in transactions, each with the note that says so: either all of it is there, or nothing is.

mod reports;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant, SystemTime},
};

use kafka_headers::add;
use rdkafka::{
    ClientConfig,
    error::{KafkaError, RDKafkaErrorCode},
    message::OwnedHeaders,
    producer::{BaseRecord, Producer, ThreadedProducer},
};

use self::reports::{NOTE, Reports};
use super::{
    batch::{Returning, runs},
    error::ReplayError,
};
use crate::{
    kafka::described::reason,
    letters::reading::{
        note::{NOTE_LAYOUT, Note, REPLAYED},
        survey::LetterPlace,
    },
};

/// The longest wait for a transactional id, which the transaction of one that was killed may hold.
const BEGIN: Duration = Duration::from_secs(90);
/// One wait for a transaction's end …
const END: Duration = Duration::from_secs(30);
/// … and all of them: longer than the broker lets one be open.
const LONGEST_END: Duration = Duration::from_secs(90);
/// One wait for records to be acknowledged, before it is looked whether one was refused.
const LOOK: Duration = Duration::from_millis(50);
/// How often a transaction is tried that ends since the client's numbers have a gap.
const TRIES: u32 = 3;

/// The one producer that replays an application's letters.
pub(super) struct Sender {
    producer: ThreadedProducer<Reports>,
    id: String,
    application: String,
    /// The dead-letter topic.
    topic: String,
}

/// Why a transaction isn't there.
enum Undone {
    /// A record can't be taken, whenever it is sent: the event's of that place in the batch, or the note.
    Refused(usize, String),
    /// The client's sequence numbers have a gap; that is over once the transaction is aborted.
    Gap(ReplayError),
    /// Something else, and nothing more can be sent.
    Failed(ReplayError),
}

/// What became of events.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// How many went back, by topic.
    pub topics: BTreeMap<String, u64>,
    /// Those that Kafka didn't take.
    pub refused: Vec<Refused>,
}

impl Tally {
    /// How many went back.
    pub(crate) fn count(&self) -> u64 {
        self.topics.values().sum()
    }

    fn sent(&mut self, events: &[Returning]) {
        for event in events {
            *self.topics.entry(event.source.topic.clone()).or_default() += 1;
        }
    }
}

/// An event that Kafka doesn't take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Where its letter stands.
    pub letter: LetterPlace,
    /// Why.
    pub why: String,
}

impl Sender {
    /// Takes over from whoever replays the application's letters: its transaction, if one is open, comes to nothing.
    pub(super) fn open(
        settings: &ClientConfig,
        id: String,
        application: &str,
        topic: &str,
    ) -> Result<Self, ReplayError> {
        let producer: ThreadedProducer<Reports> =
            settings.create_with_context(Reports::default()).map_err(ReplayError::Client)?;
        if let Err(source) = producer.init_transactions(BEGIN) {
            return Err(ReplayError::NoTransactions { id, source });
        }
        Ok(Self { producer, id, application: application.to_owned(), topic: topic.to_owned() })
    }

    /// Sends events of one partition's letters, in their order. Those that Kafka doesn't take, each by itself, are left
    /// out and named.
    pub(super) fn send(&self, events: &[Returning], tally: &mut Tally) -> Result<(), ReplayError> {
        if events.is_empty() {
            return Ok(());
        }
        match self.try_transaction(events) {
            Ok(()) => {
                tally.sent(events);
                Ok(())
            }
            Err(Undone::Failed(error) | Undone::Gap(error)) => Err(error),
            // What was sent with another may be refused for that.
            Err(Undone::Refused(..)) if events.len() > 1 => {
                let (first, second) = events.split_at(events.len() / 2);
                self.send(first, tally)?;
                self.send(second, tally)
            }
            Err(Undone::Refused(NOTE, why)) => {
                let reason = format!("the topic {} takes no note of what was replayed: {why}", self.topic);
                Err(ReplayError::Failed { reason })
            }
            Err(Undone::Refused(index, why)) => {
                tally.refused.extend(events.get(index).map(|event| Refused { letter: event.letter, why }));
                Ok(())
            }
        }
    }

    /// After a record that a broker refused the client goes on with the number behind it, which the broker doesn't
    /// take: the next transaction fails, and its abort gets new numbers.
    fn try_transaction(&self, events: &[Returning]) -> Result<(), Undone> {
        let mut tries = 1;
        loop {
            match self.transaction(events) {
                Err(Undone::Gap(_)) if tries < TRIES => tries += 1,
                ended => return ended,
            }
        }
    }

    fn transaction(&self, events: &[Returning]) -> Result<(), Undone> {
        self.producer.context().begin();
        self.producer.begin_transaction().map_err(|error| self.failed(&error))?;
        let sent = self.produce(events);
        let ended = sent.and_then(|()| self.wait()).and_then(|()| self.commit(events.len()));
        match &ended {
            Err(Undone::Refused(..) | Undone::Gap(_)) => self.abort().map_err(|error| self.failed(&error))?,
            // Where this fails, the broker does it: when the transaction's time is over, or as the next replay begins.
            Err(Undone::Failed(ReplayError::Failed { .. })) => {
                if let Err(error) = self.abort() {
                    tracing::debug!("the transaction isn't aborted: {error}");
                }
            }
            Ok(()) | Err(Undone::Failed(_)) => {}
        }
        ended
    }

    fn produce(&self, events: &[Returning]) -> Result<(), Undone> {
        for (index, event) in events.iter().enumerate() {
            let mut record: BaseRecord<'_, [u8], [u8], usize> =
                BaseRecord::with_opaque_to(&event.source.topic, index).headers(event.headers.clone());
            record.partition = event.partition;
            record.key = event.key.as_deref();
            record.payload = event.value.as_deref();
            self.producer.send(record).map_err(|(error, _)| self.undone(index, &error))?;
        }
        self.produce_note(events)
    }

    fn produce_note(&self, events: &[Returning]) -> Result<(), Undone> {
        let Some(Returning { letter: LetterPlace { partition, .. }, .. }) = events.first() else { return Ok(()) };
        let at = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
        let note = Note::new(&self.application, at, runs(events));
        let (key, value) = (note.key(*partition), note.to_json());
        let mut headers = OwnedHeaders::new_with_capacity(1);
        add(&mut headers, REPLAYED.to_bytes(), Some(NOTE_LAYOUT));
        let record = BaseRecord::with_opaque_to(&self.topic, NOTE).partition(*partition);
        let record = record.key(key.as_str()).payload(value.as_str()).headers(headers);
        self.producer.send(record).map_err(|(error, _)| self.undone(NOTE, &error))
    }

    /// Waits until all records are acknowledged, or one is refused.
    fn wait(&self) -> Result<(), Undone> {
        let until = Instant::now() + LONGEST_END;
        loop {
            let flushed = self.producer.flush(LOOK);
            if let Some((index, why)) = self.producer.context().refused() {
                return Err(Undone::Refused(index, why));
            }
            match flushed {
                Ok(()) => return Ok(()),
                Err(error) if Instant::now() >= until => return Err(self.failed(&error)),
                Err(_) => {}
            }
        }
    }

    /// A commit whose answer is lost is asked for again: the client knows which transaction it is.
    fn commit(&self, count: usize) -> Result<(), Undone> {
        let until = Instant::now() + LONGEST_END;
        loop {
            let error = match self.producer.commit_transaction(END) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let (must_abort, is_retriable) = match &error {
                KafkaError::Transaction(error) => (error.txn_requires_abort(), error.is_retriable()),
                // What was produced isn't acknowledged yet.
                _ => (false, error.rdkafka_error_code() == Some(RDKafkaErrorCode::OperationTimedOut)),
            };
            if must_abort {
                let code = error.rdkafka_error_code();
                return Err(match self.failed(&error) {
                    Undone::Failed(failed) if code == Some(RDKafkaErrorCode::OutOfOrderSequenceNumber) => {
                        Undone::Gap(failed)
                    }
                    undone => undone,
                });
            }
            if !is_retriable || Instant::now() >= until {
                return Err(Undone::Failed(match self.failed(&error) {
                    Undone::Failed(fenced @ ReplayError::Fenced { .. }) => fenced,
                    _ => ReplayError::Unanswered { count, reason: self.because(&error) },
                }));
            }
        }
    }

    fn abort(&self) -> Result<(), KafkaError> {
        let until = Instant::now() + LONGEST_END;
        loop {
            match self.producer.abort_transaction(END) {
                Err(KafkaError::Transaction(error)) if error.is_retriable() && Instant::now() < until => {}
                ended => return ended,
            }
        }
    }

    /// The client itself doesn't take a record.
    fn undone(&self, index: usize, error: &KafkaError) -> Undone {
        match reports::refusal(error) {
            Some(why) => Undone::Refused(index, why),
            None => self.failed(error),
        }
    }

    fn failed(&self, error: &KafkaError) -> Undone {
        use RDKafkaErrorCode::{Fenced, InvalidProducerEpoch, ProducerFenced};
        let fatal = self.producer.client().fatal_error().map(|(code, _)| code);
        let code = fatal.or_else(|| error.rdkafka_error_code());
        Undone::Failed(match code {
            Some(Fenced | ProducerFenced | InvalidProducerEpoch) => ReplayError::Fenced { id: self.id.clone() },
            _ => ReplayError::Failed { reason: self.because(error) },
        })
    }

    /// What was reported of a record says more than that the transaction must be aborted.
    fn because(&self, error: &KafkaError) -> String {
        let said = match error {
            KafkaError::Transaction(error) => error.string(),
            other => reason(other),
        };
        self.producer.context().failure().unwrap_or(said)
    }
}
