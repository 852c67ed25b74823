//! The source's loop with a consumer that does what it is told.

#![expect(clippy::arc_with_non_send_sync, reason = "the product shares with `Arc`, and here there is one thread")]

mod by_hand;
mod seldom;

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};

use crossbeam_channel::{Receiver, unbounded};

use RDKafkaErrorCode::{IllegalGeneration, RequestTimedOut, UnknownMemberId};

use super::*;
use crate::{
    clock::testing::Hand,
    config::{DataStart, Encoder},
    event::{Fate, Ticket},
    logged::Log,
    source::{
        acks::Acks,
        consumer::{Committed, Consumer, Positions, Record, Start},
        known::TopicId,
        mandate::Words,
        offsets::Position,
        pause::Pause,
    },
    stop::Stop,
};

/// What the consumer was asked for, and what it has.
#[derive(Default)]
struct Told {
    /// Offsets of partition 0 that come.
    records: VecDeque<i64>,
    paused: bool,
    lost: bool,
    /// How often a commit is refused.
    refusals: u32,
    /// The group has given this member up.
    given_up: bool,
    /// The group shares its partitions out anew, for so many polls more.
    shares_out: u32,
    /// How often the client neither stores, pauses nor resumes.
    failures: u32,
    committed: BTreeMap<i32, i64>,
    calls: Vec<String>,
}

#[derive(Clone, Default)]
struct Fake(Rc<RefCell<Told>>);

impl Fake {
    fn call(&self, call: String) {
        self.0.borrow_mut().calls.push(call);
    }

    fn able(&self) -> KafkaResult<()> {
        let failures = &mut self.0.borrow_mut().failures;
        let fails = *failures > 0;
        *failures = failures.saturating_sub(1);
        if fails { Err(KafkaError::StoreOffset(RDKafkaErrorCode::State)) } else { Ok(()) }
    }

    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.0.borrow_mut().calls)
    }
}

impl Positions for Fake {
    fn commit(&self, positions: &[Position]) -> KafkaResult<()> {
        let mut told = self.0.borrow_mut();
        if told.shares_out > 0 {
            return Err(KafkaError::ConsumerCommit(IllegalGeneration));
        }
        if told.refusals > 0 {
            told.refusals -= 1;
            let given_up = told.given_up;
            return Err(KafkaError::ConsumerCommit(if given_up { UnknownMemberId } else { RequestTimedOut }));
        }
        told.committed.extend(positions.iter().map(|position| (position.partition, position.offset)));
        drop(told);
        self.call(format!("commit {}", positions[0].offset));
        Ok(())
    }

    fn committed(&self, _source: u16) -> KafkaResult<BTreeMap<i32, Option<Committed>>> {
        let offset = self.0.borrow().committed.get(&0).copied();
        Ok([(0, offset.map(|offset| Committed { offset, topic: None }))].into())
    }

    fn identify(&self, _source: u16) -> KafkaResult<Option<TopicId>> {
        Ok(None)
    }

    fn watermarks(&self, _partition: Partition) -> KafkaResult<(i64, i64)> {
        Ok((0, 9))
    }

    fn look_up(&self, _topic: &str) -> Topic {
        Topic::Partitions(1)
    }
}

impl Consumer for Fake {
    fn join(&self) -> KafkaResult<()> {
        self.call("join".to_owned());
        Ok(())
    }

