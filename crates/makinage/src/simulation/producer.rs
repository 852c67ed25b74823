//! Kafka's producer, idempotent, as the sink meets it: batches by partition, in flight up to five, in their order; reports that come late;
//! the end at the first output that can't be delivered (`enable.gapless.guarantee`), or for no reason of ours.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
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
    kafka::Answer,
    oracle::Run,
    schedule::TRIP,
    world::{MILLISECOND, SECOND, Time, Who, World},
};
use crate::{
    event::Ticket,
    kafka::topics::Topic,
    sink::{
        producer::{Kind, NotTaken, Producer, Producers, Purge, Record},
        reports::{Reports, Undelivered},
    },
    source::acks::Acks,
};

/// Batches of a partition that may be on their way at once.
const IN_FLIGHT: usize = 5;

/// A record in the producer's hands.
#[derive(Debug, Clone)]
pub struct Output {
    pub message: OwnedMessage,
    pub ticket: Ticket,
    pub size: usize,
}

/// Records that travel together.
#[derive(Debug, Clone)]
pub struct Batch {
    pub producer: usize,
    pub epoch: u64,
    pub partition: i32,
    pub base: u64,
    pub records: Vec<Output>,
    number: u64,
}

#[derive(Default)]
struct State {
    queues: BTreeMap<i32, VecDeque<Output>>,
    in_flight: BTreeMap<i32, VecDeque<Batch>>,
    /// The next record's number, by partition.
    sequences: BTreeMap<i32, u64>,
    arrivals: BTreeMap<i32, Time>,
    /// Numbers of the batches that have not arrived: those of one connection arrive in their order.
    on_their_way: BTreeMap<i32, VecDeque<u64>>,
    epoch: u64,
    batches: u64,
    fatal: Option<String>,
    pumping: bool,
}

impl State {
    fn held(&self) -> usize {
        let queued: usize = self.queues.values().map(VecDeque::len).sum();
        queued + self.in_flight.values().flatten().map(|batch| batch.records.len()).sum::<usize>()
    }
}

struct Inner {
    world: Rc<World>,
    service: u32,
    id: usize,
    kind: Kind,
    batch_size: usize,
    reports: Reports,
    state: RefCell<State>,
    /// The service has let go of it.
    closed: Cell<bool>,
    cut: Cell<bool>,
}

/// A producer, until the service lets go of it.
pub struct SimProducer(Rc<Inner>);

/// Makes them.
pub struct SimProducers {
    pub world: Rc<World>,
    pub service: u32,
    pub acks: Arc<Acks>,
    pub made: Cell<usize>,
}

impl Producers for SimProducers {
    type Producer = SimProducer;

    fn create(&self, kind: Kind, batch_size: usize) -> KafkaResult<SimProducer> {
        // The first one is part of the service's start.
        if self.made.get() > 0 && self.world.fault(self.world.plan.odds.create) {
            return Err(KafkaError::ClientCreation("no threads".to_owned()));
        }
        self.made.set(self.made.get() + 1);
        let id = self.service as usize * 1_000_000 + self.made.get();
        self.world.tell(|| format!("producer {id} ({kind:?}) begins, batches of {batch_size} bytes"));
        Ok(SimProducer(Rc::new(Inner {
            world: Rc::clone(&self.world),
            service: self.service,
            id,
            kind,
            batch_size,
            reports: Reports::new(&self.acks),
            state: RefCell::default(),
            closed: Cell::new(false),
            cut: Cell::new(false),
        })))
    }
}

impl Producer for SimProducer {
    fn send<'r>(&self, record: Record<'r>) -> Result<(), NotTaken<'r>> {
        let inner = &self.0;
        let code = if inner.state.borrow().fatal.is_some() {
            Some(RDKafkaErrorCode::Fatal)
        } else if inner.state.borrow().held() >= inner.world.plan.queue {
            Some(RDKafkaErrorCode::QueueFull)
        } else {
            None
        };
        if let Some(code) = code {
            return Err((KafkaError::MessageProduction(code), record));
        }
        inner.queue(&record);
        Inner::pump_soon(inner, MILLISECOND);
        Ok(())
    }

    fn poll(&self, timeout: Duration) {
        self.0.world.wait(Who::Pipeline, timeout, &|| false);
    }

    fn under_way(&self) -> usize {
        self.0.state.borrow().held()
    }

    fn purge(&self, what: Purge) {
        self.0.purge(what);
    }

    fn flush(&self, timeout: Duration) -> bool {
        self.0.world.wait(Who::Pipeline, timeout, &|| self.under_way() == 0);
        self.under_way() == 0
    }

    fn fatal_error(&self) -> Option<String> {
        self.0.state.borrow().fatal.clone()
    }

    fn reports(&self) -> &Reports {
        &self.0.reports
    }

    fn look_up(&self, _topic: &str) -> Topic {
        Topic::Partitions(i32::try_from(self.0.world.plan.inputs.len()).unwrap_or(i32::MAX))
    }
}

