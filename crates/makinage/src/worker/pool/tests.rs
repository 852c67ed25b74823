//! A worker that this file's hands are: what it leaves when it dies.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::*;
use crate::{
    event::{Event, Place, Ticket},
    flights::Flights,
    worker::testing::live,
};

/// Has a spare started where there is a channel for what it is asked.
#[derive(Debug)]
struct Hands(Option<Sender<Ask>>);

impl Crew for Hands {
    fn take_over(&self) {}
    fn abandon(&self) {}
    fn spare(&self, _worker: WorkerId) -> Option<Sender<Ask>> {
        self.0.clone()
    }
}

const TIMEOUT: Duration = Duration::from_secs(30);

fn pool() -> (Pool, Receiver<Ask>) {
    pool_with(Hands(None))
}

fn pool_with(hands: Hands) -> (Pool, Receiver<Ask>) {
    let terms = Terms {
        label: Arc::from("model"),
        batch: Batch::Auto,
        on_error: OnError::Skip,
        probation: Probation { time: Duration::ZERO, crashes: None, error_rate: None },
        predict_timeout: TIMEOUT,
        retry: None,
    };
    let (asks, asked) = bounded(IN_FLIGHT);
    (Pool::new(1, terms, Box::new(hands), vec![Worker::new(asks, live())]), asked)
}

/// So many events.
fn job(flights: &mut Flights, events: i64) -> Job {
    let place = |offset| Place { source: 0, partition: 0, offset };
    flights
        .open((0..events).map(|offset| Event::new(Ticket::from_opaque(0), place(offset), None, Some(b"1"))).collect())
}

fn answer(first: u32, count: u32) -> Answer {
    let mut payload = [first.to_le_bytes(), count.to_le_bytes()].concat();
    payload.extend(1_u64.to_le_bytes());
    payload.extend([0; 40]);
    payload.push(1);
    payload.extend((0..count).flat_map(|_| 7_i64.to_le_bytes()));
    Answer::parse(payload).expect("an answer")
}

fn counts(part: Option<&Part>) -> Vec<usize> {
    match part {
        Some(Part::Answered { answers, .. }) => answers.iter().map(|answer| answer.count).collect(),
        _ => vec![],
    }
}

#[test]
fn what_was_answered_before_a_death_is_left_beside_what_was_not() {
    let (now, mut flights, (mut pool, asked)) = (Instant::now(), Flights::default(), pool());
    pool.ask(0, job(&mut flights, 5), AskKind::Singly, now);
    pool.ask(0, job(&mut flights, 3), AskKind::Batch, now);
    let asked: Vec<Ask> = asked.try_iter().collect();
    assert_eq!(asked.iter().map(|ask| ask.kind).collect::<Vec<_>>(), [AskKind::Singly, AskKind::Batch]);
    assert!(asked[0].id > 0, "0 is what a process is at that was asked nothing");
    for place in 0..2 {
        let answered = pool.answered(0, asked[0].id, answer(place, 1), now).expect("it is given at once");
        let place = place as usize;
        assert_eq!((answered.job.range, answered.part.places()), (place..place + 1, place..place + 1));
    }
    let dead = pool.died(0);
    let [oldest, next] = dead.left.as_slice() else { panic!("{dead:?}") };
    assert_eq!((oldest.id, oldest.answered, oldest.part.is_none()), (asked[0].id, 2, true));
    assert_eq!(oldest.job.range, 0..5);
    assert_eq!((next.id, next.answered, next.part.is_none()), (asked[1].id, 0, true));
    assert_eq!(dead.ended_for, None, "it died by itself");
    assert!(pool.died(0).left.is_empty(), "it leaves that once");
}

#[test]
fn a_batch_is_answered_when_all_of_it_is_and_what_of_it_was_answered_before_a_death_is_left() {
    let (now, mut flights, (mut pool, asked)) = (Instant::now(), Flights::default(), pool());
    pool.ask(0, job(&mut flights, 3), AskKind::Batch, now);
    pool.ask(0, job(&mut flights, 3), AskKind::Batch, now);
    let ids: Vec<u64> = asked.try_iter().map(|ask| ask.id).collect();
    assert!(pool.answered(0, ids[0], answer(0, 1), now).is_none());
    let answered = pool.answered(0, ids[0], answer(1, 2), now).expect("all of it");
    assert_eq!((answered.job.range, counts(Some(&answered.part))), (0..3, vec![1, 2]));
    assert!(pool.answered(0, ids[1], answer(0, 2), now).is_none());
    let dead = pool.died(0);
    assert_eq!((dead.left[0].answered, counts(dead.left[0].part.as_ref())), (2, vec![2]));
}

#[test]
fn nothing_waits_behind_what_may_kill_its_worker() {
    let (now, mut flights, (mut pool, _asked)) = (Instant::now(), Flights::default(), pool());
    let suspect = job(&mut flights, 1).after_death();
    pool.ask(0, job(&mut flights, 1), AskKind::Batch, now);
    assert_eq!(pool.free_worker(), Some((0, 1)));
    pool.ask(0, suspect.clone(), AskKind::Singly, now);
    pool.died(0);
    pool.replaced(0, live());
    pool.ask(0, suspect, AskKind::Singly, now);
    assert_eq!(pool.free_worker(), None);
}

