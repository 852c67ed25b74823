//! What a producer does by itself: batches by partition, in flight up to five, in their order; answers, and the end.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};

use rdkafka::{
    Message, Timestamp,
    error::{KafkaError, RDKafkaErrorCode},
    message::OwnedMessage,
};

use super::{
    kafka::Answer,
    oracle::Run,
    output::{Appended, Batch, Output, Place},
    schedule::TRIP,
    world::{MILLISECOND, SECOND, Time, World},
};
use crate::{
    event::Ticket,
    sink::{
        producer::{Fatal, Kind, Record},
        purpose::Purpose,
        reports::{Reports, Undelivered},
    },
};

/// Batches of a partition that may be on their way at once.
const IN_FLIGHT: usize = 5;
/// A request that isn't answered fails after so long at most.
const TIME_OUT: Time = 60 * SECOND;

#[derive(Default)]
pub(super) struct State {
    pub(super) queues: BTreeMap<i32, VecDeque<Output>>,
    pub(super) in_flight: BTreeMap<i32, VecDeque<Batch>>,
    /// The next record's number, by partition.
    pub(super) sequences: BTreeMap<i32, u64>,
    pub(super) arrivals: BTreeMap<i32, Time>,
    /// Numbers of the batches that have not arrived: those of one connection arrive in their order.
    pub(super) on_their_way: BTreeMap<i32, VecDeque<u64>>,
    pub(super) epoch: u64,
    pub(super) batches: u64,
    /// Records whose answer has been lost, until that times out.
    pub(super) lost: usize,
    pub(super) fatal: Option<Fatal>,
    pub(super) pumping: bool,
}

impl State {
    pub(super) fn held(&self) -> usize {
        let queued: usize = self.queues.values().map(VecDeque::len).sum();
        self.lost + queued + self.in_flight.values().flatten().map(|batch| batch.records.len()).sum::<usize>()
    }
}

pub(super) struct Inner {
    pub(super) world: Rc<World>,
    pub(super) service: u32,
    pub(super) topic: Purpose,
    pub(super) id: usize,
    pub(super) kind: Kind,
    pub(super) batch_size: usize,
    pub(super) reports: Reports,
    pub(super) state: RefCell<State>,
    /// The service has let go of it.
    pub(super) closed: Cell<bool>,
    pub(super) cut: Cell<bool>,
}

