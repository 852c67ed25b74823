//! The consumer group: its coordinator, the other member, and this service's consumer.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet, VecDeque},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};

use super::{
    oracle::Run,
    peer,
    schedule::{Kind, Plan, TRIP},
    world::{MILLISECOND, SECOND, Time, Who, World, WorldClock, micros},
};
use crate::{
    kafka::{pulse::Membership, topics::Topic},
    source::{
        assignment::Assignment,
        consumer::{Consumer, Partition, Record, Start},
        offsets::Position,
    },
};

/// How long a revoke waits for what is under way: what takes longer is handed over unfinished.
const DRAIN: Time = 20 * SECOND;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    Nobody,
    /// By its number.
    Service(u32),
    /// The other member.
    Peer,
}

/// What the group says to this member.
#[derive(Debug, Clone)]
pub enum News {
    Assigned(Vec<i32>),
    Revoked(Vec<i32>),
    Lost(Vec<i32>),
}

/// Who has which partition, and how far each is committed.
pub struct Coordinator {
    pub owners: Vec<Owner>,
    pub committed: Vec<Option<i64>>,
    pub news: VecDeque<News>,
    /// The service whose commits are taken: others were given up, or haven't joined.
    pub member: Option<u32>,
    /// Partitions that the other member waits for.
    pub wanted: BTreeSet<i32>,
}

impl Coordinator {
    pub fn new(plan: &Plan) -> Self {
        let partitions = plan.inputs.len();
        Self {
            owners: vec![Owner::Nobody; partitions],
            committed: vec![None; partitions],
            news: VecDeque::new(),
            member: None,
            wanted: BTreeSet::new(),
        }
    }

    pub fn owned_by(&self, owner: Owner) -> Vec<i32> {
        (0..).zip(&self.owners).filter(|(_, one)| **one == owner).map(|(partition, _)| partition).collect()
    }

    /// The partitions that nobody has go to this service.
    pub fn assign_rest(&mut self, service: u32) {
        let mine = self.owned_by(Owner::Nobody);
        self.member = Some(service);
        self.give(&mine, Owner::Service(service));
        self.news.push_back(News::Assigned(mine));
    }

    pub fn give(&mut self, partitions: &[i32], owner: Owner) {
        partitions.iter().for_each(|partition| self.owners[place(*partition)] = owner);
    }
}

pub fn place(partition: i32) -> usize {
    usize::try_from(partition).expect("a partition's number")
}

/// A partition that is read.
#[derive(Debug)]
struct Fetch {
    position: i64,
    paused: bool,
    /// The assignment, as tickets name it.
    slot: u32,
    /// When what was asked for comes.
    ready_at: Time,
}

#[derive(Default)]
struct State {
    assigned: BTreeMap<i32, Fetch>,
    stored: BTreeMap<i32, i64>,
    /// Partitions that were paused when they were given up: the client remembers that.
    paused: BTreeSet<i32>,
    /// When the revoke began that is being answered, and what is lost with it.
    revoking: Option<(Time, bool)>,
    /// The last commit has failed.
    commit_failed: bool,
}

struct Inner {
    world: Rc<World>,
    service: u32,
    assignment: Arc<Assignment<WorldClock>>,
    state: RefCell<State>,
    closed: Cell<bool>,
}

/// This service's member of the group.
pub struct SimConsumer(Rc<Inner>);

impl SimConsumer {
    pub fn join(world: &Rc<World>, service: u32, assignment: Arc<Assignment<WorldClock>>) -> Self {
        let state = RefCell::default();
        let inner = Rc::new(Inner { world: Rc::clone(world), service, assignment, state, closed: Cell::new(false) });
        world.group.borrow_mut().news.clear();
        inner.join();
        Inner::commit_each_second(&inner);
        Self(inner)
    }
}

impl Inner {
    fn join(self: &Rc<Self>) {
        let (member, joining) = (Rc::clone(self), self.world.draw(|random| random.delay(3 * SECOND)));
        self.world.after(joining, move |world| {
            if !member.closed.get() {
                world.group.borrow_mut().assign_rest(member.service);
            }
        });
    }

