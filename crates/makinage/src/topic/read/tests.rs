use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    ops::{ControlFlow, Range},
    time::{Duration, Instant},
};

use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};

use super::{AMinute, Came, ForSoLong, Patience, Placed, Reading, read_from};

/// A second passes with each look. When its script is over, nothing comes any more.
struct Script {
    came: RefCell<VecDeque<Came<i64>>>,
    now: Cell<Instant>,
}

impl Script {
    fn new(came: impl IntoIterator<Item = Came<i64>>) -> Self {
        Self { came: RefCell::new(came.into_iter().collect()), now: Cell::new(Instant::now()) }
    }

    /// The offsets that are shown, and how it ends.
    fn read(&self, offsets: Range<i64>, patience: &impl Patience) -> (Vec<i64>, KafkaResult<()>) {
        let mut shown = Vec::new();
        let ended = read_from(self, &offsets, patience, |offset| {
            shown.push(*offset);
            ControlFlow::Continue(())
        });
        (shown, ended)
    }

    fn left(&self) -> usize {
        self.came.borrow().len()
    }
}

impl Reading for Script {
    type Record = i64;

    fn next(&self) -> Came<i64> {
        self.now.set(self.now.get() + Duration::from_secs(1));
        self.came.borrow_mut().pop_front().unwrap_or(Came::Nothing)
    }

    fn now(&self) -> Instant {
        self.now.get()
    }
}

impl Placed for i64 {
    fn offset(&self) -> i64 {
        *self
    }
}

fn records(offsets: impl IntoIterator<Item = i64>) -> impl Iterator<Item = Came<i64>> {
    offsets.into_iter().map(Came::Record)
}

fn failed(code: RDKafkaErrorCode) -> Came<i64> {
    Came::Failed(KafkaError::MessageConsumption(code))
}

fn nothing(seconds: usize) -> impl Iterator<Item = Came<i64>> {
    std::iter::repeat_with(|| Came::Nothing).take(seconds)
}

#[test]
fn a_stretch_ends_with_its_last_offset_and_nothing_after_it_is_taken() {
    let log = Script::new(records(3..9));
    let (shown, ended) = log.read(3..6, &AMinute);
    assert_eq!((shown, ended), (vec![3, 4, 5], Ok(())));
    assert_eq!(log.left(), 3);
}

#[test]
fn what_was_compacted_away_is_not_waited_for() {
    let (shown, ended) = Script::new(records([3, 7, 20])).read(2..10, &AMinute);
    assert_eq!((shown, ended), (vec![3, 7], Ok(())), "20 shows that 8 and 9 are gone");
    let (shown, ended) = Script::new(records([20])).read(2..10, &AMinute);
    assert_eq!((shown, ended), (vec![], Ok(())), "all are gone");
}

#[test]
fn the_partition_s_end_ends_it_where_a_transaction_s_marker_is_last() {
    let (shown, ended) = Script::new(records([3, 4]).chain([Came::End])).read(3..6, &AMinute);
    assert_eq!((shown, ended), (vec![3, 4], Ok(())));
    assert_eq!(Script::new([Came::End]).read(3..6, &AMinute), (vec![], Ok(())), "nothing but markers");
}

#[test]
fn records_before_the_stretch_are_passed_over() {
    let (shown, ended) = Script::new(records([0, 1, 2, 3])).read(2..4, &AMinute);
    assert_eq!((shown, ended), (vec![2, 3], Ok(())), "the topic was made anew, and the position set back");
}

