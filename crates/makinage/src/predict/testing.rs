//! Pools whose workers are a test's hands: what they are asked is read from their channels, what they say is said
//! there.

use std::{
    io,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::{
    config::{self, Batch, OnError},
    event::{Event, Place, Ticket},
    wire::testing::{answer, loaded},
    worker::{
        live::{Live, Process},
        messages::{Ask, At, Cause, FromWorker, WorkerId},
        pool::{Crew, IN_FLIGHT, Pool, Terms, Worker},
    },
};

pub(super) const SILENCE: Duration = Duration::from_secs(30);
pub(super) const FAILURE: &[u8] = br#"{"step":"predict","error":"OSError","message":"too many open files"}"#;

#[derive(Debug, Clone, Default)]
pub(super) struct Handle(pub Arc<AtomicBool>);

impl Process for Handle {
    fn end(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn release(&self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Debug)]
pub(super) struct Nobody;

impl Crew for Nobody {
    fn take_over(&self) {}
    fn abandon(&self) {}
    fn spare(&self, _worker: WorkerId) -> Option<Sender<Ask>> {
        None
    }
}

/// The other end of one worker, which a test is.
pub(crate) struct Seat {
    pub worker: WorkerId,
    pub asks: Receiver<Ask>,
    pub(super) ended: Handle,
}

impl Seat {
    pub(crate) fn asked(&self) -> Option<Ask> {
        self.asks.try_recv().ok()
    }

    pub(crate) fn answer(&self, ask: &Ask) -> FromWorker {
        self.answer_some(ask, 0..ask.job.events().len(), &[])
    }

    /// Answers for these places; those that fail do so in the model.
    pub(super) fn answer_some(&self, ask: &Ask, places: Range<usize>, failing: &[i64]) -> FromWorker {
        let items: Vec<(u8, &[u8])> = ask.job.events()[places.clone()]
            .iter()
            .map(|event| if failing.contains(&event.offset) { (3, FAILURE) } else { (1, &b"7"[..]) })
            .collect();
        let answer = answer(places.start, &items);
        FromWorker::Answer { worker: self.worker, id: ask.id, answer }
    }

    pub(super) fn dies(&self) -> FromWorker {
        self.dies_at(None)
    }

    pub(super) fn dies_at(&self, at: Option<At>) -> FromWorker {
        let cause = Cause { words: "crashed".to_owned(), is_exhaustion: false, is_kill: false };
        FromWorker::Died { worker: self.worker, cause, at }
    }

    pub(super) fn is_replaced(&mut self, incarnation: u32) -> FromWorker {
        self.ended = Handle::default();
        FromWorker::Ready { worker: self.worker, live: live(&self.ended, incarnation) }
    }
}

pub(super) fn live(handle: &Handle, incarnation: u32) -> Live {
    Live::new(Box::new(handle.clone()), incarnation, loaded())
}

/// A generation of one worker.
pub(crate) fn pool(generation: u64, rows: usize) -> (Pool, Seat) {
    let (pool, mut seats) = crew(generation, rows, 1);
    (pool, seats.remove(0))
}

/// A generation of several.
pub(super) fn crew(generation: u64, rows: usize, workers: usize) -> (Pool, Vec<Seat>) {
    let limits = config::Probation { time: Duration::ZERO, crashes: None, error_rate: None };
    crew_on_probation(generation, rows, workers, limits)
}

pub(super) fn crew_on_probation(
    generation: u64,
    rows: usize,
    workers: usize,
    probation: config::Probation,
) -> (Pool, Vec<Seat>) {
    crew_with(generation, terms(generation, rows, probation), workers)
}

pub(super) fn terms(generation: u64, rows: usize, probation: config::Probation) -> Terms {
    Terms {
        label: format!("model-{generation}").into(),
        batch: Batch::Fixed { rows, max_delay: Duration::ZERO },
        on_error: OnError::Skip,
        probation,
        predict_timeout: SILENCE,
        retry: None,
    }
}

/// A generation of so many workers.
pub(super) fn crew_with(generation: u64, terms: Terms, workers: usize) -> (Pool, Vec<Seat>) {
    let seat = |slot| {
        let (asks, receiver) = bounded(IN_FLIGHT);
        let ended = Handle::default();
        let worker = Worker::new(asks, live(&ended, 0));
        (worker, Seat { worker: WorkerId { generation, slot }, asks: receiver, ended })
    };
    let (workers, seats) = (0..workers).map(seat).unzip();
    (Pool::new(generation, terms, Box::new(Nobody), workers), seats)
}

/// Events of one partition, by their offsets.
pub(crate) fn events(offsets: Range<i64>) -> Vec<Event> {
    let event =
        |offset| Event::new(Ticket::from_opaque(0), Place { source: 0, partition: 0, offset }, None, Some(b"1"));
    offsets.map(event).collect()
}
