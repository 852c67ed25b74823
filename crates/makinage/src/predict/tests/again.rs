//! Errors that may pass: events that are tried again, and what goes on meanwhile.

use super::*;
use crate::config::Retry;

const DELAY: Duration = Duration::from_mins(1);
const FAILED: (u8, &[u8]) = (3, FAILURE);
/// The same, by an error that may pass.
const PASSING: (u8, &[u8]) = (4, FAILURE);
const SCORED: (u8, &[u8]) = (1, b"7");

/// A predictor with a generation of one worker, which grants two further attempts.
fn predictor(generation: u64, now: Instant) -> (Predictor, Seat) {
    let mut predictor = Predictor::default();
    let seat = switch(&mut predictor, generation, now);
    (predictor, seat)
}

fn switch(predictor: &mut Predictor, generation: u64, now: Instant) -> Seat {
    let (pool, mut seats) = crew_with(generation, terms(generation, 8), 1);
    predictor.switch_to(pool, now);
    seats.remove(0)
}

fn terms(generation: u64, rows: usize) -> Terms {
    let probation = config::Probation { time: Duration::ZERO, crashes: None, error_rate: None };
    Terms { retry: Some(Retry { attempts: 2, delay: DELAY }), ..super::terms(generation, rows, probation) }
}

/// Events of these lanes, numbered from an offset on.
fn of_lanes(first: i64, lanes: &[u32]) -> Vec<Event> {
    let event = |(offset, lane): (i64, &u32)| {
        let place = Place { source: 0, partition: lane.cast_signed(), offset };
        Event::new(Ticket::new(*lane, offset.unsigned_abs()), place, None, Some(b"1"))
    };
    (first..).zip(lanes).map(event).collect()
}

/// The worker answers what it is asked with these items.
fn answers(predictor: &mut Predictor, seat: &Seat, items: &[(u8, &[u8])], now: Instant) {
    let ask = seat.asked().expect("it is asked");
    predictor.hear(FromWorker::Answer { worker: seat.worker, id: ask.id, answer: answer(0, items) }, now);
}

/// Offsets of what leaves, and the attempts that it took.
fn attempts(predictor: &mut Predictor) -> Vec<(i64, u32)> {
    let mut left = vec![];
    predictor.release(|piece| {
        let Part::Answered { attempt, .. } = piece.part else { return };
        left.extend(piece.events[piece.places.clone()].iter().map(|event| (event.offset, attempt.number)));
    });
    left
}

/// What is asked once it is time.
fn go_on(predictor: &mut Predictor, now: Instant) {
    predictor.tick(now);
    predictor.dispatch(now);
}

#[test]
fn an_event_is_tried_again_after_the_delay_while_other_lanes_go_on_and_its_own_keeps_its_order() {
    let now = Instant::now();
    let (mut predictor, seat) = predictor(1, now);
    predictor.open(of_lanes(0, &[1, 2, 1, 2]), now);
    answers(&mut predictor, &seat, &[PASSING, SCORED, SCORED, SCORED], now);
    assert_eq!(attempts(&mut predictor), [(1, 1), (3, 1)], "the other lane's");
    assert_eq!(predictor.crowded(), BTreeSet::from([1]), "nothing more of its lane is begun");
    let nothing = Queued { rows: 0, full_of_bytes: false, waited: Duration::ZERO };
    assert_eq!(predictor.next_deadline(nothing, now), Some(DELAY));

    predictor.open(of_lanes(4, &[2]), now);
    answers(&mut predictor, &seat, &[SCORED], now);
    assert_eq!(attempts(&mut predictor), [(4, 1)]);

    go_on(&mut predictor, now + DELAY / 2);
    assert!(seat.asked().is_none(), "it is too early");
    go_on(&mut predictor, now + DELAY);
    let ask = seat.asked().expect("it is tried again");
    assert_eq!(offsets(&ask), [0], "alone");
    predictor.hear(seat.answer(&ask), now + DELAY);
    assert_eq!(attempts(&mut predictor), [(0, 2), (2, 1)]);
    assert!(predictor.is_idle() && predictor.crowded().is_empty());
}

#[test]
fn after_its_last_attempt_it_has_failed_and_an_error_that_does_not_pass_ends_them_at_once() {
    let mut now = Instant::now();
    let (mut predictor, seat) = predictor(1, now);
    for (items, expected) in [(vec![PASSING, PASSING, PASSING], 3), (vec![PASSING, FAILED], 2), (vec![FAILED], 1)] {
        predictor.open(of_lanes(0, &[1]), now);
        for item in items {
            go_on(&mut predictor, now);
            answers(&mut predictor, &seat, &[item], now);
            now += DELAY;
        }
        assert_eq!(attempts(&mut predictor), [(0, expected)]);
        assert!(predictor.is_idle());
    }
}

