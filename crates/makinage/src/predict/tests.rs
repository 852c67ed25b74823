//! Workers that are this file's hands (`testing`), and what becomes of what they are asked.

mod again;
mod deaths;
mod probes;
mod spares;
mod suspects;

use std::{
    ops::Range,
    sync::{Arc, atomic::Ordering},
};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::{
    testing::{FAILURE, Handle, SILENCE, Seat, crew, crew_on_probation, crew_with, events, live, pool, terms},
    *,
};
use crate::{
    config,
    config::OnError,
    event::{Place, Ticket},
    wire::testing::answer,
    worker::{
        messages::{Ask, AskKind, At},
        pool::{Crew, IN_FLIGHT, Terms, Worker},
    },
};

fn offsets(ask: &Ask) -> Vec<i64> {
    ask.job.events().iter().map(|event| event.offset).collect()
}

/// Offsets of the events that leave, and the generations that scored them; 0 for one that failed.
fn left(predictor: &mut Predictor) -> Vec<(i64, u64)> {
    let mut left = vec![];
    predictor.release(|piece| {
        let generation = match piece.part {
            Part::Answered { generation, .. } => *generation,
            Part::Failed(..) | Part::GivenUp(_) => 0,
        };
        left.extend(piece.events[piece.places.clone()].iter().map(|event| (event.offset, generation)));
    });
    left
}

/// The generations that answered, event by event.
fn landed(predictor: &mut Predictor) -> Vec<u64> {
    left(predictor).into_iter().map(|(_, generation)| generation).collect()
}

#[test]
fn time_in_which_the_whole_program_stood_still_is_no_workers_silence() {
    let now = Instant::now();
    let (pool, seat) = pool(1, 1);
    let mut predictor = Predictor::default();
    predictor.switch_to(pool, now);
    predictor.tick(now);
    predictor.open(events(0..1), now);
    predictor.tick(now + 10 * SILENCE);
    assert!(!seat.ended.0.load(Ordering::Relaxed));
    let awake = now + 10 * SILENCE;
    (1..=SILENCE.as_secs()).for_each(|second| predictor.tick(awake + Duration::from_secs(second)));
    assert!(seat.ended.0.load(Ordering::Relaxed), "it has been silent since");
}

#[test]
fn what_no_live_worker_holds_is_given_up_at_a_stop_and_when_its_lane_is_over() {
    let now = Instant::now();
    let (pool, mut seat) = pool(1, 1);
    let mut predictor = Predictor::default();
    predictor.switch_to(pool, now);
    (0..2).for_each(|offset| predictor.open(events(offset..offset + 1), now));
    predictor.hear(seat.dies(), now);
    predictor.give_up(&[0]);
    assert_eq!(left(&mut predictor), [(0, 0), (1, 0)]);
    assert!(predictor.is_idle());
    predictor.hear(seat.is_replaced(1), now);
    while seat.asked().is_some() {}
    predictor.open(events(2..3), now);
    predictor.give_up_waiting();
    assert!(!predictor.is_idle(), "a worker holds it");
    predictor.hear(seat.dies(), now);
    predictor.give_up_waiting();
    assert_eq!(left(&mut predictor), [(2, 0)]);
}

#[test]
fn what_a_generation_began_it_ends_and_what_is_new_goes_to_the_next() {
    let now = Instant::now();
    let ((first, mut old), (second, new)) = (pool(1, 1), pool(2, 1));
    let mut predictor = Predictor::default();
    predictor.switch_to(first, now);
    predictor.open(events(0..1), now);
    predictor.open(events(1..2), now);
    let ask = old.asked().expect("the first");
    predictor.switch_to(second, now);
    predictor.open(events(2..3), now);
    let newer = new.asked().expect("what is new");
    assert_eq!(offsets(&newer), [2]);
    predictor.hear(new.answer(&newer), now);
    assert_eq!(landed(&mut predictor), [0_u64; 0], "nothing overtakes");
    predictor.hear(old.answer(&ask), now);
    let second = old.asked().expect("the second");
    predictor.hear(old.answer(&second), now);
    assert_eq!(landed(&mut predictor), [1, 1, 2]);
    predictor.tick(now);
    assert!(old.asks.try_recv().is_err_and(|error| error.is_disconnected()), "its workers may go");
    drop(old.is_replaced(1));
}

#[test]
fn a_batch_of_a_generation_that_is_gone_is_the_next_ones() {
    let now = Instant::now();
    let ((first, old), (second, new)) = (pool(1, 1), pool(2, 1));
    let mut predictor = Predictor::default();
    predictor.switch_to(first, now);
    predictor.open(events(0..1), now);
    predictor.switch_to(second, now);
    predictor.hear(old.dies(), now);
    predictor.tick(now);
    predictor.dispatch(now);
    assert_eq!(offsets(&new.asked().expect("it")), [0]);
}

#[test]
fn a_worker_that_is_silent_on_a_batch_is_ended_and_one_that_shows_that_it_works_is_not() {
    let begin = Instant::now();
    let now = begin + 2 * SILENCE;
    let (pool, seat) = pool(1, 1);
    let mut predictor = Predictor::default();
    predictor.switch_to(pool, now);
    (0..2 * SILENCE.as_secs()).for_each(|second| predictor.tick(begin + Duration::from_secs(second)));
    assert!(!seat.ended.0.load(Ordering::Relaxed), "it was asked nothing");
    predictor.open(events(0..1), now);
    let mut second = 0..;
    let mut until = |predictor: &mut Predictor, end: Duration| {
        for second in second.by_ref().take_while(|second| Duration::from_secs(*second) < end) {
            predictor.tick(now + Duration::from_secs(second));
        }
        predictor.tick(now + end);
    };
    until(&mut predictor, SILENCE / 2);
    predictor.hear(FromWorker::Progress { worker: seat.worker }, now + SILENCE / 2);
    until(&mut predictor, SILENCE);
    assert!(!seat.ended.0.load(Ordering::Relaxed), "it is at work");
    until(&mut predictor, SILENCE / 2 + SILENCE);
    assert!(seat.ended.0.load(Ordering::Relaxed));
}

#[test]
fn a_worker_that_died_before_its_generation_took_over_is_asked_nothing_until_it_is_replaced() {
    let now = Instant::now();
    let (pool, mut seat) = pool(1, 1);
    let mut predictor = Predictor::default();
    predictor.hear(seat.dies(), now);
    predictor.switch_to(pool, now);
    let queued = Queued { rows: 1, full_of_bytes: false, waited: Duration::from_secs(1) };
    assert_eq!(predictor.wants(queued), 0);
    predictor.hear(seat.is_replaced(1), now);
    assert_eq!(predictor.wants(queued), 1);
}

#[test]
fn what_a_dead_worker_held_goes_to_another_of_its_generation_though_a_newer_one_serves() {
    let now = Instant::now();
    let ((first, old), (second, new)) = (crew(1, 1, 2), pool(2, 1));
    let mut predictor = Predictor::default();
    predictor.switch_to(first, now);
    (0..3).for_each(|offset| predictor.open(events(offset..offset + 1), now));
    predictor.switch_to(second, now);
    predictor.hear(old[0].dies(), now);
    predictor.tick(now);
    predictor.dispatch(now);
    let mut answered = vec![];
    while let Some(ask) = old[1].asked() {
        answered.extend(offsets(&ask));
        predictor.hear(old[1].answer(&ask), now);
        predictor.dispatch(now);
    }
    answered.sort_unstable();
    assert_eq!(answered, [0, 1, 2]);
    assert!(new.asked().is_none());
    assert_eq!(landed(&mut predictor), [1, 1, 1]);
}
