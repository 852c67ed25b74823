use std::sync::Arc;

use super::*;
use crate::event::{Event, Failure, Place, Ticket};

fn answered(flight: u64) -> Answered {
    let event = Event::new(Ticket::from_opaque(0), Place { source: 0, partition: 0, offset: 0 }, None, Some(b"1"));
    let part = Part::Failed(0, Failure::new("predict", "OSError", "too many open files"));
    (Job::new(flight, Arc::new(vec![event])), part)
}

fn flights(answered: &[Answered]) -> Vec<u64> {
    answered.iter().map(|(job, _)| job.flight).collect()
}

const FAILED: bool = true;
const SCORED: bool = false;

#[test]
fn a_process_that_has_not_scored_before_is_believed() {
    let mut doubts = Doubts::default();
    assert_eq!(flights(&doubts.answered(0, answered(1), FAILED, Instant::now())), [1]);
}

#[test]
fn when_all_begins_to_fail_it_is_held_until_what_scored_before_is_asked_again() {
    let (mut doubts, now) = (Doubts::default(), Instant::now());
    doubts.answered(1, answered(1), SCORED, now);
    assert!(doubts.answered(1, answered(2), FAILED, now).is_empty());
    assert_eq!(doubts.wanted().collect::<Vec<_>>(), [1]);
    doubts.probing(1);
    assert!(doubts.answered(1, answered(3), FAILED, now).is_empty(), "what was under way");
    assert_eq!(doubts.wanted().count(), 0);
    assert_eq!(flights(&doubts.believe(1)), [2, 3]);
    assert!(!doubts.hold_any());
}

#[test]
fn an_event_that_scores_meanwhile_settles_it_too() {
    let (mut doubts, now) = (Doubts::default(), Instant::now());
    doubts.answered(0, answered(1), SCORED, now);
    doubts.answered(0, answered(2), FAILED, now);
    assert_eq!(flights(&doubts.answered(0, answered(3), SCORED, now)), [2, 3]);
}

#[test]
fn what_is_held_of_a_process_that_ends_is_tried_once_more_and_believed_then() {
    let (mut doubts, now) = (Doubts::default(), Instant::now());
    doubts.answered(0, answered(1), SCORED, now);
    doubts.answered(0, answered(2), FAILED, now);
    let again = doubts.ended(0);
    assert!(again.len() == 1 && again[0].is_second_try);
    doubts.answered(0, answered(4), SCORED, now);
    let (_, part) = answered(2);
    assert_eq!(flights(&doubts.answered(0, (again[0].clone(), part), FAILED, now)), [2]);
    // Replacing the process was of no use: for a while answers are believed.
    assert_eq!(flights(&doubts.answered(0, answered(5), FAILED, now)), [5]);
    let later = now + Duration::from_mins(2);
    assert!(doubts.answered(0, answered(6), FAILED, later).is_empty());
}

#[test]
fn a_new_process_begins_without_a_past() {
    let (mut doubts, now) = (Doubts::default(), Instant::now());
    doubts.answered(0, answered(1), SCORED, now);
    assert!(doubts.ended(0).is_empty());
    assert_eq!(flights(&doubts.answered(0, answered(2), FAILED, now)), [2]);
}
