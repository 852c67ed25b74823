//! Events that kill or fail, workers that die or fail of themselves: who is blamed, and what is asked in which order.

use super::*;

/// Works as one worker that dies of some events, until nothing is under way or it has died so often; what has left, and
/// how often it died.
pub(super) struct Worked {
    pub left: Vec<(i64, u64)>,
    pub deaths: u32,
    /// Requests until the first of the innocent had left, and until all had.
    asked: Vec<Vec<i64>>,
}

pub(super) fn work(predictor: &mut Predictor, seat: &mut Seat, deadly: &[i64], knows_place: bool) -> Worked {
    let (now, mut worked) = (Instant::now(), Worked { left: vec![], deaths: 0, asked: vec![] });
    while !predictor.is_idle() {
        predictor.dispatch(now);
        let ask = seat.asked().expect("something is asked for");
        worked.asked.push(offsets(&ask));
        let found = ask.job.events().iter().position(|event| deadly.contains(&event.offset));
        if ask.kind == AskKind::Singly {
            for place in 0..found.unwrap_or(ask.job.events().len()) {
                predictor.hear(seat.answer_some(&ask, place..place + 1, &[]), now);
            }
        }
        match found {
            Some(place) => {
                let places = if knows_place || ask.kind == AskKind::Singly {
                    place..place + 1
                } else {
                    0..ask.job.events().len()
                };
                worked.deaths += 1;
                assert!(worked.deaths < 100, "it goes on for ever");
                predictor.hear(seat.dies_at(Some(At::new(ask.id, places))), now);
                while seat.asked().is_some() {}
                predictor.hear(seat.is_replaced(worked.deaths), now);
            }
            None if ask.kind == AskKind::Batch => predictor.hear(seat.answer(&ask), now),
            None => {}
        }
        worked.left.extend(left(predictor));
    }
    worked
}

#[test]
fn one_deadly_event_among_a_thousand_costs_two_deaths_wherever_it_stands() {
    for knows_place in [true, false] {
        for guilty in [0, 1, 500, 1022, 1023] {
            let now = Instant::now();
            let (pool, mut seat) = pool(1, 1024);
            let mut predictor = Predictor::default();
            predictor.switch_to(pool, now);
            predictor.open(events(5000..5001), now);
            let first = seat.asked().expect("an event that scores");
            predictor.hear(seat.answer(&first), now);
            predictor.open(events(0..1024), now);
            let worked = work(&mut predictor, &mut seat, &[guilty], knows_place);
            assert_eq!(worked.deaths, 2, "{guilty}");
            let expected = (0..1024).map(|offset| (offset, u64::from(offset != guilty)));
            assert_eq!(worked.left[1..].to_vec(), expected.collect::<Vec<_>>());
        }
    }
}

#[test]
fn where_the_place_is_known_the_others_of_a_batch_are_asked_for_before_the_suspect_is_again() {
    let (pool, mut seat) = pool(1, 8);
    let mut predictor = Predictor::default();
    predictor.switch_to(pool, Instant::now());
    predictor.open(events(0..8), Instant::now());
    let worked = work(&mut predictor, &mut seat, &[3], true);
    assert_eq!(worked.asked[1..4], [vec![0, 1, 2], vec![4, 5, 6, 7], vec![3]]);
}