    fn commit_each_second(self: &Rc<Self>) {
        let inner = Rc::clone(self);
        self.world.after(SECOND, move |_| {
            if !inner.closed.get() {
                let stored = inner.state.borrow().stored.clone();
                let member = Rc::clone(&inner);
                inner.world.after(TRIP, move |_| {
                    if !member.closed.get() && !stored.is_empty() {
                        drop(member.commit(&stored));
                    }
                });
                inner.commit_each_second();
            }
        });
    }

    /// A commit arrives at the coordinator, which takes it from any member, for any partition.
    fn commit(&self, offsets: &BTreeMap<i32, i64>) -> KafkaResult<()> {
        let world = &self.world;
        let failed = world.plan.is_away(world.time()) || world.fault(world.plan.odds.commit);
        let fails = failed || world.group.borrow().member != Some(self.service);
        self.state.borrow_mut().commit_failed = fails;
        if fails {
            world.tell(|| format!("a commit of {offsets:?} fails"));
            return Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::RequestTimedOut));
        }
        offsets.iter().for_each(|(partition, offset)| self.committed(*partition, *offset));
        Ok(())
    }

    fn committed(&self, partition: i32, offset: i64) {
        let world = &self.world;
        let before = std::mem::replace(&mut world.group.borrow_mut().committed[place(partition)], Some(offset));
        if before != Some(offset) {
            world.tell(|| format!("committed: {partition} at {offset}"));
            world.oracle.borrow_mut().committed(world, partition, before, offset);
            world.oracle.borrow_mut().done_until(world, self.service, partition, before, offset);
        }
    }

    /// Answers the group's news.
    fn hear(self: &Rc<Self>, news: News) {
        let consumer = SimConsumer(Rc::clone(self));
        self.world.tell(|| format!("the group says: {news:?}"));
        match news {
            News::Assigned(partitions) => self.assignment.assigned(&consumer, &of_topic(&partitions)),
            News::Revoked(partitions) => self.revoked(&consumer, &partitions, false),
            News::Lost(partitions) => {
                self.revoked(&consumer, &partitions, true);
                self.join();
            }
        }
        std::mem::forget(consumer);
    }

    fn revoked(&self, consumer: &SimConsumer, partitions: &[i32], lost: bool) {
        self.state.borrow_mut().revoking = Some((self.world.time(), lost));
        self.assignment.revoked(consumer, &of_topic(partitions));
        if let Some(forgotten) = self.state.borrow().assigned.keys().find(|partition| partitions.contains(partition)) {
            self.world
                .broken(super::oracle::COMMITTED, format!("partition {forgotten} was taken away, and is read on"));
        }
        self.state.borrow_mut().revoking = None;
    }

    /// The group takes back what the consumer gives up: the client commits what is stored.
    fn give_up(&self, partition: i32) {
        let mut state = self.state.borrow_mut();
        let Some(fetch) = state.assigned.remove(&partition) else { return };
        if fetch.paused {
            state.paused.insert(partition);
        }
        let stored = state.stored.remove(&partition);
        let (began, lost) = state.revoking.unwrap_or((self.world.time(), false));
        drop(state);
        let lost = lost || self.world.group.borrow().member != Some(self.service);
        if let Some(offset) = stored.filter(|_| !lost) {
            let committed = self.world.group.borrow().committed[place(partition)];
            if committed != Some(offset) {
                drop(self.commit(&[(partition, offset)].into()));
            }
        }
        let clean = !lost && self.world.is_leisurely(began, DRAIN) && !self.state.borrow().commit_failed;
        if clean {
            let committed = self.world.group.borrow().committed[place(partition)];
            let run = Run { service: self.service, slot: fetch.slot };
            self.world.oracle.borrow().handed_over(&self.world, run, committed);
        }
        let mut group = self.world.group.borrow_mut();
        if group.owners[place(partition)] == Owner::Service(self.service) {
            group.owners[place(partition)] = Owner::Nobody;
        }
        let wanted = group.wanted.remove(&partition);
        peer::take_soon(&self.world, partition, wanted);
    }

    /// The partitions of which a record can be read now.
    fn readable(&self) -> Vec<i32> {
        let now = self.world.time();
        let state = self.state.borrow();
        let ready = |(partition, fetch): (&i32, &Fetch)| {
            let next = self.next(*partition, fetch.position)?;
            (!fetch.paused && fetch.ready_at <= now && next.at <= now).then_some(*partition)
        };
        if self.world.plan.is_away(now) { vec![] } else { state.assigned.iter().filter_map(ready).collect() }
    }

    fn next(&self, partition: i32, position: i64) -> Option<&super::schedule::Input> {
        let inputs = &self.world.plan.inputs[place(partition)];
        inputs.get(inputs.partition_point(|input| input.offset < position))
    }

    /// Reads one record of a partition.
    fn read<T>(&self, partition: i32, read: impl FnOnce(Record<'_>) -> T) -> T {
        let late = self.world.fault(self.world.plan.odds.fetch);
        let mut state = self.state.borrow_mut();
        let fetch = state.assigned.get_mut(&partition).expect("it is assigned");
        let input = *self.next(partition, fetch.position).expect("it is there");
        fetch.position = input.offset + 1;
        if late {
            fetch.ready_at = self.world.time() + self.world.draw(|random| random.delay(3 * SECOND));
        }
        drop(state);
        self.world.oracle.borrow_mut().read(&self.world.plan, self.service, input.kind);
        let value = format!("[{partition},{}]", input.offset);
        let key = format!("k{}", input.offset);
        read(Record {
            partition: (0, partition),
            offset: input.offset,
            key: (input.kind != Kind::Keyless).then_some(key.as_bytes()),
            value: (input.kind != Kind::Tombstone).then_some(value.as_bytes()),
            headers: None,
        })
    }
}

