use std::sync::Arc;

use super::*;
use crate::{
    event::{Event, Place, Ticket},
    wire::testing::answer,
};

/// An answer for as many events as there are letters: each has scored, failed, was filtered out, could not be decoded,
/// or not by the user's own encoder.
fn answered(flight: u64, outcomes: &str) -> Answered {
    let event =
        |offset| Event::new(Ticket::from_opaque(0), Place { source: 0, partition: 0, offset }, None, Some(b"1"));
    let items: Vec<(u8, &[u8])> = outcomes
        .chars()
        .map(|outcome| match outcome {
            's' => (1, &b"7"[..]),
            'f' => (3, &br#"{"step":"predict","error":"OSError","message":"too many open files"}"#[..]),
            'k' => (2, &b"pre_transform"[..]),
            'u' => (3, &br#"{"step":"decode","error":"OSError","message":"no memory","where":"codec.py:7"}"#[..]),
            _ => (3, &br#"{"step":"decode","error":"ValueError","message":"no JSON"}"#[..]),
        })
        .collect();
    let job = Job::new(flight, Arc::new((0..).zip(&items).map(|(offset, _)| event(offset)).collect()));
    let part = Part::answered(0, vec![answer(0, &items)], 1, "model".into(), job.attempt(0));
    (job, part)
}

fn flights(answered: &[Answered]) -> Vec<u64> {
    answered.iter().map(|(job, _)| job.flight).collect()
}

#[test]
fn a_process_of_which_nothing_else_is_known_is_doubted_too() {
    let mut doubts = Doubts::default();
    assert!(doubts.answered(0, answered(1, "ff"), Instant::now()).is_empty());
    assert_eq!(doubts.wanted().collect::<Vec<_>>(), [0]);
}

/// What a process fails, is ended for, and fails again.
fn failed_twice(doubts: &mut Doubts, flights: &[u64], now: Instant) {
    for flight in flights {
        doubts.answered(0, answered(*flight, "f"), now);
    }
    doubts.exhausted(0);
    for job in doubts.ended(0).1 {
        let part = answered(job.flight, "f").1;
        assert_eq!(doubts.answered(0, (job, part), now).len(), 1);
    }
}

#[test]
fn how_long_answers_are_believed_grows_with_each_time_that_replacing_was_of_no_use_and_not_with_its_batches() {
    let (mut doubts, now) = (Doubts::default(), Instant::now());
    let minutes = |minutes| now + Duration::from_mins(minutes);
    let is_believed = |doubts: &mut Doubts, at| {
        let believed = !doubts.answered(1, answered(9, "f"), at).is_empty();
        doubts.ended(1);
        believed
    };
    failed_twice(&mut doubts, &[1, 2, 3, 4, 5, 6], now);
    assert!(is_believed(&mut doubts, now) && !is_believed(&mut doubts, minutes(1)));
    failed_twice(&mut doubts, &[7, 8], minutes(1));
    assert!(is_believed(&mut doubts, minutes(2)) && !is_believed(&mut doubts, minutes(3)));
    // This time it is of use.
    doubts.answered(0, answered(10, "f"), minutes(3));
    doubts.exhausted(0);
    let again = doubts.ended(0).1.remove(0);
    doubts.answered(0, (again, answered(10, "s").1), minutes(3));
    failed_twice(&mut doubts, &[11], minutes(4));
    assert!(is_believed(&mut doubts, minutes(4)) && !is_believed(&mut doubts, minutes(5)));
}

#[test]
fn what_is_held_when_the_generation_is_over_is_asked_of_the_next() {
    let (mut doubts, now) = (Doubts::default(), Instant::now());
    doubts.answered(0, answered(1, "ff"), now);
    doubts.answered(2, answered(2, "sf"), now);
    let (believed, again) = doubts.disband();
    assert_eq!((flights(&believed), believed[0].1.places()), (vec![2], 0..1));
    assert_eq!(again.iter().map(|job| (job.flight, job.range.clone())).collect::<Vec<_>>(), [(1, 0..2), (2, 1..2)]);
    assert!(!doubts.hold_any());
}

#[test]
fn when_all_begins_to_fail_it_is_held_until_what_scored_before_is_asked_again() {
    let (mut doubts, now) = (Doubts::default(), Instant::now());
    doubts.answered(1, answered(1, "s"), now);
    assert!(doubts.answered(1, answered(2, "ff"), now).is_empty());
    assert_eq!(doubts.wanted().collect::<Vec<_>>(), [1]);
    doubts.probing(1);
    assert!(doubts.answered(1, answered(3, "fd"), now).is_empty(), "what was under way");
    assert_eq!(doubts.wanted().count(), 0);
    assert_eq!(flights(&doubts.believe(1)), [2, 3]);
    assert!(!doubts.hold_any());
}

#[test]
fn an_event_that_scores_meanwhile_settles_it_too() {
    let (mut doubts, now) = (Doubts::default(), Instant::now());
    doubts.answered(0, answered(1, "s"), now);
    doubts.answered(0, answered(2, "f"), now);
    doubts.probing(0);
    assert_eq!(flights(&doubts.answered(0, answered(3, "fs"), now)), [2, 3]);
    assert!(doubts.believe(0).is_empty(), "the probe comes too late");
    doubts.answered(0, answered(4, "f"), now);
    assert_eq!(doubts.wanted().count(), 1, "and is asked again");
}

#[test]
fn events_that_can_not_be_decoded_say_nothing_of_the_process() {
    let (mut doubts, now) = (Doubts::default(), Instant::now());
    doubts.answered(0, answered(1, "s"), now);
    assert_eq!(flights(&doubts.answered(0, answered(2, "dd"), now)), [2]);
}

#[test]
fn what_fails_in_an_encoder_of_the_users_may_be_the_process_too() {
    let mut doubts = Doubts::default();
    assert!(doubts.answered(0, answered(1, "uu"), Instant::now()).is_empty());
}

#[test]
fn what_a_filter_takes_out_settles_nothing() {
    let (mut doubts, now) = (Doubts::default(), Instant::now());
    assert!(doubts.answered(0, answered(1, "f"), now).is_empty());
    for (flight, nothing) in [(2, "k"), (3, "kk"), (4, "d"), (5, "dk")] {
        assert_eq!(flights(&doubts.answered(0, answered(flight, nothing), now)), [flight], "{nothing}");
    }
    assert!(doubts.are_held(0));
    assert_eq!(flights(&doubts.answered(0, answered(6, "ks"), now)), [1, 6]);
}

/// Which events of an answer are tried again where its process is exhausted, by their places.
fn tried_again(outcomes: &str) -> Vec<usize> {
    let (mut doubts, now) = (Doubts::default(), Instant::now());
    let believed = doubts.answered(0, answered(1, outcomes), now);
    doubts.exhausted(0);
    let (also_believed, again) = doubts.ended(0);
    let again: Vec<usize> = again.into_iter().flat_map(|job| job.range).collect();
    let believed = believed.iter().chain(&also_believed).flat_map(|(_, part)| part.places());
    let mut all: Vec<usize> = believed.chain(again.iter().copied()).collect();
    all.sort_unstable();
    assert_eq!(all, (0..outcomes.len()).collect::<Vec<_>>(), "each once, of {outcomes}");
    again
}

#[test]
fn of_an_exhausted_process_every_event_that_failed_since_one_scored_is_tried_again_whatever_stands_between_them() {
    const LETTERS: [char; 4] = ['s', 'f', 'k', 'd'];
    for length in 1..=5 {
        for number in 0..LETTERS.len().pow(length) {
            let letter = |place| LETTERS[number / LETTERS.len().pow(place) % LETTERS.len()];
            let outcomes: String = (0..length).map(letter).collect();
            let since = outcomes.rfind('s').map_or(0, |scored| scored + 1);
            let again = tried_again(&outcomes);
            let failed = outcomes.match_indices('f').map(|(place, _)| place).filter(|place| *place >= since);
            assert!(failed.clone().all(|place| again.contains(&place)), "{outcomes}: {again:?}");
            assert!(again.iter().all(|place| *place >= since), "{outcomes}: {again:?}");
            assert!(failed.count() > 0 || again.is_empty(), "{outcomes}: {again:?}");
        }
    }
}

#[test]
fn what_is_held_of_a_process_that_ends_is_tried_once_more_and_believed_then() {
    let (mut doubts, now) = (Doubts::default(), Instant::now());
    doubts.answered(0, answered(1, "s"), now);
    doubts.answered(0, answered(2, "ff"), now);
    doubts.exhausted(0);
    let (believed, mut again) = doubts.ended(0);
    assert!(believed.is_empty() && again.len() == 1 && again[0].is_tried());
    doubts.answered(0, answered(4, "s"), now);
    let (_, part) = answered(2, "ff");
    assert_eq!(flights(&doubts.answered(0, (again.remove(0), part), now)), [2]);
    // Replacing the process was of no use: for a while answers are believed.
    assert_eq!(flights(&doubts.answered(0, answered(5, "f"), now)), [5]);
    let later = now + Duration::from_mins(2);
    assert!(doubts.answered(0, answered(6, "f"), later).is_empty());
}

#[test]
fn of_a_batch_in_the_midst_of_which_it_began_only_the_last_events_are_doubtful() {
    let (mut doubts, now) = (Doubts::default(), Instant::now());
    assert!(doubts.answered(0, answered(1, "sfsff"), now).is_empty(), "a process that has scored");
    let (believed, again) = doubts.ended(0);
    assert_eq!((believed[0].1.places(), again[0].range.clone()), (0..3, 3..5));
}

#[test]
fn what_fails_in_two_processes_that_die_of_something_else_is_believed_in_the_third() {
    let (mut doubts, now) = (Doubts::default(), Instant::now());
    let mut job = answered(2, "f").0;
    for _ in 0..2 {
        assert!(!job.is_tried());
        doubts.answered(0, answered(1, "s"), now);
        assert!(doubts.answered(0, (job, answered(2, "f").1), now).is_empty());
        job = doubts.ended(0).1.remove(0);
    }
    doubts.answered(0, answered(1, "s"), now);
    assert_eq!(flights(&doubts.answered(0, (job, answered(2, "f").1), now)), [2]);
}

#[test]
fn a_new_process_begins_without_a_past() {
    let (mut doubts, now) = (Doubts::default(), Instant::now());
    doubts.answered(0, answered(1, "s"), now);
    doubts.answered(0, answered(3, "f"), now);
    doubts.probing(0);
    doubts.ended(0);
    assert!(!doubts.hold_any());
    doubts.answered(0, answered(2, "f"), now);
    assert_eq!(doubts.wanted().count(), 1, "of the new process nobody has asked the probe");
}
