//! Producers for unit tests, which do what they are told.

pub(super) mod scene;

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use rdkafka::{
    Message,
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    message::OwnedMessage,
};

use super::{
    backlog::Held,
    bell::Bell,
    producer::{Fatal, Kind, LookUp, NotTaken, Producer, Producers, Record},
    reports::{Reports, Undelivered},
};
use crate::{event::Fate, kafka::topics::Topic, source::acks::Acks};

/// What one producer holds.
struct Told {
    kind: Kind,
    held: RefCell<Vec<Held>>,
    /// How many of each partition are on their way to a broker.
    sent: RefCell<BTreeMap<i32, usize>>,
    /// How many it takes.
    room: Cell<usize>,
    fatal: Cell<bool>,
    gap: Cell<bool>,
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
    fn new(kind: Kind, reports: Reports) -> Self {
        let (held, sent, topics) = (RefCell::default(), RefCell::default(), RefCell::default());
        let (room, fatal, gap, looks) = (Cell::new(usize::MAX), Cell::new(false), Cell::new(false), Cell::new(0));
        Self(Rc::new(Told { kind, held, sent, room, fatal, gap, topics, looks, reports }))
    }

    pub(super) fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The values that it holds.
    pub(super) fn holds(&self) -> Vec<String> {
        self.0.held.borrow().iter().map(|held| value(&held.message)).collect()
    }

    /// What it holds.
    pub(super) fn messages(&self) -> Vec<OwnedMessage> {
        self.0
            .held
            .borrow()
            .iter()
            .map(|held| held.record(held.message.partition()))
            .map(|record| Held::new(record, false).message)
            .collect()
    }

    /// The values that it holds of a partition.
    pub(super) fn holds_of(&self, partition: i32) -> Vec<String> {
        let held = self.0.held.borrow();
        held.iter().filter(|held| held.message.partition() == partition).map(|held| value(&held.message)).collect()
    }

    /// How many of a partition are on their way to a broker.
    pub(super) fn sent_of(&self, partition: i32) -> usize {
        self.0.sent.borrow().get(&partition).copied().unwrap_or(0)
    }

    /// The partitions that it holds something of, each once.
    pub(super) fn partitions(&self) -> Vec<i32> {
        let mut all: Vec<i32> = self.0.held.borrow().iter().map(|held| held.message.partition()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Takes what is held of a partition: the first so many.
    fn take(&self, partition: i32, most: usize) -> Vec<Held> {
        let mut left = most;
        let mut held = self.0.held.borrow_mut();
        let taken = held.extract_if(.., |held| {
            let takes = held.message.partition() == partition && left > 0;
            left -= usize::from(takes);
            takes
        });
        let taken: Vec<Held> = taken.collect();
        let mut sent = self.0.sent.borrow_mut();
        let sent = sent.entry(partition).or_default();
        *sent = sent.saturating_sub(taken.len());
        taken
    }

    /// A broker takes all that is held.
    pub(super) fn deliver(&self) {
        self.partitions().into_iter().for_each(|partition| drop(self.deliver_of(partition, usize::MAX)));
    }

    /// A broker takes the first so many of a partition; their values.
    pub(super) fn deliver_of(&self, partition: i32, most: usize) -> Vec<String> {
        let taken = self.take(partition, most);
        for held in &taken {
            self.0.reports.delivered(held.ticket, partition);
        }
        taken.iter().map(|held| value(&held.message)).collect()
    }

    /// A broker refuses all that is held.
    pub(super) fn refuse(&self, code: RDKafkaErrorCode) {
        self.partitions().into_iter().for_each(|partition| self.refuse_of(partition, usize::MAX, code));
    }

    /// A broker refuses the first so many of a partition.
    pub(super) fn refuse_of(&self, partition: i32, most: usize, code: RDKafkaErrorCode) {
        for Held { message, ticket, .. } in self.take(partition, most) {
            self.0.reports.not_delivered(Undelivered { error: KafkaError::MessageProduction(code), message, ticket });
        }
    }

    /// The first so many of a partition are on their way to a broker.
    pub(super) fn send_off(&self, partition: i32, records: usize) {
        self.0.sent.borrow_mut().insert(partition, records);
    }

    /// It takes no more than so many.
    pub(super) fn has_room_for(&self, records: usize) {
        self.0.room.set(records);
    }

    pub(super) fn die(&self) {
        self.0.fatal.set(true);
        self.0.reports.give_up();
    }

    /// It ends since it could not deliver something, which it reports later.
    pub(super) fn die_of_a_gap(&self) {
        self.0.gap.set(true);
        self.die();
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
        let known = self.0.topics.borrow().get(record.topic).copied().flatten();
        if known.is_some_and(|partitions| record.partition.is_none_or(|partition| partition >= partitions)) {
            return Err((KafkaError::MessageProduction(RDKafkaErrorCode::UnknownPartition), record));
        }
        if self.under_way() >= self.0.room.get() {
            return Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), record));
        }
        self.0.held.borrow_mut().push(Held::new(record, false));
        Ok(())
    }

    fn under_way(&self) -> usize {
        self.0.held.borrow().len()
    }

    fn purge(&self) {
        for partition in self.partitions() {
            let sent = self.sent_of(partition);
            let first = self.take(partition, sent);
            // The newest first.
            let mut queued = self.take(partition, usize::MAX);
            queued.reverse();
            for Held { message, ticket, .. } in queued {
                let error = KafkaError::MessageProduction(RDKafkaErrorCode::PurgeQueue);
                self.0.reports.not_delivered(Undelivered { error, message, ticket });
            }
            self.0.held.borrow_mut().extend(first);
            self.send_off(partition, sent);
        }
    }

    fn flush(&self, _timeout: Duration) -> bool {
        self.under_way() == 0
    }

    fn fatal_error(&self) -> Option<Fatal> {
        let is_gap = self.0.gap.get();
        self.0.fatal.get().then(|| Fatal { is_gap, is_denied: false, reason: "a test wants it".to_owned() })
    }

    fn reports(&self) -> &Reports {
        &self.0.reports
    }
}

impl LookUp for Fake {
    fn look_up(&self, topic: &str) -> Topic {
        self.0.looks.set(self.0.looks.get() + 1);
        self.0
            .topics
            .borrow()
            .get(topic)
            .map_or(Topic::Partitions(1), |size| size.map_or(Topic::Missing, Topic::Partitions))
    }
}

fn value(message: &OwnedMessage) -> String {
    String::from_utf8_lossy(message.payload().expect("a value")).into_owned()
}

/// Makes them, and shows them to the test.
#[derive(Clone, Default)]
pub(super) struct Fakes {
    pub acks: Arc<Acks>,
    /// What an event is whose record is acknowledged, where that isn't an output.
    pub fate: Option<Fate>,
    pub made: Rc<RefCell<Vec<Fake>>>,
    /// How many more can't be made.
    pub missing: Rc<Cell<u32>>,
}

impl Producers for Fakes {
    type Producer = Fake;

    fn create(&self, kind: Kind, _batch_size: usize, bell: &Bell) -> KafkaResult<Fake> {
        if self.missing.get() > 0 {
            self.missing.set(self.missing.get() - 1);
            return Err(KafkaError::ClientCreation("no thread".into()));
        }
        let fake = Fake::new(kind, Reports::new(&self.acks, self.fate.unwrap_or(Fate::Finished), bell));
        self.made.borrow_mut().push(fake.clone());
        Ok(fake)
    }
}
