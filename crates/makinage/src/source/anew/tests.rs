//! A consumer whose partitions are where the test says.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    sync::Arc,
    time::Duration,
};

use crossbeam_channel::{Receiver, unbounded};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::*;
use crate::{
    clock::testing::Hand,
    config::{DataStart, DataTopic, Encoder},
    event::{Fate, Ticket},
    kafka::{pulse::Membership, topics::Topic},
    logged::Log,
    source::{
        Wiring,
        acks::Acks,
        consumer::{Committed, Member, Positions, Record},
        mandate::{Mandate, Words},
    },
    stop::Stop,
};

#[derive(Default)]
struct Client {
    /// The same of all partitions; `None` where nobody answers.
    watermarks: Cell<Option<(i64, i64)>>,
    calls: RefCell<Vec<String>>,
    /// The topic that is there.
    id: RefCell<Option<TopicId>>,
    /// What is answered instead.
    fails: Cell<Option<RDKafkaErrorCode>>,
    /// What a commit is answered with.
    commit_fails: Cell<bool>,
    /// After so many questions the member is fenced.
    fenced_after: Cell<Option<usize>>,
    /// What a seek is answered with.
    seek_fails: Cell<bool>,
}

impl Client {
    fn call(&self, what: &str, offsets: &[Position]) {
        let offsets: Vec<_> = offsets.iter().map(|position| (position.partition, position.offset)).collect();
        self.calls.borrow_mut().push(format!("{what} {offsets:?}"));
    }
}

impl Positions for Client {
    fn commit(&self, positions: &[Position]) -> KafkaResult<()> {
        self.call("commit", positions);
        if self.commit_fails.get() {
            return Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::RequestTimedOut));
        }
        Ok(())
    }

    fn committed(&self, _source: u16) -> KafkaResult<BTreeMap<i32, Option<Committed>>> {
        unreachable!()
    }

    fn identify(&self, _source: u16) -> KafkaResult<Option<TopicId>> {
        match self.fenced_after.get() {
            Some(0) => return Err(KafkaError::MetadataFetch(RDKafkaErrorCode::FencedInstanceId)),
            left => self.fenced_after.set(left.map(|left| left - 1)),
        }
        match self.fails.get() {
            Some(code) => Err(KafkaError::MetadataFetch(code)),
            None => Ok(self.id.borrow().clone()),
        }
    }

    fn watermarks(&self, _partition: Partition) -> KafkaResult<(i64, i64)> {
        self.watermarks.get().ok_or(KafkaError::OffsetFetch(RDKafkaErrorCode::OperationTimedOut))
    }

    fn look_up(&self, _topic: &str) -> Topic {
        unreachable!()
    }
}

impl Consumer for Client {
    fn join(&self) -> KafkaResult<()> {
        unreachable!()
    }

    fn seek(&self, starts: &[Start]) -> KafkaResult<()> {
        let starts: Vec<_> = starts.iter().map(|start| (start.partition.1, start.offset)).collect();
        self.calls.borrow_mut().push(format!("seek {starts:?}"));
        if self.seek_fails.get() {
            return Err(KafkaError::Seek("Local: Timed out".to_owned()));
        }
        Ok(())
    }

    fn store(&self, positions: &[Position]) -> KafkaResult<()> {
        self.call("store", positions);
        Ok(())
    }

