use std::{sync::Arc, time::Duration};

use super::*;
use crate::event::{Event, Place, Ticket};

/// A request for an event of this lane that has failed once.
fn job(lane: u32) -> Job {
    let place = Place { source: 0, partition: 0, offset: i64::from(lane) };
    let event = Event::new(Ticket::new(lane, 0), place, None, Some(b"1"));
    Job::new(u64::from(lane), Arc::new(vec![event])).again(0)
}

fn flights(jobs: &[Job]) -> Vec<u64> {
    jobs.iter().map(|job| job.flight).collect()
}

#[test]
fn each_is_asked_when_its_time_has_come_and_those_of_one_time_in_their_order() {
    let (mut delayed, now) = (Delayed::default(), Instant::now());
    let at = |seconds| now + Duration::from_secs(seconds);
    for (lane, seconds) in [(1, 3), (2, 1), (3, 1), (4, 2)] {
        delayed.add(job(lane), at(seconds));
    }
    assert_eq!(delayed.next(), Some(at(1)));
    assert!(delayed.due(at(0)).is_empty());
    assert_eq!(flights(&delayed.due(at(2))), [2, 3, 4]);
    assert_eq!((delayed.next(), delayed.lanes()), (Some(at(3)), BTreeSet::from([1])));
    assert_eq!(flights(&delayed.clear()), [1]);
    assert_eq!(delayed.next(), None);
}

#[test]
fn those_of_lanes_that_are_over_are_taken_out_alone() {
    let (mut delayed, now) = (Delayed::default(), Instant::now());
    (1..=3).for_each(|lane| delayed.add(job(lane), now));
    assert_eq!(flights(&delayed.remove(&[2, 7])), [2]);
    assert_eq!(flights(&delayed.due(now)), [1, 3]);
}
