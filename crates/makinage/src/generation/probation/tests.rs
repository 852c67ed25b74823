use std::time::{Duration, Instant};

use super::{Limits, Probation};

const MINUTE: Duration = Duration::from_mins(1);
const CAUSE: &str = "out of memory";

fn probation(crashes: Option<usize>, error_rate: Option<f64>, now: Instant) -> Probation {
    Probation::new(2, Limits { time: MINUTE, crashes, error_rate }, 0.01, now)
}

#[test]
fn workers_that_die_on_three_different_batches_are_told_once() {
    let now = Instant::now();
    let mut probation = probation(Some(3), None, now);
    for flight in [7, 7, 7, 8] {
        probation.crashed_on(flight, &(0..16), CAUSE);
    }
    assert_eq!(probation.verdict(now), None, "two batches");
    probation.crashed_on(9, &(0..1), CAUSE);
    let told = probation.verdict(now).expect("three batches");
    assert_eq!(told.generation, 2);
    assert_eq!(told.what, "its workers died on 3 different batches; the last death: out of memory");
    assert_eq!(probation.verdict(now), None, "told already");
}

#[test]
fn one_deadly_event_is_one_batch_however_closely_it_is_found_and_several_in_a_batch_are_several() {
    let now = Instant::now();
    let mut probation = probation(Some(3), None, now);
    for part in [0..16, 0..16, 0..8, 4..8, 4..6, 4..5, 4..5] {
        probation.crashed_on(7, &part, CAUSE);
    }
    assert_eq!(probation.verdict(now), None, "event 4");
    probation.crashed_on(7, &(8..16), CAUSE);
    assert_eq!(probation.verdict(now), None, "another one behind it");
    probation.crashed_on(7, &(8..12), CAUSE);
    probation.crashed_on(7, &(12..16), CAUSE);
    assert!(probation.verdict(now).is_some(), "a third one");
}

#[test]
fn an_error_rate_counts_from_that_of_the_generation_before_and_once_there_are_enough_events() {
    let now = Instant::now();
    let mut probation = probation(None, Some(0.2), now);
    probation.scored(99, 99);
    assert_eq!(probation.verdict(now), None, "too few events");
    probation.scored(401, 6);
    assert_eq!(probation.verdict(now), None, "21 % is not more than 1 % and 20 %");
    probation.scored(10, 10);
    assert!(probation.verdict(now).is_some());
}

#[test]
fn after_its_probation_a_generation_stays() {
    let now = Instant::now();
    let mut probation = probation(Some(1), Some(0.1), now);
    probation.crashed_on(1, &(0..1), CAUSE);
    probation.scored(1000, 1000);
    assert_eq!(probation.verdict(now + MINUTE), None);
}

#[test]
fn without_limits_nothing_is_too_much() {
    let now = Instant::now();
    let mut probation = probation(None, None, now);
    (0..100).for_each(|flight| probation.crashed_on(flight, &(0..1), CAUSE));
    probation.scored(1000, 1000);
    assert_eq!(probation.verdict(now), None);
}