#[test]
fn a_delay_is_no_silence_and_outlives_the_worker() {
    let now = Instant::now();
    let (mut predictor, mut seat) = predictor(1, now);
    predictor.open(of_lanes(0, &[1]), now);
    answers(&mut predictor, &seat, &[PASSING], now);
    (1..DELAY.as_secs()).for_each(|second| predictor.tick(now + Duration::from_secs(second)));
    assert!(!seat.ended.0.load(Ordering::Relaxed), "it was asked nothing");
    predictor.hear(seat.dies_at(Some(At::NOTHING)), now);
    predictor.hear(seat.is_replaced(1), now);
    go_on(&mut predictor, now + DELAY);
    answers(&mut predictor, &seat, &[SCORED], now);
    assert_eq!(attempts(&mut predictor), [(0, 2)]);
}

#[test]
fn a_stop_and_a_revoke_in_the_middle_of_a_delay_give_it_up_with_all_behind_it() {
    let now = Instant::now();
    for revoked in [false, true] {
        let (mut predictor, seat) = predictor(1, now);
        predictor.open(of_lanes(0, &[1, 1, 2]), now);
        answers(&mut predictor, &seat, &[PASSING, SCORED, PASSING], now);
        if revoked {
            predictor.give_up(&[1]);
        } else {
            predictor.give_up_waiting();
        }
        let mut cut = vec![];
        predictor.release(|piece| {
            let is_given_up = piece.is_cut || matches!(piece.part, Part::GivenUp(_));
            cut.extend(piece.events[piece.places.clone()].iter().map(|event| (event.offset, is_given_up)));
        });
        let all = [(0, true), (1, true), (2, true)];
        assert_eq!(cut, all[..if revoked { 2 } else { 3 }]);
        assert_eq!(predictor.is_idle(), !revoked, "the other lane's is still tried again");
    }
}

#[test]
fn what_a_worker_still_held_of_a_lane_that_is_over_is_not_tried_again() {
    let now = Instant::now();
    let (mut predictor, seat) = predictor(1, now);
    predictor.open(of_lanes(0, &[1, 2]), now);
    predictor.give_up(&[1]);
    answers(&mut predictor, &seat, &[PASSING, PASSING], now);
    assert_eq!(left(&mut predictor), [(0, 0)], "given up at once: its partition is another's");
    assert_eq!(predictor.crowded(), BTreeSet::from([2]));
}

#[test]
fn it_is_tried_again_by_the_generation_that_had_it_which_stays_for_that() {
    let now = Instant::now();
    let (mut predictor, old) = predictor(1, now);
    predictor.open(of_lanes(0, &[1]), now);
    answers(&mut predictor, &old, &[PASSING], now);
    let new = switch(&mut predictor, 2, now);
    go_on(&mut predictor, now + DELAY);
    assert!(new.asked().is_none());
    answers(&mut predictor, &old, &[SCORED], now);
    assert_eq!(landed(&mut predictor), [1]);
    predictor.tick(now);
    assert!(old.asks.try_recv().is_err_and(|error| error.is_disconnected()), "its workers may go");
}

/// A process that has scored; what it is asked for then fails by errors that may pass.
fn one_that_has_scored(now: Instant) -> (Predictor, Seat) {
    let (mut predictor, seat) = predictor(1, now);
    predictor.open(of_lanes(0, &[1]), now);
    answers(&mut predictor, &seat, &[SCORED], now);
    (predictor, seat)
}

#[test]
fn a_process_is_not_held_exhausted_for_errors_that_may_pass_before_the_last_attempt() {
    let mut now = Instant::now();
    let (mut predictor, seat) = one_that_has_scored(now);
    predictor.open(of_lanes(1, &[1]), now);
    for _ in 0..3 {
        go_on(&mut predictor, now);
        let ask = seat.asked().expect("it is tried again");
        assert!(!ask.job.is_probe());
        predictor.hear(FromWorker::Answer { worker: seat.worker, id: ask.id, answer: answer(0, &[PASSING]) }, now);
        now += DELAY;
    }
    go_on(&mut predictor, now);
    let probe = seat.asked().expect("is it the process?");
    assert!(probe.job.is_probe());
    predictor.hear(FromWorker::Answer { worker: seat.worker, id: probe.id, answer: answer(0, &[PASSING]) }, now);
    assert!(seat.ended.0.load(Ordering::Relaxed), "what scored before fails too: it is replaced");
    assert!(!predictor.is_idle());
}