#[test]
fn an_event_at_which_workers_are_killed_is_granted_more_deaths_than_one_that_crashes_them() {
    let now = Instant::now();
    let (pool, mut seat) = pool(1, 1);
    let mut predictor = Predictor::default();
    predictor.switch_to(pool, now);
    for is_kill in [true, false] {
        predictor.open(events(0..1), now);
        let ask = seat.asked().expect("an event that scores");
        predictor.hear(seat.answer(&ask), now);
        assert_eq!(left(&mut predictor), [(0, 1)]);
        predictor.open(events(1..2), now);
        let mut deaths = 0;
        while !predictor.is_idle() {
            predictor.dispatch(now);
            let ask = seat.asked().expect("a request");
            if ask.job.is_probe() {
                predictor.hear(seat.answer(&ask), now);
            } else {
                deaths += 1;
                let cause = Cause { words: "gone".to_owned(), is_exhaustion: is_kill, is_kill };
                let at = Some(At::new(ask.id, 0..1));
                predictor.hear(FromWorker::Died { worker: seat.worker, cause, at }, now);
                predictor.hear(seat.is_replaced(deaths), now);
            }
            let left = left(&mut predictor);
            assert!(left.is_empty() || left == [(1, 0)], "{left:?}");
        }
        assert_eq!(deaths, if is_kill { 5 } else { 2 });
    }
}

#[test]
fn several_deadly_events_are_found_and_all_others_answered() {
    for knows_place in [true, false] {
        let (pool, mut seat) = pool(1, 64);
        let mut predictor = Predictor::default();
        predictor.switch_to(pool, Instant::now());
        predictor.open(events(0..64), Instant::now());
        let worked = work(&mut predictor, &mut seat, &[0, 1, 30, 63], knows_place);
        let failed: Vec<i64> = worked.left.iter().filter(|(_, by)| *by == 0).map(|(offset, _)| *offset).collect();
        assert_eq!((failed, worked.left.len()), (vec![0, 1, 30, 63], 64));
    }
}

#[test]
fn while_all_die_nothing_is_judged_and_once_one_answers_all_is_answered() {
    let now = Instant::now();
    let (pool, mut seat) = pool(1, 4);
    let mut predictor = Predictor::default();
    predictor.switch_to(pool, now);
    predictor.open(events(9..10), now);
    let first = seat.asked().expect("an event that scores");
    predictor.hear(seat.answer(&first), now);
    assert_eq!(left(&mut predictor), [(9, 1)]);
    predictor.open(events(0..4), now);
    for incarnation in 1..50 {
        predictor.dispatch(now);
        if let Some(ask) = seat.asked() {
            let places = 0..ask.job.events().len();
            predictor.hear(seat.dies_at(Some(At::new(ask.id, places))), now);
            while seat.asked().is_some() {}
            predictor.hear(seat.is_replaced(incarnation), now);
        }
    }
    assert_eq!(left(&mut predictor), [], "nothing is judged");
    let worked = work(&mut predictor, &mut seat, &[], false);
    let mut all = worked.left;
    all.sort_unstable();
    assert_eq!(all, [(0, 1), (1, 1), (2, 1), (3, 1)]);
}

#[test]
fn events_that_all_begin_to_fail_are_tried_again_in_another_process_before_they_are_judged() {
    let now = Instant::now();
    let (pool, mut seat) = pool(1, 2);
    let mut predictor = Predictor::default();
    predictor.switch_to(pool, now);
    let ask = |predictor: &mut Predictor, seat: &Seat, failing: &[i64]| {
        predictor.dispatch(now);
        let ask = seat.asked().expect("a request");
        predictor.hear(seat.answer_some(&ask, 0..ask.job.events().len(), failing), now);
        offsets(&ask)
    };
    predictor.open(events(0..2), now);
    ask(&mut predictor, &seat, &[]);
    assert_eq!(left(&mut predictor), [(0, 1), (1, 1)]);
    predictor.open(events(2..4), now);
    assert_eq!(ask(&mut predictor, &seat, &[2, 3]), [2, 3]);
    assert_eq!(left(&mut predictor), [], "they are held");
    assert_eq!(ask(&mut predictor, &seat, &[0]), [0], "what scored before is asked again, and fails too");
    assert!(seat.ended.0.load(Ordering::Relaxed), "its process is ended");
    predictor.hear(seat.dies(), now);
    predictor.hear(seat.is_replaced(1), now);
    assert_eq!(ask(&mut predictor, &seat, &[3]), [2, 3]);
    assert_eq!(left(&mut predictor), [(2, 1), (3, 1)]);
}

