//! The member of the group as the source meets it.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};

use super::{
    group::place,
    member::{Fetch, Inner},
    oracle::{HANDED_OVER, SETTLES},
    schedule::TRIP,
    world::{MILLISECOND, Who, World, WorldClock, micros},
};
use crate::{
    kafka::{pulse::Membership, topics::Topic},
    source::{
        assignment::Assignment,
        consumer::{Committed, Consumer, Member, Partition, Positions, Record, Start},
        known::TopicId,
        mandate::Words,
        offsets::Position,
    },
};

/// This service's member of the group.
pub(super) struct SimConsumer(pub(super) Rc<Inner>);

impl SimConsumer {
    pub(super) fn create(world: &Rc<World>, service: u32, assignment: Arc<Assignment<WorldClock>>) -> Self {
        let state = RefCell::default();
        let (joined, closed) = (Cell::new(false), Cell::new(false));
        let inner = Rc::new(Inner { world: Rc::clone(world), service, assignment, state, joined, closed });
        if !world.looks_for_topic() {
            inner.assignment.missing(0);
        }
        Self(inner)
    }
}

pub(super) fn of_topic(partitions: &[i32]) -> Vec<Partition> {
    partitions.iter().map(|partition| (0, *partition)).collect()
}

impl Positions for SimConsumer {
    fn commit(&self, positions: &[Position]) -> KafkaResult<()> {
        self.0.world.wait(Who::Source, Duration::from_micros(TRIP), &|| false);
        self.0.commit(&positions.iter().map(|position| (position.partition, position.offset)).collect())
    }

    fn committed(&self, _source: u16) -> KafkaResult<BTreeMap<i32, Option<Committed>>> {
        let world = &self.0.world;
        world.wait(Who::Source, Duration::from_micros(TRIP), &|| false);
        if world.plan.is_away(world.time()) || world.fault(world.plan.odds.commit) {
            return Err(KafkaError::OffsetFetch(RDKafkaErrorCode::OperationTimedOut));
        }
        if !world.has_topic() {
            return Err(KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopicOrPartition));
        }
        let mut partitions = 0..i32::try_from(world.plan.inputs.len()).unwrap_or(i32::MAX);
        if partitions.any(|partition| world.transactions.borrow().is_unstable(partition)) {
            // The client asks again until its time is over.
            world.wait(Who::Source, Duration::from_millis(500), &|| false);
            return Err(KafkaError::OffsetFetch(RDKafkaErrorCode::OperationTimedOut));
        }
        let committed = |offset: &Option<i64>| offset.map(|offset| Committed { offset, topic: None });
        Ok((0..).zip(world.group.borrow().committed.iter().map(committed)).collect())
    }

    fn identify(&self, _source: u16) -> KafkaResult<Option<TopicId>> {
        Ok(None)
    }

    fn watermarks(&self, (_, partition): Partition) -> KafkaResult<(i64, i64)> {
        let (inputs, now) = (&self.0.world.plan.inputs[place(partition)], self.0.world.time());
        let there = inputs.iter().filter(|input| input.at <= now).map(|input| input.offset + 1).max();
        Ok((0, there.unwrap_or(0)))
    }

    fn look_up(&self, _topic: &str) -> Topic {
        if !self.0.world.has_topic() {
            return Topic::Missing;
        }
        Topic::Partitions(i32::try_from(self.0.world.plan.inputs.len()).unwrap_or(i32::MAX))
    }
}

impl Consumer for SimConsumer {
    fn join(&self) -> KafkaResult<()> {
        self.0.world.group.borrow_mut().news.clear();
        self.0.joined.set(true);
        self.0.join();
        self.0.commit_each_second();
        Ok(())
    }

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
                let partition = readable[world.draw(|random| random.count(0, readable.len() - 1))];
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
            let assignment = self.0.assignment.assignment(start.partition);
            if assignment.is_some() && start.offset != committed {
                let what =
                    format!("partition {partition} is read from {:?}, and committed is {committed:?}", start.offset);
                self.0.world.broken(HANDED_OVER, what);
            }
            let paused = state.paused.remove(&partition);
            state
                .assigned
                .insert(partition, Fetch { position: start.offset.unwrap_or(0), paused, assignment, ready_at });
        }
        Ok(())
    }

    fn unassign(&self, partitions: &[Partition]) -> KafkaResult<()> {
        for (_, partition) in partitions {
            if !self.0.state.borrow().assigned.contains_key(partition) {
                self.0.world.broken(SETTLES, format!("partition {partition} is given up, and was never taken"));
            }
            self.0.give_up(*partition);
        }
        Ok(())
    }

    fn is_lost(&self) -> bool {
        self.0.state.borrow().revoking.is_some_and(|(_, lost)| lost)
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

    fn seek(&self, starts: &[Start]) -> KafkaResult<()> {
        self.0.world.tell(|| format!("sought: {starts:?}"));
        let mut state = self.0.state.borrow_mut();
        for start in starts {
            if let Some(fetch) = state.assigned.get_mut(&start.partition.1) {
                fetch.position = start.offset.unwrap_or(0);
                fetch.assignment = self.0.assignment.assignment(start.partition);
            }
        }
        Ok(())
    }

    fn words(&self) -> Option<Words> {
        let group = self.0.world.group.borrow();
        (group.member == Some(self.0.service)).then(|| Words::new(group.generation))
    }

    fn membership(&self) -> Membership {
        Membership::default()
    }

    fn is_reached(&self) -> bool {
        true
    }

    fn tell(&self, _error: &KafkaError) {}
}

impl Member for SimConsumer {
    fn mend(&mut self) {}
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
