//! A producer that does what it is told, and a group that says what the test says.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};

use super::{
    Delivery,
    exactly_once::{ExactlyOnce, Limits, Ties},
    transactional::{Call, Outcome, Transactional, Transactions},
};
use crate::{
    clock::{Clock, testing::Hand},
    event::{Event, Fate, Place, Ticket},
    kafka::topics::Topic,
    sink::{
        Refused,
        bell::Bell,
        partitions::Partitions,
        producer::{LookUp, NotTaken, Record},
    },
    source::{mandate::Words, offsets::Position},
    stop::Stop,
};

/// What one producer has been told, and is to say.
#[derive(Default)]
pub(super) struct Told {
    calls: RefCell<Vec<String>>,
    sent: RefCell<Vec<String>>,
    pub has_sent_positions: Cell<bool>,
    pub outcome: RefCell<Option<Outcome>>,
    pub undelivered: RefCell<Vec<(Ticket, KafkaError)>>,
    pub is_out_of_date: Cell<bool>,
}

#[derive(Clone, Default)]
pub(super) struct Fake(pub Rc<Told>);

impl LookUp for Fake {
    fn look_up(&self, _topic: &str) -> Topic {
        Topic::Partitions(2)
    }
}

impl Transactional for Fake {
    fn send<'r>(&self, record: Record<'r>) -> Result<(), NotTaken<'r>> {
        let value = String::from_utf8_lossy(record.payload.unwrap_or_default());
        let sent = if record.topic == "predict" { value.into_owned() } else { format!("{}: {value}", record.topic) };
        self.0.sent.borrow_mut().push(sent);
        Ok(())
    }

    fn call(&self, call: Call) {
        let at = |position: &Position| format!("{}@{}", position.partition, position.offset);
        self.0.calls.borrow_mut().push(match call {
            Call::Start(partitions, _) => format!("start {}", partitions.len()),
            Call::Commit(positions, granted) => {
                format!("commit {} in round {}", positions.iter().map(at).collect::<Vec<_>>().join(" "), granted.round)
            }
            Call::Abort => "abort".to_owned(),
        });
    }

    fn outcome(&self) -> Option<Outcome> {
        self.0.outcome.take()
    }

    fn has_sent_positions(&self) -> bool {
        self.0.has_sent_positions.get()
    }

    fn wait(&self, _timeout: Duration) {}

    fn is_out_of_date(&self) -> bool {
        self.0.is_out_of_date.get()
    }

    fn take_undelivered(&self) -> Vec<(Ticket, KafkaError)> {
        self.0.undelivered.take()
    }
}

#[derive(Clone, Default)]
pub(super) struct Fakes(pub Rc<RefCell<Vec<Fake>>>);

impl Transactions for Fakes {
    type Producer = Fake;

    fn create(&self, _batch_size: usize, _bell: &Bell) -> KafkaResult<Fake> {
        let fake = Fake::default();
        self.0.borrow_mut().push(fake.clone());
        Ok(fake)
    }

    fn name(&self) -> &'static str {
        "app-host-0"
    }
}

pub(super) const INTERVAL: Duration = Duration::from_millis(100);
pub(super) const TIMEOUT: Duration = Duration::from_mins(1);

pub(super) struct Scene {
    pub fakes: Fakes,
    pub clock: Hand,
    pub ties: Ties,
    pub delivery: ExactlyOnce<Fakes, Hand>,
    settled: Vec<String>,
}

impl Scene {
    /// With an open transaction, and the assignments 0 and 1 of the partitions of these numbers.
    pub(super) fn new() -> Self {
        let (fakes, clock) = (Fakes::default(), Hand::default());
        let ties = Ties {
            acks: Arc::default(),
            mandate: Arc::default(),
            stop: Stop::default(),
            telemetry: Arc::default(),
            bell: Bell::new().0,
        };
        ties.mandate.renew(Some(Words::new(1_u64)), [0, 1].into_iter(), vec![None]);
        let limits = Limits {
            topic: "predict".into(),
            max_record: 1000,
            batch_size: 1000,
            interval: INTERVAL,
            timeout: TIMEOUT,
        };
        let partitions = Partitions::new(("predict", 2), [("data", 2)].into_iter());
        let delivery = ExactlyOnce::with(fakes.clone(), partitions, limits, ties.clone(), clock.clone());
        let delivery = delivery.expect("a delivery");
        let mut scene = Self { fakes, clock, ties, delivery, settled: vec![] };
        assert_eq!(scene.calls(), ["start 0"]);
        scene.says(Outcome::Started(BTreeMap::new()));
        scene
    }

    /// The producer of now.
    pub(super) fn producer(&self) -> Fake {
        self.fakes.0.borrow().last().expect("there is one").clone()
    }

    pub(super) fn calls(&self) -> Vec<String> {
        self.producer().0.calls.take()
    }

    pub(super) fn sent(&self) -> Vec<String> {
        self.producer().0.sent.take()
    }

    pub(super) fn says(&mut self, outcome: Outcome) {
        self.producer().0.outcome.replace(Some(outcome));
        assert!(self.delivery.tend().is_empty());
    }

    pub(super) fn event(partition: i32, offset: i64) -> Event {
        let ticket = Ticket::new(partition.unsigned_abs(), offset.unsigned_abs());
        Event::new(ticket, Place { source: 0, partition, offset }, Some(b"key"), Some(b"value"))
    }

    pub(super) fn write(&mut self, partition: i32, offset: i64) {
        let event = Self::event(partition, offset);
        self.delivery.write(&event, format!("{partition}/{offset}").as_bytes(), "model").expect("it is taken");
    }

    pub(super) fn interval_passes(&mut self) -> Vec<Refused> {
        self.clock.sleep(INTERVAL);
        self.delivery.tend()
    }

    /// It is looked at again as soon as it wants to be, which is after so long.
    pub(super) fn pause_is_over(&mut self) -> Duration {
        let pause = self.delivery.next_look().expect("it waits for something");
        self.clock.sleep(pause);
        assert!(self.delivery.tend().is_empty());
        pause
    }

    /// These outputs or letters of the first partition are refused, with this error.
    pub(super) fn refuses(&self, offsets: &[u64], code: RDKafkaErrorCode) {
        let refused = offsets.iter().map(|offset| (Ticket::new(0, *offset), KafkaError::MessageProduction(code)));
        self.producer().0.undelivered.borrow_mut().extend(refused);
    }

    /// What has been settled since the last call.
    pub(super) fn settled(&mut self) -> Vec<String> {
        let mut all = vec![];
        self.ties.acks.collect(&mut all);
        let one = |(ticket, fate): &(Ticket, Fate)| format!("{}/{} {fate:?}", ticket.assignment(), ticket.sequence());
        self.settled = all.iter().map(one).collect();
        std::mem::take(&mut self.settled)
    }
}
