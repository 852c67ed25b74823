//! Events that a worker died on, and that are read again in another assignment.

use super::{deaths::work, *};

/// Events of this assignment.
fn of(assignment: u32, offsets: std::ops::Range<i64>) -> Vec<Event> {
    let ticket = |offset: i64| Ticket::new(assignment, offset.unsigned_abs());
    let event = |offset| Event::new(ticket(offset), Place { source: 0, partition: 0, offset }, None, Some(b"1"));
    offsets.map(event).collect()
}

/// One that has scored, and a worker that has died on the fourth of eight events that came behind it.
fn died() -> (Predictor, Seat) {
    died_at(3..4)
}

/// The same, in these places of the eight.
fn died_at(places: Range<usize>) -> (Predictor, Seat) {
    let now = Instant::now();
    let (pool, mut seat) = pool(1, 8);
    let mut predictor = Predictor::default();
    predictor.switch_to(pool, now);
    predictor.open(of(1, 100..101), now);
    let first = seat.asked().expect("an event that scores");
    predictor.hear(seat.answer(&first), now);
    predictor.open(of(1, 0..8), now);
    let ask = seat.asked().expect("a batch");
    predictor.hear(seat.dies_at(Some(At::new(ask.id, places))), now);
    predictor.hear(seat.is_replaced(1), now);
    (predictor, seat)
}

fn failed(worked: &[(i64, u64)]) -> Vec<i64> {
    worked.iter().filter(|(_, by)| *by == 0).map(|(offset, _)| *offset).collect()
}

#[test]
fn an_event_whose_partition_was_taken_away_after_its_first_death_has_one_more_to_go() {
    let (mut predictor, mut seat) = died();
    predictor.give_up(&[1]);
    assert_eq!(left(&mut predictor).len(), 9, "it scored, and eight are given up");
    predictor.open(of(2, 0..8), Instant::now());
    let worked = work(&mut predictor, &mut seat, &[3], true);
    assert_eq!((worked.deaths, failed(&worked.left), worked.left.len()), (1, vec![3], 8));
    assert_eq!(predictor.suspects(Instant::now()), [], "it has failed");
}

#[test]
fn events_that_a_worker_was_at_together_are_tried_one_by_one_when_they_are_read_again() {
    let (mut predictor, mut seat) = died_at(0..8);
    assert_eq!(predictor.suspects(Instant::now()), [], "it may have been any of them");
    predictor.give_up(&[1]);
    left(&mut predictor);
    predictor.open(of(2, 0..8), Instant::now());
    let worked = work(&mut predictor, &mut seat, &[3], false);
    assert_eq!((worked.deaths, failed(&worked.left), worked.left.len()), (1, vec![3], 8));
}

#[test]
fn an_event_that_killed_its_worker_after_its_partition_was_taken_away_is_known_too() {
    let now = Instant::now();
    let (pool, mut seat) = pool(1, 8);
    let mut predictor = Predictor::default();
    predictor.switch_to(pool, now);
    predictor.open(of(1, 0..8), now);
    let ask = seat.asked().expect("a batch");
    predictor.give_up(&[1]);
    predictor.hear(seat.dies_at(Some(At::new(ask.id, 3..4))), now);
    predictor.hear(seat.is_replaced(1), now);
    assert_eq!(left(&mut predictor).len(), 8);
    predictor.open(of(2, 0..8), now);
    let worked = work(&mut predictor, &mut seat, &[3], true);
    assert_eq!((worked.deaths, failed(&worked.left)), (1, vec![3]));
}

#[test]
fn an_event_whose_partition_was_taken_away_after_its_last_death_waits_for_a_proof_alone() {
    let (mut predictor, mut seat) = died();
    let now = Instant::now();
    loop {
        predictor.dispatch(now);
        let ask = seat.asked().expect("something is asked for");
        if ask.kind == AskKind::Singly {
            predictor.hear(seat.dies_at(Some(At::new(ask.id, 0..1))), now);
            break;
        }
        predictor.hear(seat.answer(&ask), now);
    }
    while seat.asked().is_some() {}
    predictor.give_up(&[1]);
    predictor.hear(seat.is_replaced(2), now);
    left(&mut predictor);
    predictor.open(of(2, 3..8), now);
    let worked = work(&mut predictor, &mut seat, &[3], true);
    assert_eq!((worked.deaths, failed(&worked.left)), (0, vec![3]));
    assert_eq!(worked.left.len(), 5);
}

#[test]
fn an_event_that_was_answered_after_its_first_death_is_suspected_no_more() {
    let (mut predictor, mut seat) = died();
    assert_eq!(predictor.suspects(Instant::now()).len(), 1);
    let worked = work(&mut predictor, &mut seat, &[], true);
    assert_eq!((worked.deaths, failed(&worked.left)), (0, vec![]));
    assert_eq!(predictor.suspects(Instant::now()), []);
    predictor.open(of(2, 0..8), Instant::now());
    assert_eq!(offsets(&seat.asked().expect("all of it")), (0..8).collect::<Vec<_>>());
}

#[test]
fn what_workers_died_of_while_they_died_of_all_is_no_suspect() {
    let (mut predictor, mut seat) = died();
    // On the probe, too.
    predictor.dispatch(Instant::now());
    let probe = seat.asked().expect("what scored before");
    predictor.hear(seat.dies_at(Some(At::new(probe.id, 0..1))), Instant::now());
    while seat.asked().is_some() {}
    predictor.hear(seat.is_replaced(2), Instant::now());
    let worked = work(&mut predictor, &mut seat, &[], true);
    assert_eq!((worked.deaths, failed(&worked.left)), (0, vec![]));
    assert_eq!(predictor.suspects(Instant::now()), []);
}

#[test]
fn the_step_of_the_last_death_is_the_one_that_is_told() {
    let (mut predictor, mut seat) = died();
    let mut told = None;
    while told.is_none() {
        predictor.dispatch(Instant::now());
        let ask = seat.asked().expect("something is asked for");
        if ask.kind == AskKind::Singly {
            let at = At { step: Some("post_transform"), ..At::new(ask.id, 0..1) };
            predictor.hear(seat.dies_at(Some(at)), Instant::now());
            while seat.asked().is_some() {}
            predictor.hear(seat.is_replaced(2), Instant::now());
        } else {
            predictor.hear(seat.answer(&ask), Instant::now());
        }
        predictor.release(|piece| {
            if let Part::Failed(_, failure, _) = piece.part {
                told = Some((failure.step.clone(), failure.attempts));
            }
        });
    }
    assert_eq!(told, Some(("post_transform".to_owned(), 2)));
}
