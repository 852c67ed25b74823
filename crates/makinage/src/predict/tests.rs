//! Pools whose workers are this file's hands: what they are asked is read from their channels, what they say is said
//! here.

use std::{
    io,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crossbeam_channel::{Receiver, bounded};

use super::*;
use crate::{
    config,
    config::OnError,
    event::{Place, Ticket},
    wire::{answer::Answer, protocol::Loaded},
    worker::{
        live::{Live, Process},
        messages::{Ask, AskKind},
        pool::{Crew, IN_FLIGHT, Terms, Worker},
    },
};

const SILENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Default)]
struct Handle(Arc<AtomicBool>);

impl Process for Handle {
    fn end(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn release(&self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Debug)]
struct Nobody;

impl Crew for Nobody {
    fn take_over(&self) {}
    fn abandon(&self) {}
}

/// The other end of one worker.
struct Seat {
    worker: WorkerId,
    asks: Receiver<Ask>,
    ended: Handle,
}

impl Seat {
    fn asked(&self) -> Option<Ask> {
        self.asks.try_recv().ok()
    }

    fn answer(&self, ask: &Ask) -> FromWorker {
        self.answer_some(ask, 0..ask.job.events().len(), &[])
    }

    /// Answers for these places; those that fail do so in the model.
    fn answer_some(&self, ask: &Ask, places: Range<usize>, failing: &[i64]) -> FromWorker {
        let number = |value: usize| u32::try_from(value).expect("few").to_le_bytes();
        let items: Vec<(u8, &[u8])> = ask.job.events()[places.clone()]
            .iter()
            .map(|event| match failing.contains(&event.offset) {
                true => (3, &br#"{"step":"predict","error":"OSError","message":"too many open files"}"#[..]),
                false => (1, &b"7"[..]),
            })
            .collect();
        let mut payload = [number(places.start), number(places.len())].concat();
        payload.extend(1_u64.to_le_bytes());
        payload.push(0);
        payload.extend(items.iter().map(|(status, _)| *status));
        payload.extend(items.iter().flat_map(|(_, bytes)| number(bytes.len())));
        payload.extend(items.iter().flat_map(|(_, bytes)| bytes.iter().copied()));
        let answer = Answer::parse(payload).expect("an answer");
        FromWorker::Answer { worker: self.worker, id: ask.id, answer }
    }

    fn dies(&self) -> FromWorker {
        self.dies_at(None)
    }

    fn dies_at(&self, at: Option<At>) -> FromWorker {
        FromWorker::Died { worker: self.worker, cause: "killed".to_owned(), at }
    }

    fn is_replaced(&mut self, incarnation: u32) -> FromWorker {
        self.ended = Handle::default();
        FromWorker::Ready { worker: self.worker, live: live(&self.ended, incarnation) }
    }
}

fn live(handle: &Handle, incarnation: u32) -> Live {
    let loaded = Loaded { flavour: String::new(), seconds: 0.0, dense: false, warm: true, warnings: vec![] };
    Live::new(Box::new(handle.clone()), incarnation, loaded)
}

/// A generation of one worker.
fn pool(generation: u64, rows: usize) -> (Pool, Seat) {
    let (pool, mut seats) = crew(generation, rows, 1);
    (pool, seats.remove(0))
}

/// A generation of several.
fn crew(generation: u64, rows: usize, workers: usize) -> (Pool, Vec<Seat>) {
    let terms = Terms {
        label: format!("model-{generation}").into(),
        batch: Batch::Fixed { rows, max_delay: Duration::ZERO },
        on_error: OnError::Skip,
        probation: config::Probation { time: Duration::ZERO, crashes: None, error_rate: None },
        predict_timeout: SILENCE,
    };
    let seat = |slot| {
        let (asks, receiver) = bounded(IN_FLIGHT);
        let ended = Handle::default();
        let worker = Worker::new(asks, live(&ended, 0));
        (worker, Seat { worker: WorkerId { generation, slot }, asks: receiver, ended })
    };
    let (workers, seats) = (0..workers).map(seat).unzip();
    (Pool::new(generation, terms, Box::new(Nobody), workers), seats)
}

fn events(offsets: std::ops::Range<i64>) -> Vec<Event> {
    let event =
        |offset| Event::new(Ticket::from_opaque(0), Place { source: 0, partition: 0, offset }, None, Some(b"1"));
    offsets.map(event).collect()
}

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

/// Works as one worker that dies of some events, until nothing is under way or it has died so often; what has left, and
/// how often it died.
struct Worked {
    left: Vec<(i64, u64)>,
    deaths: u32,
    /// Requests until the first of the innocent had left, and until all had.
    asked: Vec<Vec<i64>>,
}

fn work(predictor: &mut Predictor, seat: &mut Seat, deadly: &[i64], knows_place: bool) -> Worked {
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
                predictor.hear(seat.dies_at(Some(At { id: ask.id, places })), now);
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
            assert_eq!(worked.left[1..].iter().copied().collect::<Vec<_>>(), expected.collect::<Vec<_>>());
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
            predictor.hear(seat.dies_at(Some(At { id: ask.id, places })), now);
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
    let now = Instant::now() + 2 * SILENCE;
    let (pool, seat) = pool(1, 1);
    let mut predictor = Predictor::default();
    predictor.switch_to(pool, now);
    (0..2 * SILENCE.as_secs()).for_each(|second| predictor.tick(now - 2 * SILENCE + Duration::from_secs(second)));
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