#[test]
fn events_that_fail_by_themselves_are_judged_once_another_scores() {
    let now = Instant::now();
    let (pool, seat) = pool(1, 2);
    let mut predictor = Predictor::default();
    predictor.switch_to(pool, now);
    for (from, failing) in [(0, vec![]), (2, vec![2, 3])] {
        predictor.open(events(from..from + 2), now);
        let ask = seat.asked().expect("a request");
        predictor.hear(seat.answer_some(&ask, 0..2, &failing), now);
    }
    predictor.dispatch(now);
    let probe = seat.asked().expect("what scored before");
    predictor.hear(seat.answer(&probe), now);
    assert_eq!(left(&mut predictor).len(), 4);
    assert!(!seat.ended.0.load(Ordering::Relaxed));
}

#[test]
fn a_model_that_kills_its_workers_on_all_that_is_new_is_complained_about_though_nobody_is_blamed() {
    let now = Instant::now();
    let limits = config::Probation { time: Duration::from_mins(10), crashes: Some(3), error_rate: None };
    let (pool, mut seats) = crew_on_probation(1, 1, 1, limits);
    let (mut seat, mut predictor) = (seats.remove(0), Predictor::default());
    predictor.switch_to(pool, now);
    (0..4).for_each(|offset| predictor.open(events(offset..offset + 1), now));
    for incarnation in 1..20 {
        predictor.dispatch(now);
        let Some(ask) = seat.asked() else { break };
        predictor.hear(seat.dies_at(Some(At::new(ask.id, 0..1))), now);
        while seat.asked().is_some() {}
        predictor.hear(seat.is_replaced(incarnation), now);
    }
    assert!(predictor.verdict(now).is_some_and(|trouble| trouble.generation == 1));
}

#[test]
fn what_a_generation_that_is_unwell_holds_goes_to_the_next() {
    let now = Instant::now();
    let ((first, mut old), (second, new)) = (pool(1, 1), pool(2, 1));
    let mut predictor = Predictor::default();
    predictor.switch_to(first, now);
    (0..2).for_each(|offset| predictor.open(events(offset..offset + 1), now));
    for incarnation in 1..6 {
        predictor.dispatch(now);
        let ask = old.asked().expect("a request");
        predictor.hear(old.dies_at(Some(At::new(ask.id, 0..1))), now);
        while old.asked().is_some() {}
        predictor.hear(old.is_replaced(incarnation), now);
    }
    predictor.switch_to(second, now);
    predictor.tick(now);
    let mut answered = vec![];
    for _ in 0..4 {
        predictor.dispatch(now);
        if let Some(ask) = new.asked() {
            answered.extend(offsets(&ask));
            predictor.hear(new.answer(&ask), now);
        }
    }
    answered.sort_unstable();
    assert_eq!(answered, [0, 1]);
    assert_eq!(landed(&mut predictor), [2, 2]);
}

#[test]
fn where_a_newer_generation_is_given_what_an_older_one_had_it_answers_all_behind_that_in_the_lane() {
    let now = Instant::now();
    let ((first, old), (second, new)) = (crew(1, 1, 3), pool(2, 1));
    let mut predictor = Predictor::default();
    predictor.switch_to(first, now);
    (0..3).for_each(|offset| predictor.open(events(offset..offset + 1), now));
    let asked: Vec<Ask> = old.iter().map(|seat| seat.asked().expect("a request")).collect();
    predictor.hear(old[1].answer(&asked[1]), now);
    predictor.switch_to(second, now);
    predictor.hear(old[0].dies(), now);
    predictor.hear(old[1].dies(), now);
    // A probe is asked of the last one: it is not well.
    predictor.dispatch(now);
    predictor.hear(old[2].dies_at(old[2].asked().map(|probe| At::new(probe.id, 0..1))), now);
    let mut answered = vec![];
    for _ in 0..6 {
        predictor.tick(now);
        predictor.dispatch(now);
        if let Some(ask) = new.asked() {
            answered.extend(offsets(&ask));
            predictor.hear(new.answer(&ask), now);
        }
    }
    answered.sort_unstable();
    assert_eq!((answered, landed(&mut predictor)), (vec![0, 1, 2], vec![2, 2, 2]));
}