impl Drop for SimProducer {
    fn drop(&mut self) {
        self.0.closed.set(true);
        self.0.state.borrow_mut().queues.clear();
    }
}

impl Inner {
    fn queue(&self, record: &Record<'_>) {
        let partition = record.partition.unwrap_or(0);
        let payload = record.payload.map(<[u8]>::to_vec);
        let size = payload.as_ref().map_or(0, Vec::len) + record.key.map_or(0, <[u8]>::len);
        let message = OwnedMessage::new(
            payload,
            record.key.map(<[u8]>::to_vec),
            record.topic.to_owned(),
            Timestamp::NotAvailable,
            partition,
            0,
            record.headers.clone(),
        );
        let output = Output { message, ticket: Ticket::from_opaque(record.delivery_opaque), size };
        self.state.borrow_mut().queues.entry(partition).or_default().push_back(output);
    }

    fn pump_soon(self: &Rc<Self>, delay: Time) {
        if !std::mem::replace(&mut self.state.borrow_mut().pumping, true) {
            let inner = Rc::clone(self);
            self.world.after(delay, move |_| {
                inner.state.borrow_mut().pumping = false;
                inner.pump();
            });
        }
    }

    /// Sends what may be sent.
    fn pump(self: &Rc<Self>) {
        let partitions: Vec<i32> = self.state.borrow().queues.keys().copied().collect();
        for partition in partitions {
            while let Some(batch) = self.next_batch(partition) {
                self.send(batch);
            }
        }
    }

    fn next_batch(&self, partition: i32) -> Option<Batch> {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let in_flight = state.in_flight.entry(partition).or_default();
        if self.closed.get() || state.fatal.is_some() || in_flight.len() >= IN_FLIGHT {
            return None;
        }
        let most = if self.kind == Kind::Alone { 1 } else { self.world.draw(|random| random.between(1, 8)) as usize };
        let queue = state.queues.get_mut(&partition)?;
        let mut records: Vec<Output> = vec![];
        let mut bytes = 0;
        while records.len() < most
            && let Some(next) = queue.pop_front_if(|next| bytes == 0 || bytes + next.size <= self.batch_size)
        {
            bytes += next.size;
            records.push(next);
        }
        if records.is_empty() {
            return None;
        }
        let sequence = state.sequences.entry(partition).or_default();
        let base = *sequence;
        *sequence += records.len() as u64;
        state.batches += 1;
        let batch = Batch { producer: self.id, epoch: state.epoch, partition, base, records, number: state.batches };
        in_flight.push_back(batch.clone());
        Some(batch)
    }

    fn send(self: &Rc<Self>, batch: Batch) {
        let world = &self.world;
        let late =
            if world.fault(world.plan.odds.retriable) { world.draw(|random| random.delay(2 * SECOND)) } else { 0 };
        let trip = world.draw(|random| random.between(TRIP / 4, TRIP)) + late;
        let mut state = self.state.borrow_mut();
        let arrival = state.arrivals.entry(batch.partition).or_default();
        *arrival = (*arrival + 1).max(world.time() + trip);
        let delay = *arrival - world.time();
        state.on_their_way.entry(batch.partition).or_default().push_back(batch.number);
        drop(state);
        let inner = Rc::clone(self);
        world.after(delay, move |_| inner.arrive(batch));
    }

    fn arrive(self: &Rc<Self>, batch: Batch) {
        let world = Rc::clone(&self.world);
        // A connection that was closed before: this one, and what follows it, has not gone out.
        if self.closed.get() && (self.cut.get() || world.draw(|random| random.chance(300))) {
            self.cut.set(true);
            return;
        }
        let first =
            self.state.borrow().on_their_way.get(&batch.partition).and_then(VecDeque::front) == Some(&batch.number);
        if !first || world.plan.is_away(world.time()) {
            let inner = Rc::clone(self);
            world.after(if first { 100 * MILLISECOND } else { MILLISECOND }, move |_| inner.arrive(batch));
            return;
        }
        self.state.borrow_mut().on_their_way.entry(batch.partition).or_default().pop_front();
        let answer = world.broker.borrow_mut().arrive(&batch, world.time());
        world.tell(|| {
            let offsets: Vec<String> =
                batch.records.iter().map(|record| Place::of(&record.message).to_string()).collect();
            format!(
                "producer {}: batch {} of {} [{}]: {answer:?}",
                self.id,
                batch.base,
                batch.partition,
                offsets.join(" ")
            )
        });
        if answer == Answer::Taken {
            for record in &batch.records {
                self.append(batch.partition, record);
            }
        }
        let late = if world.fault(world.plan.odds.ack) { world.draw(|random| random.delay(10 * SECOND)) } else { 0 };
        let trip = world.draw(|random| random.between(TRIP / 4, TRIP)) + late;
        let inner = Rc::clone(self);
        world.after(trip, move |_| inner.answered(&batch, &answer));
    }