    fn poll<T>(&self, _timeout: Duration, _read: impl FnOnce(Record<'_>) -> T) -> Option<KafkaResult<T>> {
        unreachable!("it is inside a poll")
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

    fn assign(&self, starts: &[Start]) -> KafkaResult<()> {
        let starts: Vec<_> = starts.iter().map(|start| (start.partition.1, start.offset)).collect();
        self.calls.borrow_mut().push(format!("assign {starts:?}"));
        Ok(())
    }

    fn unassign(&self, _partitions: &[Partition]) -> KafkaResult<()> {
        unreachable!()
    }

    fn is_lost(&self) -> bool {
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

    fn tell(&self, _error: &KafkaError) {
        unreachable!()
    }
}

impl Member for Client {
    fn mend(&mut self) {
        unreachable!()
    }
}

/// Partitions 0 and 1 are assigned, and event 899 of each has come in.
struct Source {
    assignment: Assignment<Hand>,
    client: Client,
    intake: Receiver<Intake>,
    open: Vec<Ticket>,
}

impl Source {
    fn new(watermarks: (i64, i64)) -> Self {
        Self::with(watermarks, None)
    }

    /// Somebody else commits, where there is a mandate.
    fn with(watermarks: (i64, i64), mandate: Option<Arc<Mandate>>) -> Self {
        let (intake, received) = unbounded();
        let topic = DataTopic { name: "data".into(), encoder: Encoder::Json, start_from: DataStart::End };
        let wiring = Wiring {
            acks: Arc::new(Acks::default()),
            intake,
            stop: Stop::default(),
            mandate,
            telemetry: Arc::default(),
            pause: Arc::default(),
        };
        let assignment = Assignment::new(&[topic], wiring, Hand::default());
        let receive = |partition| {
            assignment.offsets().assign(0, partition);
            assignment.offsets().received(0, partition, 899, 1).expect("it is assigned")
        };
        let open = vec![receive(0), receive(1)];
        let client = Client { watermarks: Cell::new(Some(watermarks)), ..Client::default() };
        Self { assignment, client, intake: received, open }
    }

    fn reset(&self, partition: i32, from: i64) -> (KafkaResult<Vec<Partition>>, String) {
        let log = Log::default();
        let reset = Reset { partition: (0, partition), from };
        let moved = log.keep_from(tracing::Level::ERROR, || self.assignment.reset(&self.client, reset));
        (moved, log.text())
    }

    fn identified(&self, id: &str) -> (KafkaResult<Vec<Partition>>, String) {
        let log = Log::default();
        let identify = || self.assignment.identified(&self.client, 0, TopicId::new(id));
        (log.keep_from(tracing::Level::ERROR, identify), log.text())
    }

    fn calls(&self) -> Vec<String> {
        self.client.calls.take()
    }

    /// The assignments that the pipeline was told of.
    fn revoked(&self) -> Vec<Vec<u32>> {
        let revoked = |intake| match intake {
            Intake::Revoked(assignments) => assignments,
            other => panic!("{other:?}"),
        };
        self.intake.try_iter().map(revoked).collect()
    }
}

#[test]
fn what_was_deleted_before_it_was_read_is_told_and_counted_by_partition_and_reading_goes_on() {
    let source = Source::new((1200, 1300));
    let (moved, told) = source.reset(1, 900);
    assert_eq!(moved, Ok(vec![]));
    assert!(told.contains("data/1: up to 300 events are lost"), "{told}");
    assert!(told.contains("(offsets 900 to 1199); reading goes on at 1200"), "{told}");
    assert_eq!(source.reset(0, 1150).0, Ok(vec![]));
    assert!(
        source.assignment.acks.counts().to_string().ends_with(", up to 350 lost to retention before they were read")
    );
    assert!(source.calls().is_empty() && source.revoked().is_empty());
}

#[test]
fn a_log_that_ends_before_the_position_is_read_again_and_nothing_of_before_is_committed() {
    let source = Source::new((0, 300));
    let (moved, told) = source.reset(0, 900);
    assert_eq!(moved, Ok(vec![(0, 0)]));
    assert!(told.contains("data/0: its log ends at 300, and reading was at 900"), "{told}");
    assert_eq!(source.calls(), ["seek [(0, Some(0))]", "store [(0, 0)]", "commit [(0, 0)]"]);
    assert_eq!(source.revoked(), [[source.open[0].assignment()]]);
    // What is under way of before settles into nothing, and of the others as ever.
    source.assignment.offsets().settle(source.open[0], Fate::Finished);
    source.assignment.offsets().settle(source.open[1], Fate::Finished);
    assert_eq!(source.assignment.offsets().take_moved(), [Position { source: 0, partition: 1, offset: 900 }]);
    let first = source.assignment.offsets().received(0, 0, 0, 1).expect("it is assigned");
    source.assignment.offsets().settle(first, Fate::Finished);
    assert_eq!(source.assignment.offsets().take_moved(), [Position { source: 0, partition: 0, offset: 1 }]);
}

#[test]
fn a_reset_that_cannot_be_judged_is_an_error_and_one_of_a_partition_that_is_not_assigned_nothing() {
    let source = Source::new((0, 300));
    source.client.watermarks.set(None);
    let (moved, told) = source.reset(0, 900);
    assert!(moved.is_err() && told.is_empty(), "{told}");
    assert_eq!(source.reset(2, 900), (Ok(vec![]), String::new()));
    assert!(source.calls().is_empty());
}

#[test]
fn a_name_that_stands_for_another_topic_has_all_of_it_read_with_one_line() {
    let source = Source::new((0, 5000));
    source.assignment.offsets().settle(source.open[1], Fate::Finished);
    assert_eq!(source.identified("old"), (Ok(vec![]), String::new()));
    assert_eq!(source.identified("old"), (Ok(vec![]), String::new()));
    source.client.watermarks.set(None);
    assert!(source.identified("new").0.is_err());
    assert_eq!(source.assignment.topic_id(0), Some(TopicId::new("old")), "it is asked again");
    source.client.watermarks.set(Some((0, 5000)));
    let (again, told) = source.identified("new");
    assert_eq!(again, Ok(vec![(0, 0), (0, 1)]));
    let partitions = "data/0 ends at 5000; data/1 was finished up to 900, and ends at 5000";
    assert!(told.contains(partitions), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    assert_eq!(
        source.calls(),
        ["seek [(0, Some(0)), (1, Some(0))]", "store [(0, 0), (1, 0)]", "commit [(0, 0), (1, 0)]"]
    );
    assert_eq!(source.identified("new"), (Ok(vec![]), String::new()));
    assert!(source.assignment.known.lock().is_new(0));
}

#[test]
fn another_topic_whose_beginning_cannot_be_sought_yet_is_so_again_at_the_next_question() {
    let source = Source::new((0, 5000));
    assert_eq!(source.identified("old"), (Ok(vec![]), String::new()));
    source.client.seek_fails.set(true);
    let (again, told) = source.identified("new");
    assert!(again.is_err() && told.is_empty(), "{told}");
    assert_eq!(source.assignment.topic_id(0), Some(TopicId::new("old")), "what is committed is not of the new one");
    assert_eq!(source.calls(), ["seek [(0, Some(0)), (1, Some(0))]"]);
    // It reads on in the middle of the new one.
    source.assignment.offsets().received(0, 0, 900, 1).expect("it is assigned");
    source.client.seek_fails.set(false);
    let (again, told) = source.identified("new");
    assert_eq!(again, Ok(vec![(0, 0), (0, 1)]));
    assert!(told.contains("topic data was deleted and made anew"), "{told}");
    assert_eq!(source.calls().len(), 3);
    let first = source.assignment.offsets().received(0, 0, 0, 1).expect("it is assigned");
    source.assignment.offsets().settle(first, Fate::Finished);
    assert_eq!(source.assignment.offsets().take_moved(), [Position { source: 0, partition: 0, offset: 1 }]);
}

#[test]
fn a_reset_that_could_not_be_followed_is_not_taken_for_one_of_before_when_it_is_tried_again() {
    let source = Source::new((0, 300));
    assert_eq!(source.reset(0, 900).0, Ok(vec![(0, 0)]));
    source.assignment.offsets().received(0, 0, 299, 1).expect("it is assigned");
    source.client.watermarks.set(Some((0, 100)));
    source.client.seek_fails.set(true);
    assert!(source.reset(0, 300).0.is_err());
    source.client.seek_fails.set(false);
    assert_eq!(source.reset(0, 300).0, Ok(vec![(0, 0)]));
}

#[test]
fn a_member_that_is_fenced_or_whose_client_cannot_go_on_waits_for_no_start() {
    for code in [RDKafkaErrorCode::FencedInstanceId, RDKafkaErrorCode::Fatal] {
        let source = Source::new((0, 300));
        source.client.fails.set(Some(code));
        source.assignment.assigned(&source.client, &[(0, 2)]);
        assert_eq!(source.calls(), ["assign [(2, None)]"], "{code}");
        assert_eq!(source.assignment.assignment((0, 2)), None, "what is read of it is dropped");
    }
}

#[test]
fn a_topic_that_one_broker_misses_is_asked_for_again_and_has_gone_after_ten_seconds() {
    let source = Source::new((0, 300));
    source.client.fails.set(Some(RDKafkaErrorCode::UnknownTopicOrPartition));
    let identify = || source.assignment.identify(&source.client, &[(0, 2)], Duration::from_mins(1));
    for _ in 0..10 {
        assert!(identify().is_err());
        assert!(!source.assignment.known.lock().is_new(0));
        source.assignment.clock.sleep(Duration::from_secs(1));
    }
    assert_eq!(identify(), Ok(()));
    assert!(source.assignment.known.lock().is_new(0));
}

#[test]
fn a_wait_for_a_start_is_told_with_what_is_waited_for() {
    for (questions, lines) in [(25, 0), (26, 1), (40, 1)] {
        let source = Source::new((0, 300));
        source.client.fails.set(Some(RDKafkaErrorCode::UnknownTopicOrPartition));
        source.client.fenced_after.set(Some(questions));
        let log = Log::default();
        log.keep_from(tracing::Level::WARN, || source.assignment.assigned(&source.client, &[(0, 2)]));
        let told = log.text();
        assert_eq!(told.matches("topic data: brokers don't say where reading starts (").count(), lines, "{told}");
        assert_eq!(told.lines().count(), lines, "{told}");
    }
}

#[test]
fn beginnings_that_could_not_be_committed_are_until_they_are_and_then_as_far_as_reading_is() {
    let source = Source::new((0, 300));
    source.client.commit_fails.set(true);
    let (again, told) = source.reset(0, 900);
    assert_eq!(again, Ok(vec![(0, 0)]));
    assert!(told.contains("data/0: its log ends at 300"), "{told}");
    assert_eq!(source.reset(1, 900).0, Ok(vec![(0, 1)]));
    assert_eq!(source.calls().last().map(String::as_str), Some("commit [(0, 0), (1, 0)]"));
    let first = source.assignment.offsets().received(0, 0, 0, 1).expect("it is assigned");
    source.assignment.offsets().settle(first, Fate::Finished);
    source.assignment.offsets().revoke(0, 1);
    let commit = || source.assignment.commit_begun(&source.client);
    assert!(commit().is_err() && source.assignment.has_uncommitted());
    assert_eq!(source.calls(), ["store [(0, 1)]", "commit [(0, 1)]"]);
    source.client.commit_fails.set(false);
    assert_eq!(commit(), Ok(()));
    assert_eq!(source.calls(), ["store [(0, 1)]", "commit [(0, 1)]"]);
    assert!(!source.assignment.has_uncommitted());
    assert_eq!(commit(), Ok(()));
    assert!(source.calls().is_empty());
}

#[test]
fn a_beginning_that_could_not_be_committed_is_not_committed_over_transactions() {
    let source = Source::with((0, 300), Some(Arc::default()));
    source.client.commit_fails.set(true);
    assert_eq!(source.reset(0, 900).0, Ok(vec![(0, 0)]));
    assert_eq!(source.reset(1, 900).0, Ok(vec![(0, 1)]));
    source.calls();
    source.client.commit_fails.set(false);
    // It may be in a transaction that is being committed, and says more than the beginning.
    source.assignment.offsets().received(0, 0, 0, 1).expect("it is assigned");
    assert_eq!(source.assignment.commit_begun(&source.client), Ok(()));
    assert_eq!(source.calls(), ["commit [(1, 0)]"]);
}

#[test]
fn what_the_client_said_before_it_heard_is_no_second_reset() {
    let source = Source::new((0, 300));
    assert_eq!(source.identified("old").0, Ok(vec![]));
    *source.client.id.borrow_mut() = Some(TopicId::new("new"));
    let (again, told) = source.reset(0, 900);
    assert_eq!(again, Ok(vec![(0, 0), (0, 1)]));
    assert!(told.contains("topic data was deleted and made anew"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    assert_eq!(source.reset(0, 900), (Ok(vec![]), String::new()));
    assert_eq!(source.reset(1, 900), (Ok(vec![]), String::new()));
    assert_eq!(source.calls().len(), 3);
    // Once something has come in, and the log ends before that again.
    source.assignment.offsets().received(0, 0, 299, 1).expect("it is assigned");
    source.client.watermarks.set(Some((0, 100)));
    assert_eq!(source.reset(0, 300).0, Ok(vec![(0, 0)]));
}

#[test]
fn what_is_held_of_a_topic_is_read_again_when_another_partition_of_the_new_one_comes() {
    let source = Source::new((0, 300));
    let identify = |waited| source.assignment.identify(&source.client, &[(0, 2)], Duration::from_secs(waited));
    *source.client.id.borrow_mut() = Some(TopicId::new("old"));
    assert_eq!(identify(0), Ok(()));
    source.client.fails.set(Some(RDKafkaErrorCode::OperationTimedOut));
    assert!(identify(9).is_err(), "it is asked again");
    assert_eq!(identify(10), Ok(()));
    source.client.fails.set(None);
    *source.client.id.borrow_mut() = Some(TopicId::new("new"));
    assert_eq!(identify(0), Ok(()));
    assert_eq!(source.calls().first().map(String::as_str), Some("seek [(0, Some(0)), (1, Some(0))]"));
}
