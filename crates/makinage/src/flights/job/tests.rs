use super::*;
use crate::event::{Place, Ticket};

fn job(lanes: &[u32]) -> Job {
    let event = |(place, lane): (u64, &u32)| {
        let at = Place { source: 0, partition: 0, offset: place.cast_signed() };
        Event::new(Ticket::new(*lane, place), at, None, Some(b"1"))
    };
    Job::new(7, Arc::new((0..).zip(lanes).map(event).collect()))
}

fn ranges(jobs: &[Job]) -> Vec<Range<usize>> {
    jobs.iter().map(|job| job.range.clone()).collect()
}

#[test]
fn where_the_worker_was_is_known_only_those_events_are_blamed_and_all_others_are_free() {
    let AfterDeath { blamed, others } = job(&[0; 8]).after_death(Some(3..4));
    assert_eq!((blamed.range.clone(), ranges(&others)), (3..4, vec![0..3, 4..8]));
    assert!(blamed.is_suspect() && !blamed.is_accused());
    assert!(others.iter().all(|job| !job.is_suspect()));
    let AfterDeath { blamed, others } = blamed.after_death(Some(3..4));
    assert!(blamed.is_accused() && others.is_empty());
    assert!(!blamed.acquitted_once().is_accused());
}

#[test]
fn events_that_were_scored_together_are_asked_for_one_by_one_and_the_first_left_is_the_one_that_was_begun() {
    let AfterDeath { blamed, others } = job(&[0; 8]).after_death(None);
    assert_eq!((blamed.range.clone(), others.len()), (0..8, 0));
    assert!(blamed.is_suspect() && !blamed.is_accused());
    let left = blamed.without_first(5).expect("three are left");
    let AfterDeath { blamed, others } = left.after_death(None);
    assert_eq!((blamed.range.clone(), ranges(&others)), (5..6, vec![6..8]));
    assert!(blamed.is_accused());
}

#[test]
fn what_was_answered_is_asked_no_more() {
    assert_eq!(job(&[0; 3]).without_first(2).expect("one is left").range, 2..3);
    assert!(job(&[0; 3]).without_first(3).is_none());
}

#[test]
fn a_place_that_can_not_be_blames_all_that_is_left() {
    let left = job(&[0; 8]).without_first(6).expect("two are left");
    assert_eq!(left.after_death(Some(0..4)).blamed.range, 6..8);
}

#[test]
fn events_of_lanes_that_are_over_are_taken_out() {
    let (kept, removed) = job(&[1, 1, 2, 1, 3, 3]).without_lanes(&[1, 3]);
    assert_eq!((ranges(&kept), removed), (vec![2..3], vec![0..2, 3..6]));
    let (kept, removed) = job(&[1, 2]).without_lanes(&[4]);
    assert_eq!((ranges(&kept), removed.len()), (vec![0..2], 0));
}
