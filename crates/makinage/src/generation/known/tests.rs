use super::{super::testing::place, *};

fn seen(number: i64) -> Seen {
    Seen { place: place(number), is_promise: false }
}

/// The order of models that the topic has, newest first, asked for as far as it goes.
fn walk(known: &mut Known<()>, models: &[i64], serving: Option<i64>, now: Instant) {
    let serving = serving.map(place);
    while let Older::Ask(_) = known.older() {
        let last = known.last().map(|last| last.offset);
        let next = models.iter().copied().filter(|number| last.is_none_or(|last| *number < last)).max();
        known.found(next.map(place), serving.as_ref(), now);
    }
}

fn order(known: &Known<()>) -> Vec<i64> {
    known.places().map(|place| place.offset).collect()
}

#[test]
fn while_nothing_serves_all_models_are_candidates_and_then_only_those_that_came() {
    let now = Instant::now();
    let mut known = Known::default();
    assert_eq!(known.older(), Older::Unread);
    known.read(now);
    walk(&mut known, &[1, 2, 3], None, now);
    assert_eq!((order(&known), known.candidates().len()), (vec![3, 2, 1], 3));
    known.set(&place(2), State::Here((), vec![]));
    known.serves(1);
    assert_eq!(order(&known), [3], "what is newer than what serves");
    known.seen(seen(5), now);
    walk(&mut known, &[1, 2, 3, 5], Some(2), now);
    assert_eq!(order(&known), [5, 3], "3 isn't had yet");
    known.set(&place(3), State::Passed);
    known.seen(seen(6), now);
    walk(&mut known, &[1, 2, 3, 5, 6], Some(2), now);
    assert_eq!(order(&known), [6, 5], "nobody asks what is before those that came");
}

#[test]
fn models_of_a_topic_that_was_made_anew_come_before_those_that_are_here_from_the_one_before() {
    let now = Instant::now();
    let mut known = Known::default();
    known.read(now);
    walk(&mut known, &[8, 9], None, now);
    known.set(&place(9), State::Here((), vec![]));
    known.seen(seen(7), now);
    known.ask_anew(now);
    walk(&mut known, &[7, 8, 9], None, now);
    known.read(now);
    walk(&mut known, &[1], None, now);
    assert_eq!(order(&known), [1, 9]);
    // It was the same topic after all.
    known.read(now);
    walk(&mut known, &[1, 9], None, now);
    assert_eq!(order(&known), [9, 1]);
}

#[test]
fn what_was_late_is_no_reason_to_look_back_and_is_a_candidate_where_the_order_changes() {
    let now = Instant::now();
    let mut known = Known::<()>::default();
    known.read(now);
    known.seen(seen(3), now);
    assert_eq!(known.found(Some(place(5)), Some(&place(5)), now), [place(3)], "it is told");
    known.seen(seen(6), now);
    known.found(Some(place(6)), Some(&place(5)), now);
    assert_eq!(known.older(), Older::None, "nobody looks for it");
    // A record that came after the one that serves makes that older than it was.
    known.seen(seen(7), now);
    known.found(Some(place(3)), Some(&place(5)), now);
    assert_eq!(known.candidates(), [&State::Seen(now)]);
}

#[test]
fn what_nobody_tried_of_a_topic_that_was_made_anew_is_not_looked_for_on_the_new_one() {
    let now = Instant::now();
    let mut known = Known::<()>::default();
    known.read(now);
    known.seen(seen(2), now);
    known.seen(seen(3), now);
    known.later(&place(3), now);
    known.read(now);
    known.found(Some(place(1)), Some(&place(9)), now);
    assert_eq!(known.older(), Older::None);
}

#[test]
fn an_order_that_goes_round_in_circles_ends() {
    let now = Instant::now();
    let mut known = Known::<()>::default();
    known.read(now);
    for found in [2, 1, 2] {
        known.found(Some(place(found)), None, now);
    }
    assert_eq!((order(&known), known.older()), (vec![2, 1], Older::None));
}

#[test]
fn what_is_remembered_of_models_that_are_of_no_use_is_bounded() {
    let now = Instant::now();
    let mut known = Known::default();
    known.read(now);
    for number in 0..1000 {
        known.seen(seen(number), now);
        known.found(Some(place(number)), Some(&place(-1)), now);
        known.set(&place(number), State::Here((), vec![]));
        known.failed(0, 0, true);
    }
    assert_eq!(known.entries.len(), REMEMBERED + 1);
    let here = known.entries.iter().filter(|entry| matches!(entry.state, State::Here(..)));
    assert!(here.count() <= 2, "bad models' zips are let go");
}

#[test]
fn what_is_remembered_of_models_that_cannot_be_had_is_bounded_and_what_is_still_looked_for_stays() {
    let now = Instant::now();
    let mut known = Known::<()>::default();
    known.read(now);
    known.seen(seen(0), now);
    for number in 1..1000 {
        known.seen(seen(number), now);
        known.found(Some(place(number)), Some(&place(-1)), now);
        known.set(&place(number), State::Passed);
    }
    assert_eq!(known.entries.len(), REMEMBERED + 2, "with the one in the order and the one that is looked for");
    assert_eq!(known.state(&place(0)), Some(&State::Seen(now)));
    assert_eq!(known.state(&place(1)), None, "the oldest are forgotten");
}

#[test]
fn what_is_remembered_of_late_models_is_bounded() {
    let now = Instant::now();
    let mut known = Known::<()>::default();
    known.read(now);
    for number in 0..1000 {
        known.seen(seen(number), now);
        known.found(Some(place(1000)), Some(&place(1000)), now);
    }
    assert_eq!(known.entries.len(), REMEMBERED);
}
