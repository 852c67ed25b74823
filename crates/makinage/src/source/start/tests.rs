//! A group that has committed what the test says.

mod together;

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};

use super::*;
use crate::{config::Encoder, kafka::topics::Topic, logged::Log, source::known::TopicId};

type Offsets = BTreeMap<i32, Option<i64>>;

/// Each topic's partitions begin at 3 and end at 9.
#[derive(Default)]
struct Group {
    committed: RefCell<BTreeMap<u16, Offsets>>,
    /// The topic that the committed offsets are of.
    of: Option<TopicId>,
    /// What is answered instead of the committed offsets.
    fails: Cell<Option<RDKafkaErrorCode>>,
    /// Partitions without a leader.
    leaderless: Vec<i32>,
    /// What another instance commits while this one looks where partitions begin and end.
    meanwhile: RefCell<Vec<(Partition, i64)>>,
    /// What was committed here, call by call.
    commits: RefCell<Vec<Vec<Position>>>,
    refuses: bool,
}

impl Group {
    fn with(committed: &[Offsets]) -> Self {
        Self { committed: RefCell::new((0..).zip(committed.iter().cloned()).collect()), ..Self::default() }
    }
}

impl Positions for Group {
    fn commit(&self, positions: &[Position]) -> KafkaResult<()> {
        if self.refuses {
            return Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::RebalanceInProgress));
        }
        self.commits.borrow_mut().push(positions.to_vec());
        Ok(())
    }

    fn committed(&self, source: u16) -> KafkaResult<BTreeMap<i32, Option<Committed>>> {
        if let Some(code) = self.fails.get() {
            return Err(KafkaError::MetadataFetch(code));
        }
        let committed = |offset| Committed { offset, topic: self.of.clone() };
        let all = self.committed.borrow()[&source].clone();
        Ok(all.into_iter().map(|(partition, offset)| (partition, offset.map(committed))).collect())
    }

    fn identify(&self, _source: u16) -> KafkaResult<Option<TopicId>> {
        unreachable!("it is asked before")
    }

    fn watermarks(&self, partition: Partition) -> KafkaResult<(i64, i64)> {
        if self.leaderless.contains(&partition.1) {
            return Err(KafkaError::MetadataFetch(RDKafkaErrorCode::LeaderNotAvailable));
        }
        for ((source, partition), offset) in self.meanwhile.take() {
            self.committed.borrow_mut().get_mut(&source).expect("a topic").insert(partition, Some(offset));
        }
        Ok((3, 9))
    }

    fn look_up(&self, _topic: &str) -> Topic {
        unreachable!()
    }
}

fn topic(name: &str, start_from: DataStart) -> DataTopic {
    DataTopic { name: name.into(), encoder: Encoder::Json, start_from }
}

type Starts = Vec<(Partition, Option<i64>)>;

/// Where the assigned partitions of a topic start, each with its offset.
fn starts(group: &Group, topics: &[DataTopic], assigned: &[Partition]) -> Starts {
    starts_of(group, topics, &nothing_known(topics), assigned)
}

fn starts_of(group: &Group, topics: &[DataTopic], known: &Mutex<Known>, partitions: &[Partition]) -> Starts {
    let assigned = Assigned { topics, known, partitions, waited: Duration::ZERO, now: Instant::now() };
    let starts = choose(group, &assigned).expect("brokers answer").expect("it is its own choice");
    starts.into_iter().map(|start| (start.partition, start.offset)).collect()
}

fn nothing_known(topics: &[DataTopic]) -> Mutex<Known> {
    Mutex::new(Known::nothing(topics.len()))
}

fn position(source: u16, partition: i32, offset: i64) -> Position {
    Position { source, partition, offset }
}

