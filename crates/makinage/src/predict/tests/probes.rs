//! What scored before, and fails now.

use super::*;

/// Answers all that is asked, with failures for all events, until so many requests have come or none does.
fn fail_all(predictor: &mut Predictor, seat: &Seat, most: usize, now: Instant) -> usize {
    for asked in 0..most {
        predictor.tick(now);
        predictor.dispatch(now);
        let Some(ask) = seat.asked() else { return asked };
        let offsets = offsets(&ask);
        predictor.hear(seat.answer_some(&ask, 0..offsets.len(), &offsets), now);
    }
    most
}

/// An event scores, and the next one kills its worker.
fn accident(predictor: &mut Predictor, seat: &mut Seat, now: Instant) {
    predictor.open(events(0..1), now);
    let ask = seat.asked().expect("the first event");
    predictor.hear(seat.answer(&ask), now);
    assert_eq!(left(predictor), [(0, 1)]);
    predictor.open(events(1..2), now);
    dies_at_next(predictor, seat, 1, now);
}

fn dies_at_next(predictor: &mut Predictor, seat: &mut Seat, incarnation: u32, now: Instant) {
    predictor.dispatch(now);
    let ask = seat.asked().expect("a request");
    predictor.hear(seat.dies_at(Some(At::new(ask.id, 0..1))), now);
    while seat.asked().is_some() {}
    predictor.hear(seat.is_replaced(incarnation), now);
}

fn is_ended(seat: &Seat) -> bool {
    seat.ended.0.load(Ordering::Relaxed)
}

#[test]
fn a_process_that_fails_what_scored_before_is_replaced_and_not_asked_again_and_again() {
    for is_unwell in [false, true] {
        let now = Instant::now();
        let (pool, mut seat) = pool(1, 1);
        let mut predictor = Predictor::default();
        predictor.switch_to(pool, now);
        accident(&mut predictor, &mut seat, now);
        if is_unwell {
            dies_at_next(&mut predictor, &mut seat, 2, now);
        }
        assert_eq!(fail_all(&mut predictor, &seat, 1000, now), 1);
        assert!(is_ended(&seat));
        predictor.hear(seat.dies(), now);
        predictor.hear(seat.is_replaced(3), now);
        predictor.dispatch(now);
        // The accelerator is back.
        let mut all = vec![];
        while let Some(ask) = seat.asked() {
            predictor.hear(seat.answer(&ask), now);
            predictor.dispatch(now);
            all.extend(left(&mut predictor));
        }
        assert_eq!(all, [(1, 1)], "{is_unwell}");
    }
}

#[test]
fn what_scored_before_and_is_refused_for_good_holds_nothing_up_for_ever() {
    let now = Instant::now();
    let (pool, mut seat) = pool(1, 1);
    let mut predictor = Predictor::default();
    predictor.switch_to(pool, now);
    accident(&mut predictor, &mut seat, now);
    let mut all = vec![];
    for incarnation in 2..8 {
        predictor.tick(now);
        predictor.dispatch(now);
        while let Some(ask) = seat.asked() {
            let failing = if ask.job.is_probe() { offsets(&ask) } else { vec![] };
            predictor.hear(seat.answer_some(&ask, 0..1, &failing), now);
            all.extend(left(&mut predictor));
        }
        if is_ended(&seat) {
            predictor.hear(seat.dies(), now);
            predictor.hear(seat.is_replaced(incarnation), now);
        }
    }
    assert_eq!(all, [(1, 1)]);
}

#[test]
fn where_what_scored_before_is_filtered_out_now_what_fails_is_believed_and_not_filtered_out_in_its_turn() {
    let now = Instant::now();
    let (pool, seat) = pool(1, 1);
    let mut predictor = Predictor::default();
    predictor.switch_to(pool, now);
    predictor.open(events(0..1), now);
    predictor.hear(seat.answer(&seat.asked().expect("the first event")), now);
    predictor.open(events(1..2), now);
    let (mut asked, mut all) = (vec![], vec![]);
    while !predictor.is_idle() {
        predictor.dispatch(now);
        let ask = seat.asked().expect("a request");
        assert!(asked.len() < 10, "it is asked for ever: {asked:?}");
        asked.push((offsets(&ask)[0], ask.job.is_probe()));
        let says: (u8, &[u8]) = if ask.job.is_probe() { (2, b"pre_transform") } else { (3, FAILURE) };
        let answer = answer(0, &[says]);
        predictor.hear(FromWorker::Answer { worker: seat.worker, id: ask.id, answer }, now);
        all.extend(left(&mut predictor));
    }
    assert_eq!((asked, all), (vec![(1, false), (0, true)], vec![(0, 1), (1, 1)]));
    assert!(!is_ended(&seat));
}

