//! Pools whose workers are this file's hands: what they are asked is read from their channels, what they say is said
//! here.

use std::{
    io,
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
        messages::Ask,
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
        let rows = u32::try_from(ask.job.events().len()).expect("few");
        let mut payload = [0_u32.to_le_bytes(), rows.to_le_bytes()].concat();
        payload.extend(1_u64.to_le_bytes());
        payload.push(1);
        payload.extend((0..rows).flat_map(|_| 7_i64.to_le_bytes()));
        let answer = Answer::parse(payload).expect("an answer");
        FromWorker::Answer { worker: self.worker, id: ask.id, answer }
    }

    fn dies(&self) -> FromWorker {
        FromWorker::Died { worker: self.worker, cause: "killed".to_owned(), at: None }
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

/// The generations that answered, flight by flight.
fn landed(predictor: &mut Predictor) -> Vec<u64> {
    let generation = |part: &Part| match part {
        Part::Answered { generation, .. } => *generation,
        Part::Failed(..) => 0,
    };
    std::iter::from_fn(|| predictor.pop_landed())
        .flat_map(|landed| landed.parts.iter().map(generation).collect::<Vec<_>>())
        .collect()
}

#[test]
fn an_event_that_kills_each_worker_is_found_and_its_neighbours_are_answered() {
    let now = Instant::now();
    let (pool, mut seat) = pool(1, 8);
    let mut predictor = Predictor::default();
    predictor.switch_to(pool, now);
    predictor.open(events(0..8), now);
    let (mut answered, mut deaths) = (vec![], 0);
    while !predictor.is_idle() {
        predictor.dispatch(now);
        if let Some(ask) = seat.asked() {
            if offsets(&ask).contains(&5) {
                deaths += 1;
                predictor.hear(seat.dies(), now);
                while seat.asked().is_some() {}
                predictor.hear(seat.is_replaced(deaths), now);
            } else {
                answered.extend(offsets(&ask));
                predictor.hear(seat.answer(&ask), now);
            }
        }
        if let Some(landed) = predictor.pop_landed() {
            let failed: Vec<usize> = landed
                .parts
                .iter()
                .filter_map(|part| match part {
                    Part::Failed(place, _) => Some(*place),
                    Part::Answered { .. } => None,
                })
                .collect();
            assert_eq!(failed, [5]);
        }
    }
    answered.sort_unstable();
    answered.dedup();
    assert_eq!(answered, [0, 1, 2, 3, 4, 6, 7]);
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
    let now = Instant::now();
    let (pool, seat) = pool(1, 1);
    let mut predictor = Predictor::default();
    predictor.switch_to(pool, now);
    predictor.tick(now + 2 * SILENCE);
    assert!(!seat.ended.0.load(Ordering::Relaxed), "it was asked nothing");
    predictor.open(events(0..1), now);
    predictor.hear(FromWorker::Progress { worker: seat.worker }, now + SILENCE / 2);
    predictor.tick(now + SILENCE);
    assert!(!seat.ended.0.load(Ordering::Relaxed), "it is at work");
    predictor.tick(now + SILENCE / 2 + SILENCE);
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