#[test]
fn a_first_start_commits_the_chosen_end_of_all_partitions_and_not_of_its_own_alone() {
    for (from, offset) in [(DataStart::End, 9), (DataStart::Beginning, 3)] {
        let group = Group::with(&[[(0, None), (1, None)].into()]);
        assert_eq!(starts(&group, &[topic("data", from)], &[(0, 0)]), [((0, 0), Some(offset))]);
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
    let topics = [topic("data", DataStart::End)];
    let known = nothing_known(&topics);
    let assigned =
        Assigned { topics: &topics, known: &known, partitions: &[(0, 0)], waited: Duration::ZERO, now: Instant::now() };
    assert!(choose(&group, &assigned).is_err());
}

#[test]
fn who_does_not_have_the_first_partition_waits_for_the_choice_of_who_does_and_not_for_ever() {
    let topics = [topic("data", DataStart::End)];
    let known = nothing_known(&topics);
    let group = Group::with(&[[(0, None), (1, None)].into()]);
    let choice = |waited| {
        choose(&group, &Assigned { topics: &topics, known: &known, partitions: &[(0, 1)], waited, now: Instant::now() })
            .expect("an answer")
    };
    assert_eq!(choice(Duration::from_secs(59)), None);
    assert!(group.commits.borrow().is_empty());
    assert_eq!(choice(Duration::from_mins(1)), Some(vec![Start { partition: (0, 1), offset: Some(9) }]));
    *group.committed.borrow_mut() = [(0, [(0, Some(4)), (1, Some(5))].into())].into();
    assert_eq!(choice(Duration::ZERO), Some(vec![Start { partition: (0, 1), offset: Some(5) }]));
}

#[test]
fn a_topic_that_was_not_there_is_read_from_its_beginning_by_each_for_itself() {
    let topics = [topic("data", DataStart::End)];
    let known = nothing_known(&topics);
    known.lock().missing(0);
    let group = Group { leaderless: vec![2], ..Group::with(&[[(0, None), (1, None), (2, None)].into()]) };
    let starts = starts_of(&group, &topics, &known, &[(0, 1), (0, 2)]);
    assert_eq!(starts, [((0, 1), Some(3)), ((0, 2), None)]);
    assert_eq!(*group.commits.borrow(), [[position(0, 1, 3)]]);
}

#[test]
fn a_topic_that_has_gone_is_begun_at_its_beginning_once_it_is_back() {
    let topics = [topic("data", DataStart::End)];
    let known = nothing_known(&topics);
    let group = Group::with(&[[(0, None)].into()]);
    group.fails.set(Some(RDKafkaErrorCode::UnknownTopicOrPartition));
    let began = Instant::now();
    let choice = |secs| {
        let (waited, now) = (Duration::from_secs(secs), began + Duration::from_secs(secs));
        choose(&group, &Assigned { topics: &topics, known: &known, partitions: &[(0, 0)], waited, now })
    };
    assert!(choice(0).is_err() && choice(9).is_err());
    assert!(!known.lock().is_new(0));
    assert_eq!(choice(10), Ok(Some(vec![Start { partition: (0, 0), offset: None }])));
    group.fails.set(None);
    assert_eq!(choice(11), Ok(Some(vec![Start { partition: (0, 0), offset: Some(3) }])));
}

#[test]
fn brokers_that_have_just_started_and_know_no_topic_are_not_believed_however_long_the_wait_is() {
    let topics = [topic("data", DataStart::End)];
    let known = nothing_known(&topics);
    let group = Group { leaderless: vec![0], ..Group::with(&[[(0, None)].into()]) };
    let began = Instant::now();
    let choice = |secs| {
        let (waited, now) = (Duration::from_secs(secs), began + Duration::from_secs(secs));
        choose(&group, &Assigned { topics: &topics, known: &known, partitions: &[(0, 0)], waited, now })
    };
    for secs in 0..30 {
        group.fails.set((secs % 2 == 0).then_some(RDKafkaErrorCode::UnknownTopicOrPartition));
        assert!(choice(secs).is_err());
    }
    *group.committed.borrow_mut() = [(0, [(0, Some(5))].into())].into();
    group.fails.set(None);
    assert_eq!(choice(30), Ok(Some(vec![Start { partition: (0, 0), offset: Some(5) }])));
}

#[test]
fn an_error_is_neither_a_first_start_nor_a_topic_that_has_gone() {
    let topics = [topic("data", DataStart::End)];
    let known = nothing_known(&topics);
    let group = Group::with(&[[(0, Some(5))].into()]);
    group.fails.set(Some(RDKafkaErrorCode::LeaderNotAvailable));
    let assigned =
        Assigned { topics: &topics, known: &known, partitions: &[(0, 0)], waited: Duration::ZERO, now: Instant::now() };
    assert!(choose(&group, &assigned).is_err());
    assert!(group.commits.borrow().is_empty());
    assert!(!known.lock().is_new(0));
}

#[test]
fn what_is_not_answered_names_the_partition_without_a_leader_or_else_the_topic() {
    let topics = [topic("data", DataStart::End)];
    let known = nothing_known(&topics);
    let group = Group { leaderless: vec![1], ..Group::with(&[[(0, None), (1, None)].into()]) };
    let place = || {
        let (waited, now) = (Duration::ZERO, Instant::now());
        let assigned = Assigned { topics: &topics, known: &known, partitions: &[(0, 0)], waited, now };
        choose(&group, &assigned).expect_err("no answer").place
    };
    assert_eq!(place(), "data/1");
    group.fails.set(Some(RDKafkaErrorCode::LeaderNotAvailable));
    assert_eq!(place(), "topic data");
}

#[test]
fn a_partition_without_a_leader_holds_up_others_for_a_moment_alone_where_all_is_read_and_is_read_then_too() {
    let group = Group { leaderless: vec![1], ..Group::with(&[[(0, None), (1, None)].into()]) };
    let starts = |start_from, waited| {
        let topics = [topic("data", start_from)];
        let known = nothing_known(&topics);
        let assigned =
            Assigned { topics: &topics, known: &known, partitions: &[(0, 0), (0, 1)], waited, now: Instant::now() };
        let starts = choose(&group, &assigned).ok()?.expect("it is its own choice");
        Some(starts.into_iter().map(|start| (start.partition, start.offset)).collect::<Starts>())
    };
    assert_eq!(starts(DataStart::Beginning, Duration::ZERO), None);
    assert_eq!(starts(DataStart::End, LEADERLESS), None, "where it ends now nobody knows");
    let expected = vec![((0, 0), Some(3)), ((0, 1), None)];
    assert_eq!(starts(DataStart::Beginning, LEADERLESS), Some(expected));
    assert_eq!(*group.commits.borrow(), [[position(0, 0, 3)]]);
}

#[test]
fn offsets_of_a_topic_that_had_this_name_before_mean_nothing_and_those_of_nobody_knows_which_do() {
    let topics = [topic("data", DataStart::End)];
    let (old, new) = (Some(TopicId::new("old")), Some(TopicId::new("new")));
    for (of, id, start) in
        [(&old, &new, None), (&old, &old, Some(900)), (&None, &new, Some(900)), (&old, &None, Some(900))]
    {
        let group = Group { of: of.clone(), ..Group::with(&[[(0, Some(900)), (1, None)].into()]) };
        let known = nothing_known(&topics);
        if let Some(id) = id.clone() {
            known.lock().identified(0, id);
        }
        let log = Log::default();
        let starts = log.keep_from(tracing::Level::ERROR, || starts_of(&group, &topics, &known, &[(0, 0), (0, 1)]));
        assert_eq!(starts, [((0, 0), start), ((0, 1), None)], "{of:?} {id:?}");
        let told = "topic data was deleted and made anew: all of it is read, from its beginning \
                    (data/0 was committed at 900, and ends at 9)";
        assert_eq!(log.text().contains(told), start.is_none(), "{}", log.text());
    }
}

#[test]
fn two_members_that_wait_for_each_others_choice_both_make_theirs() {
    let topics = ["one", "two"].map(|name| topic(name, DataStart::End));
    let known = nothing_known(&topics);
    let all: Offsets = [(0, None), (1, None)].into();
    let group = Group::with(&[all.clone(), all]);
    let assigned = Assigned {
        topics: &topics,
        known: &known,
        partitions: &[(0, 1), (1, 0)],
        waited: Duration::ZERO,
        now: Instant::now(),
    };
    assert_eq!(choose(&group, &assigned), Ok(None));
    assert_eq!(*group.commits.borrow(), [[position(1, 0, 9), position(1, 1, 9)]]);
}
