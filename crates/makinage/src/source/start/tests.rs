//! A group that has committed what the test says.

use std::{cell::RefCell, time::Duration};

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::*;
use crate::{
    config::Encoder,
    kafka::{pulse::Membership, topics::Topic},
    source::consumer::Record,
};

type Committed = BTreeMap<i32, Option<i64>>;

/// Each topic's partitions begin at 3 and end at 9.
#[derive(Default)]
struct Group {
    committed: RefCell<BTreeMap<u16, Committed>>,
    /// What another instance commits while this one looks where partitions begin and end.
    meanwhile: RefCell<Vec<(Partition, i64)>>,
    /// What was committed here, call by call.
    commits: RefCell<Vec<Vec<Position>>>,
    refuses: bool,
}

impl Group {
    fn with(committed: &[Committed]) -> Self {
        Self { committed: RefCell::new((0..).zip(committed.iter().cloned()).collect()), ..Self::default() }
    }
}

impl Consumer for Group {
    fn join(&self) -> KafkaResult<()> {
        unreachable!("it is chosen before the group is joined, or after")
    }

    fn committed(&self, source: u16) -> KafkaResult<Committed> {
        Ok(self.committed.borrow()[&source].clone())
    }

    fn watermarks(&self, _partition: Partition) -> KafkaResult<(i64, i64)> {
        for ((source, partition), offset) in self.meanwhile.take() {
            self.committed.borrow_mut().get_mut(&source).expect("a topic").insert(partition, Some(offset));
        }
        Ok((3, 9))
    }

    fn commit(&self, positions: &[Position]) -> KafkaResult<()> {
        if self.refuses {
            return Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::RebalanceInProgress));
        }
        self.commits.borrow_mut().push(positions.to_vec());
        Ok(())
    }

    fn poll<T>(&self, _timeout: Duration, _read: impl FnOnce(Record<'_>) -> T) -> Option<KafkaResult<T>> {
        unreachable!("nothing is read before it is chosen where")
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

    fn look_up(&self, _topic: &str) -> Topic {
        unreachable!()
    }

    fn membership(&self) -> Membership {
        unreachable!()
    }

    fn is_reached(&self) -> bool {
        unreachable!()
    }

    fn tell(&self, _error: &KafkaError) {
        unreachable!()
    }
}

fn topic(name: &str, start_from: DataStart) -> DataTopic {
    DataTopic { name: name.into(), encoder: Encoder::Json, start_from }
}

/// Where the assigned partitions of a topic start, each with its offset.
fn starts(group: &Group, topics: &[DataTopic], assigned: &[Partition]) -> Vec<(Partition, Option<i64>)> {
    let starts = choose(group, topics, assigned).expect("brokers answer");
    starts.into_iter().map(|start| (start.partition, start.offset)).collect()
}

fn position(source: u16, partition: i32, offset: i64) -> Position {
    Position { source, partition, offset }
}

#[test]
fn a_first_start_commits_the_chosen_end_of_all_partitions_and_not_of_its_own_alone() {
    for (from, offset) in [(DataStart::End, 9), (DataStart::Beginning, 3)] {
        let group = Group::with(&[[(0, None), (1, None)].into()]);
        assert_eq!(starts(&group, &[topic("data", from)], &[(0, 1)]), [((0, 1), Some(offset))]);
        assert_eq!(*group.commits.borrow(), [[position(0, 0, offset), position(0, 1, offset)]]);
    }
}

#[test]
fn a_group_that_has_committed_goes_on_there_and_a_new_partition_starts_at_its_beginning() {
    let group = Group::with(&[[(0, Some(5)), (1, None)].into()]);
    let starts = starts(&group, &[topic("data", DataStart::End)], &[(0, 0), (0, 1)]);
    assert_eq!(starts, [((0, 0), Some(5)), ((0, 1), None)]);
    assert!(group.commits.borrow().is_empty());
}

#[test]
fn each_topic_has_its_own_first_start_and_one_without_an_assigned_partition_none() {
    let group = Group::with(&[[(0, Some(5))].into(), [(0, None)].into(), [(0, None)].into()]);
    let topics = ["old", "new", "others"].map(|name| topic(name, DataStart::End));
    assert_eq!(starts(&group, &topics, &[(1, 0), (0, 0)]), [((0, 0), Some(5)), ((1, 0), Some(9))]);
    assert_eq!(*group.commits.borrow(), [[position(1, 0, 9)]]);
}

#[test]
fn what_another_instance_has_chosen_meanwhile_stands() {
    let group = Group::with(&[[(0, None), (1, None)].into()]);
    group.meanwhile.borrow_mut().push(((0, 0), 4));
    let starts = starts(&group, &[topic("data", DataStart::End)], &[(0, 0), (0, 1)]);
    assert_eq!(starts, [((0, 0), Some(4)), ((0, 1), Some(9))]);
    assert_eq!(*group.commits.borrow(), [[position(0, 1, 9)]]);
}

#[test]
fn where_the_choice_is_not_committed_nothing_starts() {
    let group = Group { refuses: true, ..Group::with(&[[(0, None)].into()]) };
    assert!(choose(&group, &[topic("data", DataStart::End)], &[(0, 0)]).is_err());
}