    fn append(&self, partition: i32, record: &Output) {
        let place = Place::of(&record.message);
        let run = Run { service: self.service, slot: record.ticket.slot() };
        self.world.oracle.borrow_mut().appended(&self.world, run, self.id, &Appended { partition, place, record });
    }

    fn answered(self: &Rc<Self>, batch: &Batch, answer: &Answer) {
        let world = &self.world;
        let known = self
            .state
            .borrow()
            .in_flight
            .get(&batch.partition)
            .into_iter()
            .flatten()
            .any(|one| one.number == batch.number);
        // What was taken back is nobody's any more.
        if !known || self.closed.get() {
            return;
        }
        if !self.is_first(batch) {
            // Answers come in the order of their requests.
            let (inner, batch, answer) = (Rc::clone(self), batch.clone(), answer.clone());
            world.after(MILLISECOND, move |_| inner.answered(&batch, &answer));
            return;
        }
        if self.state.borrow().fatal.is_none() && world.fault(world.plan.odds.fatal) {
            // It never learns what became of this one.
            self.give_up("out of sequence, or fenced");
            return;
        }
        self.state.borrow_mut().in_flight.entry(batch.partition).or_default().pop_front();
        match answer {
            Answer::Taken | Answer::TakenBefore => batch.records.iter().for_each(|record| self.delivered(record)),
            Answer::Refused(codes) => self.refused(batch, codes),
            Answer::OutOfOrder => self.out_of_order(batch),
        }
        Self::pump_soon(self, 1);
    }

    fn is_first(&self, batch: &Batch) -> bool {
        let state = self.state.borrow();
        state
            .in_flight
            .get(&batch.partition)
            .and_then(VecDeque::front)
            .is_some_and(|first| first.number == batch.number)
    }

    fn delivered(&self, record: &Output) {
        self.world.oracle.borrow_mut().delivered(self.service, Place::of(&record.message));
        self.reports.delivered(record.ticket);
    }

    fn refused(&self, batch: &Batch, codes: &[RDKafkaErrorCode]) {
        match self.kind {
            // In this order: whoever waits for the report must find the reason.
            Kind::Ordinary => self.give_up("a gap"),
            Kind::Alone => {
                let mut state = self.state.borrow_mut();
                state.epoch += 1;
                state.sequences.clear();
            }
        }
        for (record, code) in batch.records.iter().zip(codes) {
            self.not_delivered(record, *code);
        }
    }

    /// Refused for what came before it: it waits again.
    fn out_of_order(&self, batch: &Batch) {
        if self.state.borrow().fatal.is_none() {
            self.give_up("out of sequence");
        }
        let mut state = self.state.borrow_mut();
        let queue = state.queues.entry(batch.partition).or_default();
        batch.records.iter().rev().for_each(|record| queue.push_front(record.clone()));
    }

    fn give_up(&self, reason: &str) {
        self.world.tell(|| format!("producer {}: fatal: {reason}", self.id));
        self.state.borrow_mut().fatal = Some(reason.to_owned());
        self.reports.give_up();
    }

    fn not_delivered(&self, record: &Output, code: RDKafkaErrorCode) {
        let error = KafkaError::MessageProduction(code);
        self.reports.not_delivered(Undelivered { error, message: record.message.clone(), ticket: record.ticket });
    }

    /// The newest that wait come first, then those on their way.
    fn purge(&self, what: Purge) {
        let queued: Vec<Output> = std::mem::take(&mut self.state.borrow_mut().queues).into_values().flatten().collect();
        for record in queued.iter().rev() {
            self.not_delivered(record, RDKafkaErrorCode::PurgeQueue);
        }
        if what == Purge::All {
            let sent = std::mem::take(&mut self.state.borrow_mut().in_flight);
            for record in sent.values().flatten().flat_map(|batch| &batch.records) {
                let run = Run { service: self.service, slot: record.ticket.slot() };
                self.world.oracle.borrow_mut().unsure(run, Place::of(&record.message));
                self.not_delivered(record, RDKafkaErrorCode::PurgeInflight);
            }
        }
    }
}

/// An output in the sink topic.
pub struct Appended<'o> {
    pub partition: i32,
    pub place: Place,
    pub record: &'o Output,
}

/// The event that an output says it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub partition: i32,
    pub offset: i64,
}

impl Place {
    /// By the header that the sink adds.
    pub fn of(message: &OwnedMessage) -> Self {
        let text = header(message, c"makinage-source");
        let mut parts = text.rsplit('/').map(|part| part.parse().expect("a number"));
        let offset = parts.next().expect("an offset");
        Self { offset, partition: i32::try_from(parts.next().expect("a partition")).expect("small") }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.partition, self.offset)
    }
}

/// One of the headers that the sink adds.
pub fn header(message: &OwnedMessage, name: &std::ffi::CStr) -> String {
    let headers = message.headers().expect("headers");
    let value = kafka_headers::first(headers.as_borrowed(), name).flatten().expect("the header");
    String::from_utf8_lossy(value).into_owned()
}