#[test]
fn what_only_the_generation_before_has_scored_is_given_up_once_this_one_refuses_it() {
    let now = Instant::now();
    let ((first, mut old), (second, mut seat)) = (pool(1, 1), pool(2, 1));
    let mut predictor = Predictor::default();
    predictor.switch_to(first, now);
    predictor.open(events(0..1), now);
    let ask = old.asked().expect("the first event");
    predictor.hear(old.answer(&ask), now);
    predictor.switch_to(second, now);
    predictor.open(events(1..2), now);
    dies_at_next(&mut predictor, &mut seat, 1, now);
    let mut all = vec![];
    for _ in 0..4 {
        predictor.dispatch(now);
        let Some(ask) = seat.asked() else { continue };
        let failing = if ask.job.is_probe() { offsets(&ask) } else { vec![] };
        predictor.hear(seat.answer_some(&ask, 0..1, &failing), now);
        all.extend(left(&mut predictor));
    }
    assert_eq!(all, [(0, 1), (1, 2)]);
    assert!(!is_ended(&seat));
    drop(old.is_replaced(1));
}

#[test]
fn failures_convict_nobody_while_what_scored_before_fails_too() {
    let now = Instant::now();
    let (pool, mut seat) = pool(1, 2);
    let mut predictor = Predictor::default();
    predictor.switch_to(pool, now);
    accident(&mut predictor, &mut seat, now);
    predictor.dispatch(now);
    let probe = seat.asked().expect("what scored before");
    predictor.hear(seat.answer(&probe), now);
    // It dies at the event again, which stands accused now.
    dies_at_next(&mut predictor, &mut seat, 2, now);
    predictor.dispatch(now);
    let probe = seat.asked().expect("what scored before");
    predictor.open(events(2..4), now);
    let batch = seat.asked().expect("others");
    // The replacement's accelerator is broken: it raises whatever it is asked.
    predictor.hear(seat.answer_some(&probe, 0..1, &[0]), now);
    predictor.hear(seat.answer_some(&batch, 0..2, &[2, 3]), now);
    predictor.dispatch(now);
    assert_eq!(left(&mut predictor), [], "nobody is judged");
    assert!(is_ended(&seat));
    predictor.hear(seat.dies(), now);
    predictor.hear(seat.is_replaced(3), now);
    let mut all = vec![];
    predictor.dispatch(now);
    while let Some(ask) = seat.asked() {
        predictor.hear(seat.answer(&ask), now);
        predictor.dispatch(now);
        all.extend(left(&mut predictor));
    }
    all.sort_unstable();
    assert_eq!(all, [(1, 1), (2, 1), (3, 1)]);
}

#[test]
fn answers_that_are_held_when_what_scored_before_is_given_up_are_tried_again() {
    let now = Instant::now();
    let (pool, mut seats) = crew(1, 1, 2);
    let mut predictor = Predictor::default();
    predictor.switch_to(pool, now);
    (0..2).for_each(|slot| predictor.open(events(slot..slot + 1), now));
    for seat in &seats {
        let ask = seat.asked().expect("an event each");
        predictor.hear(seat.answer(&ask), now);
    }
    assert_eq!(left(&mut predictor).len(), 2);
    (2..4).for_each(|offset| predictor.open(events(offset..offset + 1), now));
    let held = seats[1].asked().expect("one of them");
    // The other one, and then what scored before, three times.
    (1..4).for_each(|incarnation| dies_at_next(&mut predictor, &mut seats[0], incarnation, now));
    predictor.dispatch(now);
    let probe = seats[0].asked().expect("what scored before");
    assert!(probe.job.is_probe());
    while seats[1].asked().is_some() {}
    predictor.hear(seats[1].answer_some(&held, 0..1, &offsets(&held)), now);
    predictor.hear(seats[0].dies_at(Some(At::new(probe.id, 0..1))), now);
    predictor.hear(seats[0].is_replaced(4), now);
    // The other one kills its worker whenever it is tried.
    for incarnation in 5..15 {
        predictor.tick(now);
        predictor.dispatch(now);
        for seat in &mut seats {
            while let Some(ask) = seat.asked() {
                if offsets(&ask) == offsets(&held) {
                    predictor.hear(seat.answer(&ask), now);
                } else {
                    predictor.hear(seat.dies_at(Some(At::new(ask.id, 0..1))), now);
                    while seat.asked().is_some() {}
                    predictor.hear(seat.is_replaced(incarnation), now);
                }
            }
        }
    }
    let scored = left(&mut predictor).into_iter().filter(|(_, generation)| *generation == 1);
    assert_eq!(scored.map(|(offset, _)| offset).collect::<Vec<_>>(), offsets(&held));
}
