use super::*;
use crate::event::{Place, Ticket};

fn job(lanes: &[u32]) -> Job {
    let event = |(place, lane): (u64, &u32)| {
        let at = Place { source: 0, partition: 0, offset: place.cast_signed() };
        Event::new(Ticket::new(*lane, place), at, None, Some(b"1"))
    };
    Job::new(7, Arc::new((0..).zip(lanes).map(event).collect()))
}

fn ranges(jobs: &[Job]) -> Vec<(usize, usize)> {
    jobs.iter().map(|job| (job.range.start, job.range.end)).collect()
}

#[test]
fn only_the_events_that_the_worker_was_at_have_its_death_and_all_others_are_free() {
    let Parted { at, others } = job(&[0; 8]).parted(Some(3..4));
    assert_eq!((at.range.clone(), ranges(&others)), (3..4, vec![(0, 3), (4, 8)]));
    let once = at.after_death();
    assert!(once.is_suspect() && !once.is_accused());
    assert!(others.iter().all(|job| !job.is_suspect()));
    let twice = once.after_death();
    assert!(twice.is_accused() && !twice.forgiven().is_suspect());
}

#[test]
fn events_that_were_scored_together_are_suspects_together_until_one_stands_alone() {
    let together = job(&[0; 8]).after_death().after_death();
    assert!(together.is_suspect() && !together.is_accused());
    let left = together.without_first(5).expect("three are left");
    let Parted { at, others } = left.parted(Some(5..6));
    assert!(at.after_death().is_accused() && ranges(&others) == [(6, 8)] && !others[0].is_suspect());
}

#[test]
fn what_was_answered_is_asked_no_more() {
    assert_eq!(job(&[0; 3]).without_first(2).expect("one is left").range, 2..3);
    assert!(job(&[0; 3]).without_first(3).is_none());
}

#[test]
fn a_place_that_can_not_be_blames_all_that_is_left() {
    let left = job(&[0; 8]).without_first(6).expect("two are left");
    assert_eq!(left.clone().parted(Some(0..4)).at.range, 6..8);
    assert_eq!(left.parted(None).at.range, 6..8);
}

#[test]
fn events_of_lanes_that_are_over_are_taken_out() {
    let (kept, removed) = job(&[1, 1, 2, 1, 3, 3]).without_lanes(&[1, 3]);
    assert_eq!((ranges(&kept), removed), (vec![(2, 3)], vec![0..2, 3..6]));
    let (kept, removed) = job(&[1, 2]).without_lanes(&[4]);
    assert_eq!((ranges(&kept), removed.len()), (vec![(0, 2)], 0));
}
