//! Kafka's transactional producer as the delivery meets it: batches, calls that take their time, answers that are lost,
//! requests that come late, calls that never return.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    rc::Rc,
    time::Duration,
};

use rdkafka::{
    Message,
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
};

use super::{
    coordinator::{self, Sender},
    group::place,
    output::{Batch, Output, topic_of},
    schedule::TRIP,
    world::{MILLISECOND, SECOND, Time, World},
};
use crate::{
    delivery::transactional::{Call, Of, Outcome, Partition, Refusal, Transactional, Transactions},
    event::Ticket,
    kafka::topics::Topic,
    sink::{
        backlog::Held,
        bell::Bell,
        producer::{LookUp, NotTaken, Record},
        purpose::Purpose,
    },
    source::{mandate::Granted, offsets::Position},
};

/// A producer, until the service lets go of it.
pub(super) struct SimTransactional(Rc<Inner>);

/// Makes them.
pub(super) struct SimTransactions {
    pub world: Rc<World>,
    pub service: u32,
    pub made: Cell<usize>,
}

/// A partition of the sink, or of the dead letters' topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Lane {
    of_letters: bool,
    partition: i32,
}

impl Lane {
    fn of(output: &Output) -> Self {
        Self { of_letters: topic_of(output) == Purpose::DeadLetters, partition: output.message.partition() }
    }

    fn topic(self) -> Purpose {
        if self.of_letters { Purpose::DeadLetters } else { Purpose::Outputs }
    }
}

struct Inner {
    world: Rc<World>,
    service: u32,
    id: usize,
    batch_size: usize,
    bell: Bell,
    epoch: Cell<u64>,
    /// Of the open transaction: not sent yet.
    queue: RefCell<VecDeque<Output>>,
    /// Batches on their way, by topic and partition.
    on_their_way: RefCell<BTreeMap<Lane, VecDeque<Batch>>>,
    /// The transaction: what arrives of an earlier one is nobody's.
    transaction: Cell<u64>,
    /// Outputs of it were not taken.
    failed: Cell<bool>,
    undelivered: RefCell<Vec<(Ticket, KafkaError)>>,
    outcome: RefCell<Option<Outcome>>,
    pumping: Cell<bool>,
    has_sent_positions: Cell<bool>,
    closed: Cell<bool>,
}

impl Transactions for SimTransactions {
    type Producer = SimTransactional;

    fn create(&self, batch_size: usize, bell: &Bell) -> KafkaResult<SimTransactional> {
        if self.made.get() > 0 && self.world.fault(self.world.plan.odds.create) {
            return Err(KafkaError::ClientCreation("no threads".to_owned()));
        }
        self.made.set(self.made.get() + 1);
        let id = self.service as usize * 1_000_000 + self.made.get();
        self.world.tell(|| format!("transactional producer {id} begins, batches of {batch_size} bytes"));
        Ok(SimTransactional(Rc::new(Inner {
            world: Rc::clone(&self.world),
            service: self.service,
            id,
            batch_size,
            bell: bell.clone(),
            epoch: Cell::new(0),
            queue: RefCell::default(),
            on_their_way: RefCell::default(),
            transaction: Cell::new(0),
            failed: Cell::new(false),
            undelivered: RefCell::default(),
            outcome: RefCell::default(),
            pumping: Cell::new(false),
            has_sent_positions: Cell::new(false),
            closed: Cell::new(false),
        })))
    }

    fn name(&self) -> &'static str {
        "app-host-0"
    }
}

impl LookUp for SimTransactional {
    fn look_up(&self, _topic: &str) -> Topic {
        Topic::Partitions(i32::try_from(self.0.world.plan.inputs.len()).unwrap_or(i32::MAX))
    }
}

impl Transactional for SimTransactional {
    fn send<'r>(&self, record: Record<'r>) -> Result<(), NotTaken<'r>> {
        if self.0.queue.borrow().len() >= self.0.world.plan.queue {
            return Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), record));
        }
        let size = record.payload.map_or(0, <[u8]>::len) + record.key.map_or(0, <[u8]>::len);
        let Held { message, ticket, .. } = Held::new(record, false);
        self.0.queue.borrow_mut().push_back(Output { message, ticket, size });
        self.0.pump_soon();
        Ok(())
    }

    fn call(&self, call: Call) {
        let inner = &self.0;
        inner.world.tell(|| format!("producer {}: {call:?}", inner.id));
        // It waits for its outputs first: what never returns is the sending of positions.
        inner.has_sent_positions.set(true);
        if inner.world.fault(inner.ends().hang) {
            inner.world.tell(|| format!("producer {}: that never returns", inner.id));
            inner.has_sent_positions.set(false);
            return;
        }
        let until = inner.world.time() + inner.ends().timeout;
        match call {
            Call::Start(partitions, _) => inner.later(TRIP, move |inner| inner.start(&partitions, until)),
            Call::Commit(positions, granted) => inner.later(1, move |inner| inner.flush(positions, granted, until)),
            Call::Abort => {
                inner.queue.borrow_mut().clear();
                inner.later(TRIP, move |inner| inner.abort(until));
            }
        }
    }

    fn outcome(&self) -> Option<Outcome> {
        self.0.outcome.take()
    }

    fn has_sent_positions(&self) -> bool {
        self.0.has_sent_positions.get()
    }

    /// The service is ending, and its time passes without it.
    fn wait(&self, _timeout: Duration) {}

    fn take_undelivered(&self) -> Vec<(Ticket, KafkaError)> {
        self.0.undelivered.take()
    }
}