#[test]
fn whoever_has_seen_enough_gets_no_more() {
    let log = Script::new(records(0..5));
    let mut seen = 0;
    let ended = read_from(&log, &(0..5), &AMinute, |_| {
        seen += 1;
        if seen == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((seen, ended, log.left()), (2, Ok(()), 3));
}

#[test]
fn a_broker_that_comes_back_in_time_has_cost_nothing() {
    let away = || nothing(50).chain([failed(RDKafkaErrorCode::BrokerTransportFailure)]);
    let log = Script::new(records([0]).chain(away()).chain(records([1])).chain(away()).chain(records([2])));
    assert_eq!(log.read(0..3, &AMinute), (vec![0, 1, 2], Ok(())), "each wait is counted by itself");
}

#[test]
fn a_minute_without_a_record_is_the_end_of_a_command_s_patience() {
    let timed_out = KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut);
    let log = Script::new(records([0]).chain(nothing(61)).chain(records([1])));
    assert_eq!(log.read(0..2, &AMinute), (vec![0], Err(timed_out)));
    assert_eq!(log.left(), 2, "after sixty seconds");
}

#[test]
fn what_was_wrong_is_what_a_stall_is_told_by_also_where_it_comes_again_and_again() {
    let refused = || failed(RDKafkaErrorCode::BrokerTransportFailure);
    let log = Script::new(std::iter::repeat_with(refused).take(100));
    let (_, ended) = log.read(0..2, &AMinute);
    assert_eq!(ended, Err(KafkaError::MessageConsumption(RDKafkaErrorCode::BrokerTransportFailure)));
    assert_eq!(log.left(), 40);
}

#[test]
fn what_no_wait_mends_is_not_waited_out() {
    let gone = failed(RDKafkaErrorCode::UnknownTopicOrPartition);
    let log = Script::new(records([0]).chain([gone]).chain(records([1])));
    assert_eq!(
        log.read(0..2, &AMinute),
        (vec![0], Err(KafkaError::MessageConsumption(RDKafkaErrorCode::UnknownTopicOrPartition)))
    );
    assert_eq!(log.left(), 1);
}

/// Goes on until it is stopped.
struct Service {
    looks_left: Cell<u32>,
    told: Cell<u32>,
}

impl Patience for Service {
    fn goes_on(&self, _waited: Duration) -> bool {
        self.looks_left.set(self.looks_left.get().saturating_sub(1));
        self.looks_left.get() > 0
    }

    fn tell(&self, _error: &KafkaError) {
        self.told.set(self.told.get() + 1);
    }
}

#[test]
fn a_service_waits_for_hours_is_told_what_is_wrong_and_ends_when_it_is_stopped() {
    let service = Service { looks_left: Cell::new(10_000), told: Cell::new(0) };
    let away = nothing(7_000).chain([failed(RDKafkaErrorCode::AllBrokersDown)]);
    let log = Script::new(away.chain(records([0])));
    assert_eq!(log.read(0..1, &service), (vec![0], Ok(())));
    assert_eq!(service.told.get(), 1);
    let stopped = Service { looks_left: Cell::new(3), told: Cell::new(0) };
    let log = Script::new(records(0..5));
    let (shown, ended) = log.read(0..5, &stopped);
    assert_eq!((shown, ended.is_err()), (vec![0, 1, 2], true), "also while records come");
}

#[test]
fn a_stop_ends_it_with_the_record_at_hand() {
    let (log, stopped) = (Script::new(records(0..9)), Cell::new(false));
    let stopping = || stopped.get();
    let ended = read_from(&log, &(0..9), &ForSoLong::new(&stopping, Duration::from_hours(1)), |offset| {
        if *offset == 3 {
            stopped.set(true);
        }
        ControlFlow::Continue(())
    });
    assert_eq!((ended.is_err(), log.left()), (true, 5));
}

#[test]
fn so_does_the_end_of_the_whole_time_though_records_come() {
    let stop = || false;
    let (shown, ended) = Script::new(records(0..9)).read(0..9, &ForSoLong::new(&stop, Duration::ZERO));
    assert_eq!((shown, ended.is_err()), (vec![0], true));
    let (shown, ended) = Script::new(records(0..9)).read(0..9, &ForSoLong::new(&stop, Duration::from_hours(1)));
    assert_eq!((shown, ended), ((0..9).collect(), Ok(())));
    let silent = Script::new(nothing(100));
    assert!(silent.read(0..9, &ForSoLong::new(&stop, Duration::from_hours(1))).1.is_err());
    assert_eq!(silent.left(), 40, "nor is a silent broker waited for any longer than by others");
}