    fn poll<T>(&self, _timeout: Duration, read: impl FnOnce(Record<'_>) -> T) -> Option<KafkaResult<T>> {
        let mut told = self.0.borrow_mut();
        told.shares_out = told.shares_out.saturating_sub(1);
        let offset = if told.paused { None } else { told.records.pop_front() }?;
        drop(told);
        Some(Ok(read(Record { partition: (0, 0), offset, key: None, value: Some(b"1"), headers: None, time: -1 })))
    }

    fn assignment(&self) -> KafkaResult<Vec<Partition>> {
        Ok(vec![(0, 0)])
    }

    fn pause(&self, _partitions: &[Partition]) -> KafkaResult<()> {
        self.able()?;
        self.0.borrow_mut().paused = true;
        self.call("pause".to_owned());
        Ok(())
    }

    fn resume(&self, partitions: &[Partition]) -> KafkaResult<()> {
        self.able()?;
        self.0.borrow_mut().paused = false;
        self.call(format!("resume {partitions:?}"));
        Ok(())
    }

    fn assign(&self, starts: &[Start]) -> KafkaResult<()> {
        self.call(format!("assign {:?}", starts.iter().map(|start| start.offset).collect::<Vec<_>>()));
        Ok(())
    }

    fn unassign(&self, partitions: &[Partition]) -> KafkaResult<()> {
        self.call(format!("unassign {partitions:?}"));
        Ok(())
    }

    fn is_lost(&self) -> bool {
        self.0.borrow().lost
    }

    fn store(&self, positions: &[Position]) -> KafkaResult<()> {
        self.able()?;
        self.call(format!("store {}", positions[0].offset));
        Ok(())
    }

    fn seek(&self, _starts: &[Start]) -> KafkaResult<()> {
        unreachable!()
    }

    fn words(&self) -> Option<Words> {
        None
    }

    fn membership(&self) -> Membership {
        Membership::default()
    }

    fn is_reached(&self) -> bool {
        true
    }

    fn tell(&self, _error: &KafkaError) {}
}

impl Member for Fake {
    fn mend(&mut self) {}
}

struct Case {
    source: KafkaSource<Fake, Hand>,
    fake: Fake,
    clock: Hand,
    acks: Arc<Acks>,
    stop: Stop,
    pause: Arc<Pause>,
    intake: Receiver<Intake>,
}

impl Case {
    /// At most four events may be open; the group's offset is 3 if there is one.
    fn new(committed: Option<i64>) -> Self {
        Self::of(committed, POLL_INTERVAL)
    }

    /// The same, in a group whose brokers give up a member that hasn't polled for so long.
    fn polled_within(interval: Duration) -> Self {
        Self::of(Some(3), interval)
    }

    fn of(committed: Option<i64>, interval: Duration) -> Self {
        let (acks, clock, fake) =
            (Arc::new(Acks::default()), Hand(Rc::new(Cell::new(Instant::now()))), Fake::default());
        fake.0.borrow_mut().committed.extend(committed.map(|offset| (0, offset)));
        let (sender, intake) = unbounded();
        let (stop, pause) = (Stop::default(), Arc::<Pause>::default());
        let wiring = Wiring {
            acks: Arc::clone(&acks),
            intake: sender,
            stop: stop.clone(),
            mandate: None,
            telemetry: Arc::default(),
            pause: Arc::clone(&pause),
        };
        let topic = DataTopic { name: "data".to_owned(), encoder: Encoder::Json, start_from: DataStart::End };
        let assignment = Arc::new(Assignment::new(&[topic], wiring, clock.clone()).polled_within(interval));
        let group = Group { name: "app".to_owned(), endpoint: "kafka".to_owned(), session_timeout: SESSION_TIMEOUT };
        let space = Space { held: 8 * SLOT, portion: 2 };
        let source = KafkaSource::with(fake.clone(), assignment, group, space);
        Self { source, fake, clock, acks, stop, pause, intake }
    }

    /// Two events have come, and have finished.
    fn finished() -> Self {
        let mut case = Self::new(Some(3));
        case.assigned();
        case.fake.0.borrow_mut().records.extend(3..5);
        case.source.step();
        for ticket in &case.taken() {
            case.acks.settle(*ticket, Fate::Finished);
        }
        case.fake.calls();
        case
    }

    fn assigned(&self) {
        self.source.assignment.assigned(&self.fake, &[(0, 0)]);
    }