impl Drop for SimTransactional {
    fn drop(&mut self) {
        self.0.closed.set(true);
        self.0.queue.borrow_mut().clear();
    }
}

impl Inner {
    fn ends(&self) -> super::schedule::Ends {
        self.world.plan.transactions.unwrap_or_default()
    }

    fn sender(&self) -> Sender {
        Sender { service: self.service, producer: self.id, epoch: self.epoch.get() }
    }

    fn later(self: &Rc<Self>, time: Time, next: impl FnOnce(&Rc<Self>) + 'static) {
        let inner = Rc::clone(self);
        let trip = self.world.draw(|random| random.between(1, TRIP));
        self.world.after(time + trip, move |_| next(&inner));
    }

    fn tell(&self, outcome: Outcome) {
        if !self.closed.get() {
            self.world.tell(|| format!("producer {}: {outcome:?}", self.id));
            if matches!(outcome, Outcome::Started(_) | Outcome::Committed | Outcome::Aborted) {
                self.transaction.set(self.transaction.get() + 1);
                self.failed.set(false);
            }
            self.outcome.replace(Some(outcome));
            self.bell.ring();
        }
    }

    /// A request can't be answered now; whether it was asked for long enough.
    fn is_given_up(self: &Rc<Self>, until: Time) -> bool {
        self.world.time() >= until
    }

    fn start(self: &Rc<Self>, partitions: &[Partition], until: Time) {
        if self.world.plan.is_away(self.world.time()) {
            return self.tell(Outcome::NotStarted { why: "no broker".to_owned(), again: true });
        }
        if self.world.fault(self.world.plan.odds.create) {
            return self.tell(Outcome::NotStarted { why: "no rights".to_owned(), again: false });
        }
        if self.closed.get() {
            return;
        }
        if self.epoch.get() == 0 {
            self.epoch.set(self.world.transactions.borrow_mut().begin());
        }
        let _ = until;
        let group = self.world.group.borrow();
        let committed = |partition: &Partition| Some((*partition, group.committed[place(partition.1)]?));
        let committed: BTreeMap<Partition, i64> = partitions.iter().filter_map(committed).collect();
        drop(group);
        self.tell(Outcome::Started(committed));
    }

    fn abort(self: &Rc<Self>, until: Time) {
        if self.world.plan.is_away(self.world.time()) {
            if self.is_given_up(until) {
                return self.tell(Outcome::Unsure("no broker".to_owned()));
            }
            return self.later(100 * MILLISECOND, move |inner| inner.abort(until));
        }
        if self.world.transactions.borrow().is_fenced(self.sender()) {
            return self.tell(Outcome::Fenced("an older epoch".to_owned()));
        }
        self.world.transactions.borrow_mut().abort();
        if self.world.fault(self.ends().unanswered) {
            return self.tell(Outcome::Unsure("no answer".to_owned()));
        }
        self.tell(Outcome::Aborted);
    }

    /// All outputs are to be there before the end is asked for.
    fn flush(self: &Rc<Self>, positions: Vec<Position>, granted: Granted, until: Time) {
        let is_idle = self.queue.borrow().is_empty() && self.on_their_way.borrow().values().all(VecDeque::is_empty);
        if self.failed.get() {
            return self.tell(Outcome::Refused(Refusal { why: "outputs".to_owned(), of: Of::Outputs }));
        }
        if is_idle && !self.world.plan.is_away(self.world.time()) {
            return self.send_offsets(&positions, &granted);
        }
        if self.is_given_up(until) {
            return self.tell(Outcome::Refused(Refusal { why: "no broker".to_owned(), of: Of::Brokers }));
        }
        self.later(20 * MILLISECOND, move |inner| inner.flush(positions, granted, until));
    }