#[test]
fn an_event_that_no_worker_lives_to_begin_is_found_too() {
    let now = Instant::now();
    let (pool, mut seat) = pool(1, 1);
    let mut predictor = Predictor::default();
    predictor.switch_to(pool, now);
    predictor.open(events(7..8), now);
    let first = seat.asked().expect("an event that scores");
    predictor.hear(seat.answer(&first), now);
    predictor.open(events(0..1), now);
    let mut failed = vec![];
    for incarnation in 1..20 {
        predictor.dispatch(now);
        while let Some(ask) = seat.asked() {
            if offsets(&ask) == [0] {
                predictor.hear(seat.dies_at(Some(At::NOTHING)), now);
                while seat.asked().is_some() {}
                predictor.hear(seat.is_replaced(incarnation), now);
            } else {
                predictor.hear(seat.answer(&ask), now);
            }
            predictor.dispatch(now);
        }
        failed.extend(left(&mut predictor));
    }
    assert_eq!(failed, [(7, 1), (0, 0)]);
}

/// Events that a process scores before its memory is used up.
const LEAK: usize = 5;

/// As [`work`], where each process runs out of memory at the event after so many, and of `hungry` ones at once.
fn leak(predictor: &mut Predictor, seat: &mut Seat, hungry: &[i64], knows_place: bool) -> Vec<(i64, u64)> {
    let (now, mut all, mut incarnation, mut used) = (Instant::now(), vec![], 0, 0);
    while !predictor.is_idle() {
        predictor.dispatch(now);
        let ask = seat.asked().expect("something is asked for");
        let events = ask.job.events();
        let ends = (0..events.len()).find(|place| used + place >= LEAK || hungry.contains(&events[*place].offset));
        if ask.kind == AskKind::Singly {
            for place in 0..ends.unwrap_or(events.len()) {
                predictor.hear(seat.answer_some(&ask, place..place + 1, &[]), now);
            }
        }
        used += events.len();
        match ends {
            Some(place) => {
                let is_known = knows_place || ask.kind == AskKind::Singly;
                let places = if is_known { place..place + 1 } else { 0..events.len() };
                let cause = Cause { words: "out of memory".to_owned(), is_exhaustion: true, is_kill: false };
                let at = Some(At::new(ask.id, places));
                incarnation += 1;
                assert!(incarnation < 200, "it goes on for ever");
                predictor.hear(FromWorker::Died { worker: seat.worker, cause, at }, now);
                while seat.asked().is_some() {}
                used = 0;
                predictor.hear(seat.is_replaced(incarnation), now);
            }
            None if ask.kind == AskKind::Batch => predictor.hear(seat.answer(&ask), now),
            None => {}
        }
        all.extend(left(predictor));
    }
    all
}

#[test]
fn a_model_that_uses_its_memory_up_costs_no_event_and_one_that_takes_it_all_is_found() {
    for knows_place in [true, false] {
        for hungry in [vec![], vec![7], vec![3, 4]] {
            let (pool, mut seat) = pool(1, 16);
            let mut predictor = Predictor::default();
            predictor.switch_to(pool, Instant::now());
            (0..3).for_each(|flight| predictor.open(events(16 * flight..16 * flight + 16), Instant::now()));
            let all = leak(&mut predictor, &mut seat, &hungry, knows_place);
            let expected: Vec<_> = (0..48).map(|offset| (offset, u64::from(!hungry.contains(&offset)))).collect();
            assert_eq!(all, expected, "{knows_place} {hungry:?}");
        }
    }
}
