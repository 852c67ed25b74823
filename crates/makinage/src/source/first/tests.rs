//! A group that has no members, or some, and a topic that is there, or not yet.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    sync::Arc,
};

use crossbeam_channel::unbounded;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};

use super::*;
use crate::{
    clock::testing::Hand,
    config::{DataStart, DataTopic, Encoder},
    kafka::pulse::Membership,
    source::{
        Wiring,
        consumer::{Committed, Member, Partition, Positions, Record, Start},
        known::TopicId,
        mandate::Words,
        offsets::Position,
    },
    stop::Stop,
};

/// A topic of two partitions that begin at 3 and end at 9.
#[derive(Default)]
struct Group {
    there: Cell<bool>,
    answers: Cell<bool>,
    has_members: bool,
    /// It answers no question after topics' ids.
    knows_no_ids: bool,
    looked: Cell<usize>,
    committed: RefCell<BTreeMap<i32, i64>>,
}

impl Positions for Group {
    fn commit(&self, positions: &[Position]) -> KafkaResult<()> {
        if self.has_members {
            return Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::UnknownMemberId));
        }
        self.committed.borrow_mut().extend(positions.iter().map(|position| (position.partition, position.offset)));
        Ok(())
    }

    fn committed(&self, _source: u16) -> KafkaResult<BTreeMap<i32, Option<Committed>>> {
        let all = self.committed.borrow();
        let committed = |partition| all.get(&partition).map(|offset| Committed { offset: *offset, topic: None });
        Ok((0..2).map(|partition| (partition, committed(partition))).collect())
    }

    fn identify(&self, _source: u16) -> KafkaResult<Option<TopicId>> {
        if self.knows_no_ids {
            return Err(KafkaError::MetadataFetch(RDKafkaErrorCode::OperationTimedOut));
        }
        Ok(None)
    }

    fn watermarks(&self, _partition: Partition) -> KafkaResult<(i64, i64)> {
        Ok((3, 9))
    }

    fn look_up(&self, _topic: &str) -> Topic {
        self.looked.set(self.looked.get() + 1);
        match (self.answers.get(), self.there.get()) {
            (false, _) => Topic::Unknown(KafkaError::MetadataFetch(RDKafkaErrorCode::OperationTimedOut)),
            (true, false) => Topic::Missing,
            (true, true) => Topic::Partitions(2),
        }
    }
}

impl Consumer for Group {
    fn join(&self) -> KafkaResult<()> {
        unreachable!("positions are chosen before the group is joined")
    }

    fn seek(&self, _starts: &[Start]) -> KafkaResult<()> {
        unreachable!()
    }

    fn poll<T>(&self, _timeout: Duration, _read: impl FnOnce(Record<'_>) -> T) -> Option<KafkaResult<T>> {
        unreachable!()
    }

    fn assignment(&self) -> KafkaResult<Vec<Partition>> {
        unreachable!()
    }

    fn pause(&self, _partitions: &[Partition]) -> KafkaResult<()> {
        unreachable!()
    }

    fn resume(&self, _partitions: &[Partition]) -> KafkaResult<()> {
        unreachable!()
    }

    fn assign(&self, _starts: &[Start]) -> KafkaResult<()> {
        unreachable!()
    }

    fn unassign(&self, _partitions: &[Partition]) -> KafkaResult<()> {
        unreachable!()
    }

    fn is_lost(&self) -> bool {
        unreachable!()
    }

    fn store(&self, _positions: &[Position]) -> KafkaResult<()> {
        unreachable!()
    }

    fn words(&self) -> Option<Words> {
        None
    }

    fn membership(&self) -> Membership {
        unreachable!()
    }

    fn is_reached(&self) -> bool {
        true
    }

    fn tell(&self, _error: &KafkaError) {}
}

impl Member for Group {
    fn mend(&mut self) {
        unreachable!()
    }
}

struct Case {
    group: Group,
    assignment: Assignment<Hand>,
    first: First,
}

impl Case {
    fn new(there: bool, has_members: bool) -> Self {
        let group = Group { there: Cell::new(there), answers: Cell::new(true), has_members, ..Group::default() };
        let topic = DataTopic { name: "data".to_owned(), encoder: Encoder::Json, start_from: DataStart::End };
        let wiring = Wiring {
            acks: Arc::default(),
            intake: unbounded().0,
            stop: Stop::default(),
            mandate: None,
            telemetry: Arc::default(),
            pause: Arc::default(),
        };
        Self { group, assignment: Assignment::new(&[topic], wiring, Hand::default()), first: First::new(1) }
    }

    fn look(&mut self) -> Vec<String> {
        self.assignment.clock.sleep(LOOK);
        self.first.look(&self.group, &self.assignment)
    }

    fn committed(&self) -> Vec<i64> {
        self.group.committed.borrow().values().copied().collect()
    }
}

#[test]
fn positions_of_a_first_start_are_committed_once_before_the_group_is_joined() {
    let mut case = Case::new(true, false);
    assert!(case.look().is_empty());
    assert_eq!(case.committed(), [9, 9]);
    case.group.committed.borrow_mut().clear();
    case.look();
    assert!(case.committed().is_empty(), "what was chosen stands");
}

#[test]
fn a_topic_that_was_not_there_is_named_and_read_from_its_beginning_when_it_appears() {
    let mut case = Case::new(false, false);
    assert!(case.look().is_empty(), "a broker that makes topics by itself takes a moment");
    assert_eq!(case.look(), ["data"]);
    case.group.there.set(true);
    assert!(case.look().is_empty());
    assert_eq!(case.committed(), [3, 3]);
}

#[test]
fn a_broker_that_knows_no_topic_yet_is_not_believed_at_once() {
    let mut case = Case::new(false, false);
    case.look();
    case.group.there.set(true);
    assert!(case.look().is_empty());
    assert_eq!(case.committed(), [9, 9]);
}

#[test]
fn no_answer_is_not_that_the_topic_is_missing() {
    let mut case = Case::new(true, false);
    case.group.answers.set(false);
    assert!(case.look().is_empty() && case.look().is_empty());
    case.group.answers.set(true);
    assert!(case.look().is_empty());
    assert_eq!(case.committed(), [9, 9]);
}

#[test]
fn brokers_that_do_not_say_which_topic_it_is_hold_a_first_start_up_for_ten_seconds_and_not_for_ever() {
    let mut case = Case::new(true, false);
    case.group.knows_no_ids = true;
    for _ in 0..10 {
        case.look();
        assert!(case.committed().is_empty());
    }
    case.look();
    assert_eq!(case.committed(), [9, 9]);
}

#[test]
fn no_topic_is_looked_at_once_the_service_is_to_end() {
    let mut case = Case::new(false, false);
    case.assignment.stop.request();
    case.look();
    assert_eq!(case.group.looked.get(), 0);
}

#[test]
fn a_group_with_members_chooses_by_itself() {
    let mut case = Case::new(true, true);
    case.look();
    assert!(case.committed().is_empty());
    assert_eq!(case.first.seen, [Seen::Known]);
}