#[test]
fn what_is_ended_for_no_fault_of_its_batch_blames_nothing_and_time_that_all_stood_still_is_no_silence() {
    let (now, mut flights, (mut pool, asked)) = (Instant::now(), Flights::default(), pool());
    pool.ask(0, job(&mut flights, 1), AskKind::Batch, now);
    pool.stood_still(10 * TIMEOUT, now + 10 * TIMEOUT);
    pool.end_silent(now + 10 * TIMEOUT);
    pool.end(0);
    let (id, dead) = (asked.try_recv().expect("an ask").id, pool.died(0));
    assert!(dead.left[0].id == id && dead.ended_for.is_some_and(|request| request != id), "{dead:?}");
}

#[test]
fn an_answer_that_races_the_time_out_does_not_put_the_blame_on_what_comes_next() {
    let (now, mut flights, (mut pool, asked)) = (Instant::now(), Flights::default(), pool());
    pool.ask(0, job(&mut flights, 1), AskKind::Batch, now);
    pool.ask(0, job(&mut flights, 1), AskKind::Batch, now);
    let ids: Vec<u64> = asked.try_iter().map(|ask| ask.id).collect();
    pool.end_silent(now + TIMEOUT);
    assert!(pool.answered(0, ids[0], answer(0, 1), now + TIMEOUT).is_some(), "it was on its way");
    // Its death isn't reported yet, and the next one stays silent too.
    pool.end_silent(now + 3 * TIMEOUT);
    let dead = pool.died(0);
    assert_eq!((dead.left[0].id, dead.ended_for), (ids[1], Some(ids[0])));
}

#[test]
fn a_time_out_is_that_of_the_request_that_is_not_answered() {
    let (now, mut flights, (mut pool, _asked)) = (Instant::now(), Flights::default(), pool());
    pool.ask(0, job(&mut flights, 1), AskKind::Batch, now);
    pool.end_silent(now + TIMEOUT / 2);
    assert!(pool.next_deadline().is_some_and(|at| at == now + TIMEOUT));
    pool.end_silent(now + TIMEOUT);
    let dead = pool.died(0);
    assert_eq!(dead.ended_for, Some(dead.left[0].id));
}

#[test]
fn what_waits_behind_a_suspect_for_long_is_handed_back_and_a_spare_is_started_for_it() {
    let (spare, spare_asked) = bounded(IN_FLIGHT);
    let (now, mut flights, (mut pool, asked)) = (Instant::now(), Flights::default(), pool_with(Hands(Some(spare))));
    let suspects = job(&mut flights, 5).after_death();
    pool.ask(0, suspects, AskKind::Singly, now);
    let id = asked.try_recv().expect("an ask").id;
    pool.answered(0, id, answer(0, 1), now).expect("the first");
    assert!(pool.go_past_suspects(now + TIMEOUT / 11, |_| false).is_empty());
    let back = pool.go_past_suspects(now + TIMEOUT / 10, |_| false);
    assert_eq!((back.len(), back[0].range.clone()), (1, 2..5));
    assert!(!back[0].is_suspect() && pool.go_past_suspects(now + TIMEOUT / 2, |_| false).is_empty());
    assert_eq!(pool.free_worker(), None, "the spare loads");
    pool.replaced(1, live());
    assert_eq!(pool.free_worker(), Some((1, 0)));
    pool.ask(1, back[0].clone(), AskKind::Batch, now);
    assert_eq!(spare_asked.try_iter().count(), 1);
    // The time-out, at last.
    pool.end_silent(now + TIMEOUT);
    let dead = pool.died(0);
    assert_eq!((dead.left[0].job.range.clone(), dead.left[0].answered, dead.ended_for), (0..2, 1, Some(id)));
    assert!(asked.try_recv().is_err_and(|error| error.is_disconnected()), "the spare has its place");
    pool.replaced(0, live());
    assert_eq!((pool.size(), pool.in_flight(0)), (1, None));
}

#[test]
fn a_suspect_that_was_only_slow_is_answered_and_its_worker_goes_on_with_nothing_that_others_have() {
    let (now, mut flights, (mut pool, asked)) = (Instant::now(), Flights::default(), pool());
    pool.ask(0, job(&mut flights, 3).after_death(), AskKind::Singly, now);
    let id = asked.try_recv().expect("an ask").id;
    assert_eq!(pool.go_past_suspects(now + TIMEOUT / 2, |_| false).len(), 1);
    let answered = pool.answered(0, id, answer(0, 1), now + TIMEOUT / 2).expect("it is answered");
    assert_eq!(answered.part.places(), 0..1);
    assert_eq!(pool.free_worker(), None, "it is ended");
    assert!(pool.answered(0, id, answer(1, 1), now + TIMEOUT / 2).is_none());
    let dead = pool.died(0);
    assert!(dead.left.is_empty() && dead.ended_for != Some(id));
}
