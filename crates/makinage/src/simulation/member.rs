//! This service's member of the group: what it reads, what it commits, and how it hears of the group's decisions.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::Arc,
};

use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};

use super::{
    consumer::{SimConsumer, of_topic},
    group::{News, Owner, place},
    oracle::{COMMITTED, Run},
    peer,
    schedule::{Input, TRIP},
    world::{SECOND, Time, World, WorldClock},
};
use crate::source::{assignment::Assignment, consumer::Record};

/// How long a revoke waits for what is under way: what takes longer is handed over unfinished.
const DRAIN: Time = 20 * SECOND;

/// A partition that is read.
#[derive(Debug)]
pub(super) struct Fetch {
    pub(super) position: i64,
    pub(super) paused: bool,
    /// The assignment, as tickets name it.
    /// `None` where it was taken without a start, so that what is read of it has no ticket.
    pub(super) assignment: Option<u32>,
    /// When what was asked for comes.
    pub(super) ready_at: Time,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) assigned: BTreeMap<i32, Fetch>,
    /// What the group has given, and not taken away: what the client must have taken.
    pub(super) given: BTreeSet<i32>,
    pub(super) stored: BTreeMap<i32, i64>,
    /// Partitions that were paused when they were given up: the client remembers that.
    pub(super) paused: BTreeSet<i32>,
    /// When the revoke began that is being answered, and what is lost with it.
    pub(super) revoking: Option<(Time, bool)>,
    /// The last commit has failed.
    pub(super) commit_failed: bool,
}

pub(super) struct Inner {
    pub(super) world: Rc<World>,
    pub(super) service: u32,
    pub(super) assignment: Arc<Assignment<WorldClock>>,
    pub(super) state: RefCell<State>,
    /// Whether it has asked to be a member.
    pub(super) joined: Cell<bool>,
    pub(super) closed: Cell<bool>,
}

impl Inner {
    pub(super) fn join(self: &Rc<Self>) {
        let (member, joining) = (Rc::clone(self), self.world.draw(|random| random.delay(3 * SECOND)));
        self.world.after(joining, move |world| {
            if member.closed.get() {
                return;
            }
            if world.has_topic() {
                world.group.borrow_mut().assign_rest(member.service);
            } else {
                // It has nothing to read, and looks again.
                member.join();
            }
        });
    }

    pub(super) fn commit_each_second(self: &Rc<Self>) {
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

    /// A commit arrives at the coordinator, which takes it from any member, for any partition, and from anybody as long
    /// as there is no member.
    pub(super) fn commit(&self, offsets: &BTreeMap<i32, i64>) -> KafkaResult<()> {
        let world = &self.world;
        let failed = world.plan.is_away(world.time()) || world.fault(world.plan.odds.commit);
        let given_up = !world.group.borrow().takes_commits_of(self.service, self.joined.get());
        self.state.borrow_mut().commit_failed = failed || given_up;
        if failed || given_up {
            world.tell(|| format!("a commit of {offsets:?} fails"));
            let why = if failed { RDKafkaErrorCode::RequestTimedOut } else { RDKafkaErrorCode::UnknownMemberId };
            return Err(KafkaError::ConsumerCommit(why));
        }
        for (partition, offset) in offsets {
            self.committed(*partition, *offset);
        }
        Ok(())
    }

    pub(super) fn committed(&self, partition: i32, offset: i64) {
        committed(&self.world, self.service, partition, offset);
    }

    /// Answers the group's news.
    pub(super) fn hear(self: &Rc<Self>, news: News) {
        let consumer = SimConsumer(Rc::clone(self));
        self.world.tell(|| format!("the group says: {news:?}"));
        match news {
            News::Assigned(partitions) => {
                self.state.borrow_mut().given.extend(&partitions);
                self.assignment.assigned(&consumer, &of_topic(&partitions));
            }
            News::Revoked(partitions) => self.revoked(&consumer, &partitions, false),
            News::Lost(partitions) => {
                self.revoked(&consumer, &partitions, true);
                self.join();
            }
        }
        std::mem::forget(consumer);
    }

    pub(super) fn revoked(&self, consumer: &SimConsumer, partitions: &[i32], lost: bool) {
        // Some may have been taken away since the group decided on it.
        let given = std::mem::take(&mut self.state.borrow_mut().given);
        let (gone, kept): (BTreeSet<i32>, _) = given.into_iter().partition(|given| partitions.contains(given));
        self.state.borrow_mut().given = kept;
        let partitions: &[i32] = &gone.into_iter().collect::<Vec<_>>();
        self.state.borrow_mut().revoking = Some((self.world.time(), lost));
        self.assignment.revoked(consumer, &of_topic(partitions));
        if let Some(forgotten) = self.state.borrow().assigned.keys().find(|partition| partitions.contains(partition)) {
            self.world.broken(COMMITTED, format!("partition {forgotten} was taken away, and is read on"));
        }
        self.state.borrow_mut().revoking = None;
    }

    /// The group takes back what the consumer gives up: the client commits what is stored.
    pub(super) fn give_up(&self, partition: i32) {
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
            if let Some(assignment) = fetch.assignment {
                let run = Run { service: self.service, assignment };
                self.world.oracle.borrow().handed_over(&self.world, run, committed);
            }
        }
        let mut group = self.world.group.borrow_mut();
        if group.owners[place(partition)] == Owner::Service(self.service) {
            group.owners[place(partition)] = Owner::Nobody;
        }
        let wanted = group.wanted.remove(&partition);
        peer::take_soon(&self.world, partition, wanted);
    }