impl Inner {
    pub(super) fn queue(&self, record: &Record<'_>) {
        let partition = record.partition.expect("the sink names it");
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

    pub(super) fn pump_soon(self: &Rc<Self>, delay: Time) {
        if !std::mem::replace(&mut self.state.borrow_mut().pumping, true) {
            let inner = Rc::clone(self);
            self.world.after(delay, move |_| {
                inner.state.borrow_mut().pumping = false;
                inner.pump();
            });
        }
    }

    /// Sends what may be sent.
    pub(super) fn pump(self: &Rc<Self>) {
        let partitions: Vec<i32> = self.state.borrow().queues.keys().copied().collect();
        for partition in partitions {
            while let Some(batch) = self.next_batch(partition) {
                self.send(batch);
            }
        }
    }

    pub(super) fn next_batch(&self, partition: i32) -> Option<Batch> {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let in_flight = state.in_flight.entry(partition).or_default();
        if self.closed.get() || state.fatal.is_some() || in_flight.len() >= IN_FLIGHT {
            return None;
        }
        let most = if self.kind == Kind::Alone { 1 } else { self.world.draw(|random| random.count(1, 8)) };
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

    pub(super) fn send(self: &Rc<Self>, batch: Batch) {
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

    pub(super) fn arrive(self: &Rc<Self>, batch: Batch) {
        let world = Rc::clone(&self.world);
        // A connection that was closed before: this one, and what follows it, has not gone out.
        if self.closed.get() && (self.cut.get() || world.draw(|random| random.chance(300))) {
            self.cut.set(true);
            return;
        }
        let first =
            self.state.borrow().on_their_way.get(&batch.partition).and_then(VecDeque::front) == Some(&batch.number);
        if !first
            || world.plan.is_away(world.time())
            || world.plan.is_leaderless(self.topic, batch.partition, world.time())
        {
            let inner = Rc::clone(self);
            world.after(if first { 100 * MILLISECOND } else { MILLISECOND }, move |_| inner.arrive(batch));
            return;
        }
        self.state.borrow_mut().on_their_way.entry(batch.partition).or_default().pop_front();
        let answer = world.broker(self.topic).borrow_mut().arrive(&batch, world.time());
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

    pub(super) fn append(&self, partition: i32, record: &Output) {
        let place = Place::of(&record.message);
        let run = Run { service: self.service, assignment: record.ticket.assignment() };
        let (mut oracle, appended) = (self.world.oracle.borrow_mut(), Appended { partition, place, record });
        match self.topic {
            Purpose::Outputs => oracle.appended(&self.world, run, self.id, &appended),
            Purpose::DeadLetters => oracle.letters.appended(&self.world, run, &appended),
        }
    }

    pub(super) fn answered(self: &Rc<Self>, batch: &Batch, answer: &Answer) {
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
            self.give_up(false, "out of sequence, or fenced");
            self.lose_the_answer(batch.partition);
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

    pub(super) fn is_first(&self, batch: &Batch) -> bool {
        let state = self.state.borrow();
        state
            .in_flight
            .get(&batch.partition)
            .and_then(VecDeque::front)
            .is_some_and(|first| first.number == batch.number)
    }

    pub(super) fn delivered(&self, record: &Output) {
        self.world.oracle.borrow_mut().delivered(self.service, self.topic, Place::of(&record.message));
        self.reports.delivered(record.ticket, record.message.partition());
    }

    pub(super) fn refused(&self, batch: &Batch, codes: &[RDKafkaErrorCode]) {
        match self.kind {
            // In this order: whoever waits for the report must find the reason.
            Kind::Ordinary => self.give_up(true, "a gap"),
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

    /// It never learns what became of the partition's first batch, which waits again once it has timed out.
    fn lose_the_answer(self: &Rc<Self>, partition: i32) {
        let world = &self.world;
        let mut state = self.state.borrow_mut();
        let Some(batch) = state.in_flight.entry(partition).or_default().pop_front() else { return };
        state.lost += batch.records.len();
        let left = world.plan.calm_from.saturating_sub(world.time());
        let (inner, time) = (Rc::clone(self), world.draw(|random| random.delay(TIME_OUT)).min(left));
        world.after(time, move |_| inner.time_out(&batch));
    }

    fn time_out(&self, batch: &Batch) {
        for record in &batch.records {
            let run = Run { service: self.service, assignment: record.ticket.assignment() };
            self.world.oracle.borrow_mut().unsure(run, self.topic, Place::of(&record.message));
        }
        self.state.borrow_mut().lost -= batch.records.len();
        self.wait_again(batch);
    }

    /// Refused for what came before it: it waits again.
    pub(super) fn out_of_order(&self, batch: &Batch) {
        if self.state.borrow().fatal.is_none() {
            self.give_up(false, "out of sequence");
        }
        self.wait_again(batch);
    }

    fn wait_again(&self, batch: &Batch) {
        let mut state = self.state.borrow_mut();
        let queue = state.queues.entry(batch.partition).or_default();
        batch.records.iter().rev().for_each(|record| queue.push_front(record.clone()));
    }

    pub(super) fn give_up(&self, is_gap: bool, reason: &str) {
        self.world.tell(|| format!("producer {}: fatal: {reason}", self.id));
        self.state.borrow_mut().fatal = Some(Fatal { is_gap, is_denied: false, reason: reason.to_owned() });
        self.reports.give_up();
    }

    pub(super) fn not_delivered(&self, record: &Output, code: RDKafkaErrorCode) {
        let error = KafkaError::MessageProduction(code);
        self.reports.not_delivered(Undelivered { error, message: record.message.clone(), ticket: record.ticket });
    }

    /// What has not been sent comes back, the newest first.
    pub(super) fn purge(&self) {
        let queued: Vec<Output> = std::mem::take(&mut self.state.borrow_mut().queues).into_values().flatten().collect();
        for record in queued.iter().rev() {
            self.not_delivered(record, RDKafkaErrorCode::PurgeQueue);
        }
    }
}
