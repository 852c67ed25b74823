//! Two members that start together: every order of what one and the other ask and commit.

use std::{
    sync::{Condvar, Mutex as Lock},
    thread,
};

use super::*;

/// Orders of the first so many steps; from then on they take turns.
const STEPS: u32 = 12;

/// A broker whose members do one thing at a time, in an order that is decided beforehand.
struct Broker {
    order: u32,
    state: Lock<State>,
    changed: Condvar,
}

struct State {
    step: u32,
    running: [bool; 2],
    committed: Offsets,
    /// The first position that was committed of each partition.
    first: BTreeMap<i32, i64>,
    high: i64,
    broken: Option<String>,
}

impl Broker {
    fn new(order: u32) -> Self {
        let committed = [(0, None), (1, None), (2, None)].into();
        let state = State { step: 0, running: [true; 2], committed, first: BTreeMap::new(), high: 100, broken: None };
        Self { order, state: Lock::new(state), changed: Condvar::new() }
    }

    fn is_turn(&self, state: &State, member: usize) -> bool {
        let who = if state.step < STEPS { (self.order >> state.step) & 1 } else { state.step & 1 };
        let who = usize::from(who == 1);
        (if state.running[who] { who } else { 1 - who }) == member
    }

    /// One thing that a member does; meanwhile an event comes into each partition.
    fn step<T>(&self, member: usize, act: impl FnOnce(&mut State) -> T) -> T {
        let state = self.state.lock().expect("the state");
        let mut state = self.changed.wait_while(state, |state| !self.is_turn(state, member)).expect("the state");
        let done = act(&mut state);
        state.step += 1;
        state.high += 1;
        self.changed.notify_all();
        done
    }

    fn leave(&self, member: usize) {
        self.state.lock().expect("the state").running[member] = false;
        self.changed.notify_all();
    }
}

struct Member<'b> {
    broker: &'b Broker,
    number: usize,
    partition: i32,
    known: Mutex<Known>,
}

impl Member<'_> {
    /// Starts, and finishes one event.
    fn run(&self) {
        let topics = [topic("data", DataStart::End)];
        let partitions = [(0, self.partition)];
        let assigned = Assigned {
            topics: &topics,
            known: &self.known,
            partitions: &partitions,
            waited: Duration::ZERO,
            now: Instant::now(),
        };
        let start = loop {
            if let Some(starts) = choose(self, &assigned).expect("brokers answer") {
                break starts[0].offset.unwrap_or(0);
            }
        };
        self.broker.step(self.number, |state| {
            // The beginning of a topic that is new needs no commit where the group has others of it.
            if state.first.get(&self.partition).copied().unwrap_or(0) != start {
                state.broken = Some(format!("{} starts at {start}, and first was {:?}", self.partition, state.first));
            }
        });
        self.commit(&[position(0, self.partition, start + 1)]).expect("it is taken");
        self.broker.leave(self.number);
    }
}

impl Positions for Member<'_> {
    fn commit(&self, positions: &[Position]) -> KafkaResult<()> {
        self.broker.step(self.number, |state| {
            for &Position { partition, offset, .. } in positions {
                let before = state.committed.insert(partition, Some(offset)).flatten();
                if before.is_some_and(|before| before > offset) {
                    state.broken = Some(format!("{partition} goes from {before:?} to {offset}"));
                }
                if before.is_some() && partition != self.partition {
                    state.broken = Some(format!("{partition} is another's, and goes from {before:?} to {offset}"));
                }
                state.first.entry(partition).or_insert(offset);
            }
        });
        Ok(())
    }

    fn committed(&self, _source: u16) -> KafkaResult<BTreeMap<i32, Option<Committed>>> {
        let all = self.broker.step(self.number, |state| state.committed.clone());
        let committed = |offset| Committed { offset, topic: None };
        Ok(all.into_iter().map(|(partition, offset)| (partition, offset.map(committed))).collect())
    }

    fn identify(&self, _source: u16) -> KafkaResult<Option<TopicId>> {
        unreachable!()
    }

    fn watermarks(&self, _partition: Partition) -> KafkaResult<(i64, i64)> {
        Ok((0, self.broker.step(self.number, |state| state.high)))
    }

    fn look_up(&self, _topic: &str) -> Topic {
        unreachable!()
    }
}

/// Whether a member knows that the topic wasn't there before.
fn run(order: u32, know: bool) -> State {
    let broker = Broker::new(order);
    thread::scope(|scope| {
        for number in 0..2 {
            let known = Mutex::new(Known::nothing(1));
            if know {
                known.lock().missing(0);
            }
            let partition = i32::try_from(number).expect("small");
            let member = Member { broker: &broker, number, partition, known };
            scope.spawn(move || member.run());
        }
    });
    broker.state.into_inner().expect("the state")
}

#[test]
fn in_whichever_order_two_members_start_neither_overwrites_a_position_of_the_others() {
    for know in [false, true] {
        for order in 0..1 << STEPS {
            let state = run(order, know);
            assert_eq!(state.broken, None, "order {order:b}");
            let others = if know { None } else { state.first.get(&2).copied() };
            assert_eq!(state.committed[&2], others, "the position that nobody reads on from");
        }
    }
}
