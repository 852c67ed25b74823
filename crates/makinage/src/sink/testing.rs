//! Producers for unit tests, which do what they are told.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use rdkafka::{
    Message, Timestamp,
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    message::OwnedMessage,
};

use super::{
    producer::{Kind, NotTaken, Producer, Producers, Purge, Record},
    reports::{Reports, Undelivered},
};
use crate::{event::Ticket, kafka::topics::Topic, source::acks::Acks};

/// What one producer holds.
struct Told {
    kind: Kind,
    held: RefCell<Vec<(Ticket, OwnedMessage)>>,
    fatal: Cell<bool>,
    /// The topics whose sizes a test has said; others have one partition.
    topics: RefCell<BTreeMap<String, Option<i32>>>,
    /// How often it was asked for a topic.
    looks: Cell<u32>,
    reports: Reports,
}

/// A producer that reports what the test says.
#[derive(Clone)]
pub(super) struct Fake(Rc<Told>);

impl Fake {
    fn new(kind: Kind, acks: &Arc<Acks>) -> Self {
        let reports = Reports::new(acks);
        let (held, fatal, topics) = (RefCell::default(), Cell::new(false), RefCell::default());
        Self(Rc::new(Told { kind, held, fatal, topics, looks: Cell::new(0), reports }))
    }

    pub(super) fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The values that it holds.
    pub(super) fn holds(&self) -> Vec<String> {
        let value = |message: &OwnedMessage| String::from_utf8_lossy(message.payload().expect("a value")).into_owned();
        self.0.held.borrow().iter().map(|(_, message)| value(message)).collect()
    }

    pub(super) fn deliver(&self) {
        self.0.held.take().into_iter().for_each(|(ticket, _)| self.0.reports.delivered(ticket));
    }

    pub(super) fn refuse(&self, code: RDKafkaErrorCode) {
        for (ticket, message) in self.0.held.take() {
            let error = KafkaError::MessageProduction(code);
            self.0.reports.not_delivered(Undelivered { error, message, ticket });
        }
    }

    pub(super) fn die(&self) {
        self.0.fatal.set(true);
        self.0.reports.give_up();
    }

    /// From now on a topic has so many partitions; `None`: it isn't there.
    pub(super) fn has(&self, topic: &str, partitions: Option<i32>) {
        self.0.topics.borrow_mut().insert(topic.to_owned(), partitions);
    }

    /// How often it was asked for a topic since the last call.
    pub(super) fn take_looks(&self) -> u32 {
        self.0.looks.take()
    }
}

impl Producer for Fake {
    fn send<'r>(&self, record: Record<'r>) -> Result<(), NotTaken<'r>> {
        if self.0.fatal.get() {
            return Err((KafkaError::MessageProduction(RDKafkaErrorCode::Fatal), record));
        }
        let (key, value) = (record.key.map(<[u8]>::to_vec), record.payload.map(<[u8]>::to_vec));
        let topic = record.topic.to_owned();
        let message = OwnedMessage::new(value, key, topic, Timestamp::NotAvailable, 0, 0, record.headers);
        self.0.held.borrow_mut().push((Ticket::from_opaque(record.delivery_opaque), message));
        Ok(())
    }

    fn poll(&self, _timeout: Duration) {}

    fn under_way(&self) -> usize {
        self.0.held.borrow().len()
    }

    fn purge(&self, _what: Purge) {
        self.refuse(RDKafkaErrorCode::PurgeQueue);
    }

    fn flush(&self, _timeout: Duration) -> bool {
        self.under_way() == 0
    }

    fn fatal_error(&self) -> Option<String> {
        self.0.fatal.get().then(|| "a test wants it".to_owned())
    }

    fn reports(&self) -> &Reports {
        &self.0.reports
    }

    fn look_up(&self, topic: &str) -> Topic {
        self.0.looks.set(self.0.looks.get() + 1);
        self.0
            .topics
            .borrow()
            .get(topic)
            .map_or(Topic::Partitions(1), |size| size.map_or(Topic::Missing, Topic::Partitions))
    }
}

/// Makes them, and shows them to the test.
#[derive(Clone, Default)]
pub(super) struct Fakes {
    pub acks: Arc<Acks>,
    pub made: Rc<RefCell<Vec<Fake>>>,
    /// How many more can't be made.
    pub missing: Rc<Cell<u32>>,
}

impl Producers for Fakes {
    type Producer = Fake;

    fn create(&self, kind: Kind, _batch_size: usize) -> KafkaResult<Fake> {
        if self.missing.get() > 0 {
            self.missing.set(self.missing.get() - 1);
            return Err(KafkaError::ClientCreation("no thread".into()));
        }
        let fake = Fake::new(kind, &self.acks);
        self.made.borrow_mut().push(fake.clone());
        Ok(fake)
    }
}