fn of_topic(partitions: &[i32]) -> Vec<Partition> {
    partitions.iter().map(|partition| (0, *partition)).collect()
}

impl Consumer for SimConsumer {
    fn poll<T>(&self, timeout: Duration, read: impl FnOnce(Record<'_>) -> T) -> Option<KafkaResult<T>> {
        let (inner, world) = (&self.0, &self.0.world);
        let until = world.time() + micros(timeout);
        world.wait(Who::Source, Duration::from_micros(1), &|| false);
        loop {
            let news = world.group.borrow_mut().news.pop_front();
            if let Some(news) = news {
                inner.hear(news);
                continue;
            }
            if world.fault(world.plan.odds.poll) {
                return Some(Err(KafkaError::MessageConsumption(RDKafkaErrorCode::BrokerTransportFailure)));
            }
            let readable = inner.readable();
            if !readable.is_empty() {
                let partition = readable[world.draw(|random| random.below(readable.len() as u64)) as usize];
                return Some(Ok(inner.read(partition, read)));
            }
            if world.time() >= until {
                return None;
            }
            let left = Duration::from_micros(until - world.time());
            world.wait(Who::Source, left.min(Duration::from_millis(5)), &|| {
                !world.group.borrow().news.is_empty() || !inner.readable().is_empty()
            });
        }
    }

    fn assignment(&self) -> KafkaResult<Vec<Partition>> {
        Ok(self.0.state.borrow().assigned.keys().map(|partition| (0, *partition)).collect())
    }

    fn pause(&self, partitions: &[Partition]) -> KafkaResult<()> {
        self.0.world.tell(|| format!("paused: {partitions:?}"));
        let mut state = self.0.state.borrow_mut();
        for (_, partition) in partitions {
            if let Some(fetch) = state.assigned.get_mut(partition) {
                fetch.paused = true;
            }
        }
        Ok(())
    }

    fn resume(&self, partitions: &[Partition]) -> KafkaResult<()> {
        self.0.world.tell(|| format!("resumed: {partitions:?}"));
        let fetched = self.0.world.time() + self.0.world.draw(|random| random.delay(20 * MILLISECOND));
        let mut state = self.0.state.borrow_mut();
        for (_, partition) in partitions {
            state.paused.remove(partition);
            if let Some(fetch) = state.assigned.get_mut(partition).filter(|fetch| fetch.paused) {
                fetch.paused = false;
                fetch.ready_at = fetched;
            }
        }
        Ok(())
    }

    fn assign(&self, starts: &[Start]) -> KafkaResult<()> {
        let mut state = self.0.state.borrow_mut();
        for start in starts {
            let partition = start.partition.1;
            let ready_at = self.0.world.time() + self.0.world.draw(|random| random.delay(200 * MILLISECOND));
            let committed = self.0.world.group.borrow().committed[place(partition)];
            if start.offset != committed {
                let what =
                    format!("partition {partition} is read from {:?}, and committed is {committed:?}", start.offset);
                self.0.world.broken(super::oracle::HANDED_OVER, what);
            }
            let paused = state.paused.remove(&partition);
            let slot = self.0.assignment.slot(start.partition).expect("it is noted before");
            state.assigned.insert(partition, Fetch { position: start.offset.unwrap_or(0), paused, slot, ready_at });
        }
        Ok(())
    }

    fn unassign(&self, partitions: &[Partition]) -> KafkaResult<()> {
        partitions.iter().for_each(|(_, partition)| self.0.give_up(*partition));
        Ok(())
    }

    fn is_lost(&self) -> bool {
        let given_up = self.0.world.group.borrow().member != Some(self.0.service);
        given_up || self.0.state.borrow().revoking.is_some_and(|(_, lost)| lost)
    }

    fn store(&self, positions: &[Position]) -> KafkaResult<()> {
        let mut state = self.0.state.borrow_mut();
        for position in positions {
            if !state.assigned.contains_key(&position.partition) {
                return Err(KafkaError::StoreOffset(RDKafkaErrorCode::State));
            }
            state.stored.insert(position.partition, position.offset);
        }
        Ok(())
    }

    fn commit(&self, positions: &[Position]) -> KafkaResult<()> {
        self.0.world.wait(Who::Source, Duration::from_micros(TRIP), &|| false);
        self.0.commit(&positions.iter().map(|position| (position.partition, position.offset)).collect())
    }

    fn committed(&self, _source: u16) -> KafkaResult<BTreeMap<i32, Option<i64>>> {
        let world = &self.0.world;
        world.wait(Who::Source, Duration::from_micros(TRIP), &|| false);
        if world.plan.is_away(world.time()) || world.fault(world.plan.odds.commit) {
            return Err(KafkaError::OffsetFetch(RDKafkaErrorCode::OperationTimedOut));
        }
        Ok((0..).zip(world.group.borrow().committed.iter().copied()).collect())
    }

    fn watermarks(&self, (_, partition): Partition) -> KafkaResult<(i64, i64)> {
        let (inputs, now) = (&self.0.world.plan.inputs[place(partition)], self.0.world.time());
        let there = inputs.iter().filter(|input| input.at <= now).map(|input| input.offset + 1).max();
        Ok((0, there.unwrap_or(0)))
    }

    fn look_up(&self, _topic: &str) -> Topic {
        Topic::Partitions(i32::try_from(self.0.world.plan.inputs.len()).unwrap_or(i32::MAX))
    }

    fn membership(&self) -> Membership {
        Membership::default()
    }

    fn is_reached(&self) -> bool {
        true
    }

    fn tell(&self, _error: &KafkaError) {}
}

impl Drop for SimConsumer {
    /// The close revokes what is left.
    fn drop(&mut self) {
        self.0.closed.set(true);
        let world = &self.0.world;
        if world.is_crashing() || std::thread::panicking() {
            return;
        }
        let left: Vec<i32> = self.0.state.borrow().assigned.keys().copied().collect();
        if !left.is_empty() {
            self.0.revoked(self, &left, false);
        }
    }
}