    /// The partitions of which a record can be read now.
    pub(super) fn readable(&self) -> Vec<i32> {
        let now = self.world.time();
        let state = self.state.borrow();
        let ready = |(partition, fetch): (&i32, &Fetch)| {
            let next = self.next(*partition, fetch.position)?;
            (!fetch.paused && fetch.ready_at <= now && next.at <= now).then_some(*partition)
        };
        if self.world.plan.is_away(now) { vec![] } else { state.assigned.iter().filter_map(ready).collect() }
    }

    pub(super) fn next(&self, partition: i32, position: i64) -> Option<&Input> {
        let inputs = &self.world.plan.inputs[place(partition)];
        inputs.get(inputs.partition_point(|input| input.offset < position))
    }

    /// Reads one record of a partition.
    pub(super) fn read<T>(&self, partition: i32, read: impl FnOnce(Record<'_>) -> T) -> T {
        let late = self.world.fault(self.world.plan.odds.fetch);
        let mut state = self.state.borrow_mut();
        let fetch = state.assigned.get_mut(&partition).expect("it is assigned");
        let input = *self.next(partition, fetch.position).expect("it is there");
        fetch.position = input.offset + 1;
        if late {
            fetch.ready_at = self.world.time() + self.world.draw(|random| random.delay(3 * SECOND));
        }
        let has_ticket = fetch.assignment.is_some();
        drop(state);
        if has_ticket {
            self.world.oracle.borrow_mut().read(&self.world.plan, self.service, input.kind);
            let read = self.world.oracle.borrow().done(self.service).read;
            if let Some(service) = &*self.world.service.borrow() {
                service.has_read(&self.world, read);
            }
        }
        let (key, value) = (input.key(), input.value(partition));
        read(Record {
            time: -1,
            partition: (0, partition),
            offset: input.offset,
            key: key.as_deref().map(str::as_bytes),
            value: value.as_deref().map(str::as_bytes),
            headers: None,
        })
    }
}

/// The group's offset of a partition is this one now.
pub(super) fn committed(world: &Rc<World>, service: u32, partition: i32, offset: i64) {
    let before = world.group.borrow_mut().committed[place(partition)].replace(offset);
    if before != Some(offset) {
        world.tell(|| format!("committed: {partition} at {offset}"));
        world.oracle.borrow_mut().committed(world, partition, before, offset);
        world.oracle.borrow_mut().done_until(world, service, partition, before, offset);
    }
}