    fn revoked(&self) {
        self.source.assignment.revoked(&self.fake, &[(0, 0)]);
    }

    /// The events that the pipeline is handed.
    fn taken(&self) -> Vec<Ticket> {
        self.intake
            .try_iter()
            .flat_map(|message| match message {
                Intake::Events(events) => events.iter().map(|event| event.ticket).collect(),
                _ => vec![],
            })
            .collect()
    }
}

#[test]
fn too_many_open_events_pause_the_partitions_after_a_while_and_room_resumes_them() {
    let mut case = Case::new(Some(3));
    case.assigned();
    case.fake.0.borrow_mut().records.extend(3..20);
    case.fake.calls();
    case.source.step();
    case.source.step();
    let open = case.taken();
    assert_eq!(open.len(), 4);
    while case.fake.calls().is_empty() {
        case.source.step();
        assert!(case.taken().is_empty(), "nothing is read beyond the limit");
    }
    assert!(case.fake.0.borrow().paused);
    for ticket in &open {
        case.acks.settle(*ticket, Fate::Finished);
    }
    case.clock.sleep(POLL);
    case.source.step();
    assert_eq!(case.fake.calls(), ["store 7", "resume [(0, 0)]"]);
    assert_eq!(case.taken().len(), 2);
}

#[test]
fn finished_offsets_are_stored_each_tenth_of_a_second_and_all_of_them_at_the_end() {
    let mut case = Case::new(Some(3));
    case.assigned();
    case.fake.0.borrow_mut().records.extend(3..6);
    case.source.step();
    case.source.step();
    case.fake.calls();
    let open = case.taken();
    case.acks.settle(open[0], Fate::Finished);
    case.source.step();
    assert_eq!(case.fake.calls(), ["store 4"]);
    case.acks.settle(open[1], Fate::Finished);
    case.source.step();
    assert!(case.fake.calls().is_empty());
    case.clock.sleep(STORE);
    case.source.step();
    assert_eq!(case.fake.calls(), ["store 5"]);
    case.acks.settle(open[2], Fate::Finished);
    case.source.leave(Duration::from_secs(1));
    assert_eq!(case.fake.calls()[..2], ["store 6", "commit 6"]);
}

#[test]
fn a_revoke_commits_what_has_finished_and_what_comes_of_it_later_settles_nothing() {
    let mut case = Case::new(Some(3));
    case.assigned();
    case.fake.0.borrow_mut().records.extend(3..5);
    case.source.step();
    let open = case.taken();
    case.acks.settle(open[0], Fate::Finished);
    case.fake.calls();
    // The other one isn't finished in time.
    case.revoked();
    assert_eq!(case.fake.calls(), ["store 4", "commit 4", "unassign [(0, 0)]"]);
    case.assigned();
    assert_eq!(case.fake.calls(), ["assign [Some(4)]", "resume [(0, 0)]"]);
    case.fake.0.borrow_mut().records.extend(4..6);
    case.source.step();
    let again = case.taken();
    case.acks.settle(open[1], Fate::Finished);
    case.acks.settle(again[0], Fate::Finished);
    case.source.step();
    assert_eq!(case.fake.calls(), ["store 5"]);
}

#[test]
fn what_is_lost_is_not_waited_for_and_not_committed() {
    let mut case = Case::new(Some(3));
    case.assigned();
    case.fake.0.borrow_mut().records.extend(3..5);
    case.source.step();
    case.acks.settle(case.taken()[0], Fate::Finished);
    case.fake.calls();
    case.fake.0.borrow_mut().lost = true;
    let before = case.clock.now();
    case.revoked();
    assert_eq!(case.fake.calls(), ["unassign [(0, 0)]"]);
    assert_eq!(case.clock.now(), before);
}

#[test]
fn a_first_start_is_committed_and_a_group_that_gives_up_meanwhile_is_answered() {
    let case = Case::new(None);
    case.fake.0.borrow_mut().refusals = 2;
    case.assigned();
    assert_eq!(case.fake.calls(), ["commit 9", "assign [Some(9)]", "resume [(0, 0)]"]);

    let case = Case::new(None);
    case.fake.0.borrow_mut().refusals = u32::MAX;
    case.fake.0.borrow_mut().given_up = true;
    case.assigned();
    assert_eq!(case.fake.calls(), ["assign [None]"], "only what was taken can be given back");
}

#[test]
fn a_revoke_waits_for_no_more_than_half_of_what_brokers_grant_between_two_polls_and_never_into_the_end_of_a_stop() {
    for (interval, stops_in, waits) in [(300, None, 20), (10, None, 5), (300, Some(3), 3), (300, Some(0), 0)] {
        let mut case = Case::polled_within(Duration::from_secs(interval));
        case.assigned();
        case.fake.0.borrow_mut().records.extend(3..5);
        case.source.step();
        let before = case.clock.now();
        if let Some(time) = stops_in {
            case.stop.drain_until(before + Duration::from_secs(time));
        }
        case.revoked();
        assert_eq!(case.clock.now() - before, Duration::from_secs(waits), "{interval} {stops_in:?}");
    }
}

#[test]
fn what_never_finishes_is_given_up_early_enough_to_commit_and_to_leave() {
    for (timeout, stops_in, waits) in [(25_000, None, 23_000), (4000, None, 3000), (25_000, Some(10_000), 10_000)] {
        let mut case = Case::new(Some(3));
        case.assigned();
        case.fake.0.borrow_mut().records.extend(3..5);
        case.source.step();
        case.acks.settle(case.taken()[0], Fate::Finished);
        case.fake.calls();
        let Case { source, fake, clock, stop, .. } = case;
        let before = clock.now();
        if let Some(time) = stops_in {
            stop.drain_until(before + Duration::from_millis(time));
        }
        assert!(!source.leave(Duration::from_millis(timeout)), "one was given up");
        assert_eq!(clock.now() - before, Duration::from_millis(waits));
        assert_eq!(fake.calls(), ["store 4", "store 4", "commit 4"]);
    }
}

#[test]
fn the_group_is_joined_when_it_is_asked_for_and_positions_of_a_first_start_are_committed_before() {
    let mut case = Case::new(None);
    case.source.prepare();
    assert_eq!(case.fake.calls(), ["commit 9"]);
    case.clock.sleep(UNASSIGNED);
    case.source.prepare();
    assert!(case.source.join());
    assert_eq!(case.fake.calls(), ["join"]);
}

#[test]
fn an_event_that_holds_its_partition_for_a_minute_is_named() {
    let mut case = Case::new(Some(3));
    case.assigned();
    case.fake.0.borrow_mut().records.extend(3..6);
    let log = Log::default();
    log.keep(|| {
        for _ in 0..130 {
            case.source.step();
            case.taken();
            case.clock.sleep(Duration::from_secs(1));
        }
    });
    assert_eq!(log.count("data/0/3 has not finished for "), 2);
    assert_eq!(log.count("and 2 events that were read wait behind it"), 2);
}

#[test]
fn the_end_waits_for_what_is_under_way_and_commits_it() {
    let case = Case::finished();
    let Case { source, fake, intake, .. } = case;
    assert!(source.leave(Duration::from_secs(25)));
    assert_eq!(fake.calls(), ["store 5", "store 5", "commit 5"]);
    assert!(matches!(intake.try_recv(), Ok(Intake::Stop)));
}

#[test]
fn a_stop_waits_until_the_group_has_shared_its_partitions_out_before_it_commits() {
    let case = Case::finished();
    case.fake.0.borrow_mut().shares_out = 3;
    let Case { source, fake, .. } = case;
    assert!(source.leave(Duration::from_secs(25)));
    assert_eq!(fake.calls().last().map(String::as_str), Some("commit 5"));
}