    fn send_offsets(self: &Rc<Self>, positions: &[Position], granted: &Granted) {
        let world = &self.world;
        if world.transactions.borrow().is_fenced(self.sender()) {
            return self.tell(Outcome::Fenced("an older epoch".to_owned()));
        }
        if world.fault(world.plan.odds.commit) {
            return self.tell(Outcome::Refused(Refusal { why: "no coordinator".to_owned(), of: Of::Brokers }));
        }
        let group = world.group.borrow();
        let is_member = group.member == Some(self.service);
        if !is_member || granted.membership.words::<u64>() != Some(&group.generation) {
            drop(group);
            return self.tell(Outcome::Refused(Refusal { why: "another generation".to_owned(), of: Of::Member }));
        }
        drop(group);
        let offsets = positions.iter().map(|position| (position.partition, position.offset)).collect();
        coordinator::add(world, self.sender(), vec![], offsets);
        let slow = if world.fault(world.plan.odds.ack) { world.draw(|random| random.delay(5 * SECOND)) } else { 0 };
        self.later(slow, Self::end);
    }

    /// The end is asked for; the request, or its answer, may be lost, or come late.
    fn end(self: &Rc<Self>) {
        let world = &self.world;
        let left = world.plan.calm_from.saturating_sub(world.time());
        let long = world.draw(|random| random.delay(10 * SECOND)).min(left);
        let lost = Outcome::Unsure("no answer".to_owned());
        if world.fault(self.ends().lost) {
            return self.later(long, move |inner| inner.tell(lost));
        }
        if world.fault(self.ends().late) {
            let sender = self.sender();
            world.after(long, move |world| {
                let taken = coordinator::commit(world, sender);
                world.tell(|| format!("a late end of {sender:?}: {taken}"));
            });
            return self.later(long / 2, move |inner| inner.tell(lost));
        }
        if !coordinator::commit(world, self.sender()) {
            return self.tell(Outcome::Fenced("an older epoch".to_owned()));
        }
        if world.fault(self.ends().unanswered) {
            return self.later(long, move |inner| inner.tell(lost));
        }
        self.later(1, move |inner| inner.tell(Outcome::Committed));
    }

    fn pump_soon(self: &Rc<Self>) {
        if !self.pumping.replace(true) {
            self.later(MILLISECOND, |inner| {
                inner.pumping.set(false);
                inner.pump();
            });
        }
    }

    /// Sends a batch of what is queued for one partition.
    fn pump(self: &Rc<Self>) {
        let most = self.world.draw(|random| random.count(1, 8));
        let mut queue = self.queue.borrow_mut();
        let (mut records, mut bytes) = (vec![], 0);
        while records.len() < most
            && let Some(next) = queue.pop_front_if(|next| {
                records
                    .first()
                    .is_none_or(|first| Lane::of(first) == Lane::of(next) && bytes + next.size <= self.batch_size)
            })
        {
            bytes += next.size;
            records.push(next);
        }
        let more = !queue.is_empty();
        drop(queue);
        let Some(first) = records.first() else { return };
        let place = Lane::of(first);
        let partition = place.partition;
        let batch = Batch { producer: self.id, epoch: 0, partition, base: 0, records, number: self.transaction.get() };
        let mut lanes = self.on_their_way.borrow_mut();
        let lane = lanes.entry(place).or_default();
        lane.push_back(batch);
        let is_first = lane.len() == 1;
        drop(lanes);
        if is_first {
            self.later(0, move |inner| inner.arrive(place));
        }
        if more {
            self.pump_soon();
        }
    }

    /// The first batch of a partition arrives, and the next sets off.
    fn arrive(self: &Rc<Self>, place: Lane) {
        let world = Rc::clone(&self.world);
        let now = world.time();
        let number = self.on_their_way.borrow().get(&place).and_then(|lane| lane.front()).map(|batch| batch.number);
        let is_of_now = number == Some(self.transaction.get());
        if is_of_now && (world.plan.is_away(now) || world.plan.is_leaderless(place.topic(), place.partition, now)) {
            return self.later(100 * MILLISECOND, move |inner| inner.arrive(place));
        }
        let mut lanes = self.on_their_way.borrow_mut();
        let Some(batch) = lanes.entry(place).or_default().pop_front() else { return };
        let more = lanes.get(&place).is_some_and(|lane| !lane.is_empty());
        drop(lanes);
        if more {
            self.later(0, move |inner| inner.arrive(place));
        }
        if is_of_now && !world.transactions.borrow().is_fenced(self.sender()) {
            self.arrived(place.topic(), batch);
        }
    }

    fn arrived(self: &Rc<Self>, topic: Purpose, batch: Batch) {
        let world = &self.world;
        let refused = world.broker(topic).borrow().refusal(&batch, world.time());
        let Some(codes) = refused else {
            return coordinator::add(world, self.sender(), batch.records, BTreeMap::new());
        };
        self.failed.set(true);
        let reports = batch.records.iter().zip(codes);
        let reports = reports.map(|(record, code)| (record.ticket, KafkaError::MessageProduction(code)));
        self.undelivered.borrow_mut().extend(reports);
        self.bell.ring();
    }
}
