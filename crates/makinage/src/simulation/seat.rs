//! One worker: answers in pieces and late, deaths by accident and by deadly events, hangs, replacements.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    io,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crossbeam_channel::{Receiver, TryRecvError};

use super::{
    group::place,
    kafka::MAX_MESSAGE_BYTES,
    schedule::Kind,
    world::{MILLISECOND, SECOND, Time, World},
};
use crate::{
    event::{Event, Step},
    wire::{
        answer::Answer,
        protocol::Loaded,
        testing::{answer, loaded, scores},
    },
    worker::{
        live::{Live, Process},
        messages::{Ask, AskKind, At, Cause, FromWorker, WorkerId},
    },
};

/// A process that can be told to end.
#[derive(Debug, Clone, Default)]
pub(super) struct Handle(Arc<AtomicBool>);

impl Process for Handle {
    fn end(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn release(&self) -> io::Result<()> {
        Ok(())
    }
}

/// A worker's place.
pub(super) struct Seat {
    pub(super) id: WorkerId,
    pub(super) service: u32,
    pub(super) asks: Receiver<Ask>,
    pub(super) incarnation: Cell<u32>,
    pub(super) alive: Cell<bool>,
    pub(super) ended: RefCell<Handle>,
    pub(super) held: RefCell<VecDeque<Ask>>,
    pub(super) busy: Cell<bool>,
    /// What it has begun last.
    pub(super) at: RefCell<Option<At>>,
    /// Its process has scored an event; and fails all, since it is exhausted.
    pub(super) has_scored: Cell<bool>,
    pub(super) is_exhausted: Cell<bool>,
}

impl Seat {
    /// A place without a process.
    pub(super) fn new(id: WorkerId, service: u32, asks: Receiver<Ask>) -> Self {
        Self {
            id,
            service,
            asks,
            incarnation: Cell::new(0),
            alive: Cell::new(false),
            ended: RefCell::default(),
            held: RefCell::default(),
            busy: Cell::new(false),
            at: RefCell::default(),
            has_scored: Cell::new(false),
            is_exhausted: Cell::new(false),
        }
    }

    pub(super) fn live(&self) -> Live {
        let handle = Handle::default();
        self.ended.replace(handle.clone());
        let loaded = Loaded { seconds: 1.0, dense: true, mixed: true, ..loaded() };
        Live::new(Box::new(handle), self.incarnation.get(), loaded)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.asks.is_empty() && matches!(self.asks.try_recv(), Err(TryRecvError::Disconnected))
    }

    fn tell(&self, world: &Rc<World>, message: FromWorker) {
        let service = world.service.borrow().clone();
        if let Some(service) = service.filter(|service| service.number == self.service) {
            service.hear(world, message);
        }
    }

    pub(super) fn look(self: &Rc<Self>, world: &Rc<World>) {
        while let Ok(ask) = self.asks.try_recv() {
            // What was meant for a process that has died is discarded.
            if self.alive.get() && ask.incarnation == self.incarnation.get() {
                self.held.borrow_mut().push_back(ask);
            }
        }
        if self.alive.get() && self.ended.borrow().0.load(Ordering::Relaxed) {
            self.die(world, "was killed");
        }
        self.begin(world);
    }

    /// Goes on after so long, if it is still the same process.
    fn later(self: &Rc<Self>, world: &Rc<World>, time: Time, next: impl FnOnce(&Rc<Self>, &Rc<World>) + 'static) {
        let (seat, incarnation) = (Rc::clone(self), self.incarnation.get());
        world.after(time, move |world| {
            if seat.alive.get() && seat.incarnation.get() == incarnation {
                next(&seat, world);
            }
        });
    }

    /// Begins with the oldest request.
    fn begin(self: &Rc<Self>, world: &Rc<World>) {
        if self.busy.get() || !self.alive.get() || self.held.borrow().is_empty() {
            return;
        }
        self.busy.set(true);
        let took = world.draw(|random| random.delay(30 * MILLISECOND)) + 1;
        let slow = if world.fault(world.plan.odds.slow) { world.draw(|random| random.delay(10 * SECOND)) } else { 0 };
        if slow > 0 {
            self.show_progress(world, took + slow);
        }
        self.later(world, took + slow, Self::work);
    }

    fn show_progress(self: &Rc<Self>, world: &Rc<World>, until: Time) {
        let mut at = world.plan.predict_timeout / 2;
        while at < until {
            self.later(world, at, |seat, world| seat.tell(world, FromWorker::Progress { worker: seat.id }));
            at += world.plan.predict_timeout / 2;
        }
    }

    fn work(self: &Rc<Self>, world: &Rc<World>) {
        let (rows, singly) = {
            let held = self.held.borrow();
            (held[0].job.events().len(), held[0].kind == AskKind::Singly)
        };
        self.work_on(world, 0, if singly { 1 } else { rows });
    }

    /// Works on so many events, from this place on.
    fn work_on(self: &Rc<Self>, world: &Rc<World>, from: usize, count: usize) {
        let id = self.held.borrow()[0].id;
        self.at.replace(Some(At::new(id, from..from + count)));
        if let Some(deadly) = self.deadly(world, from, count) {
            if world.fault(world.plan.odds.exact) {
                self.at.replace(Some(At::new(id, deadly..deadly + 1)));
            }
            // One more death of another of these would be that event's.
            world.crews.borrow_mut().hit.extend(self.events_at());
            return self.die(world, "died of an event");
        }
        if world.is_out() {
            // One more, once another event has scored, would be theirs.
            world.crews.borrow_mut().hit.extend(self.events_at());
            return self.die(world, "died as all do");
        }
        if !self.accident(world) {
            self.answer(world, from, count);
        }
    }

    fn deadly(&self, world: &World, from: usize, count: usize) -> Option<usize> {
        let held = self.held.borrow();
        let events = held[0].job.events();
        (from..from + count).find(|place| kind(world, &events[*place]) == Kind::Deadly)
    }

    /// The events that it is at.
    fn events_at(&self) -> Vec<(i32, i64)> {
        let held = self.held.borrow();
        let places = self.at.borrow().as_ref().map_or(0..0, |at| at.places.clone());
        held[0].job.events()[places].iter().map(|event| (event.partition, event.offset)).collect()
    }

    /// Dies or hangs for no reason of the events': not twice while it is at the same one.
    fn accident(self: &Rc<Self>, world: &Rc<World>) -> bool {
        let (dies, hangs) = (world.fault(world.plan.odds.death), world.fault(world.plan.odds.hang));
        if !(dies || hangs) {
            return false;
        }
        let hit = self.events_at();
        let mut crews = world.crews.borrow_mut();
        if hit.iter().any(|event| crews.hit.contains(event)) {
            return false;
        }
        crews.hit.extend(hit);
        drop(crews);
        if dies {
            self.die(world, "died by accident");
        } else {
            world.tell(|| format!("{} hangs", self.id));
        }
        true
    }

    /// Answers so many events from here on, in pieces.
    fn answer(self: &Rc<Self>, world: &Rc<World>, from: usize, count: usize) {
        let piece =
            if world.draw(|random| random.chance(700)) { count } else { world.draw(|random| random.count(1, count)) };
        let (id, kind, rows, answer) = {
            let held = self.held.borrow();
            let events = held[0].job.events();
            let answer = self.results(world, &events[from..from + piece], from);
            (held[0].id, held[0].kind, events.len(), answer)
        };
        self.tell(world, FromWorker::Answer { worker: self.id, id, answer });
        let pause = world.draw(|random| random.delay(5 * MILLISECOND));
        self.later(world, pause, move |seat, world| {
            let next = from + piece;
            if piece < count {
                if !seat.accident(world) {
                    seat.answer(world, next, count - piece);
                }
            } else if kind == AskKind::Singly && next < rows {
                seat.work_on(world, next, 1);
            } else {
                seat.held.borrow_mut().pop_front();
                seat.busy.set(false);
                seat.begin(world);
            }
        });
    }

    /// The results of these events, the first of which has this place in its batch.
    fn results(&self, world: &World, events: &[Event], first: usize) -> Answer {
        if self.has_scored.get() && world.fault(world.plan.odds.exhausted) && world.crews.borrow_mut().exhaust() {
            world.tell(|| format!("{} is exhausted", self.id));
            self.is_exhausted.set(true);
        }
        let all_score = events.iter().all(|event| matches!(kind(world, event), Kind::Good | Kind::Keyless));
        if all_score && !self.is_exhausted.get() && world.draw(|random| random.chance(500)) {
            self.has_scored.set(true);
            let numbers: Vec<u8> = events.iter().flat_map(|event| event.offset.to_le_bytes()).collect();
            return scores(first, events.len(), 1, &numbers);
        }
        let failed = br#"{"step":"predict","error":"OSError","message":"too many open files"}"#;
        let outcome = |event| if self.is_exhausted.get() { (3, failed.to_vec()) } else { result(world, event) };
        let items: Vec<(u8, Vec<u8>)> = events.iter().map(outcome).collect();
        // Its size is another matter.
        self.has_scored.set(self.has_scored.get() || items.iter().any(|(status, _)| *status < 2));
        answer(first, &items)
    }

    pub(super) fn die(self: &Rc<Self>, world: &Rc<World>, how: &str) {
        world.tell(|| format!("{} {how}", self.id));
        self.alive.set(false);
        self.busy.set(false);
        self.held.take();
        let cause = Cause { words: how.to_owned(), is_exhaustion: world.fault(world.plan.odds.memory), is_kill: false };
        let (seat, at) = (Rc::clone(self), Some(self.at.take().unwrap_or(At::NOTHING)));
        let noticed = world.draw(|random| random.delay(200 * MILLISECOND));
        world.after(noticed, move |world| {
            seat.look(world);
            seat.tell(world, FromWorker::Died { worker: seat.id, cause, at });
            seat.start_again(world, 100 * MILLISECOND);
        });
    }

    pub(super) fn start_again(self: &Rc<Self>, world: &Rc<World>, wait: Time) {
        let seat = Rc::clone(self);
        let loading = world.draw(|random| random.delay(3 * SECOND));
        world.after(wait + loading, move |world| {
            if seat.is_closed() {
                return;
            }
            // Loading scores the model's example.
            if world.fault(world.plan.odds.start) || world.is_out() {
                return seat.start_again(world, (2 * wait).min(30 * SECOND));
            }
            seat.incarnation.set(seat.incarnation.get() + 1);
            seat.has_scored.set(false);
            seat.is_exhausted.set(false);
            seat.alive.set(true);
            seat.tell(world, FromWorker::Ready { worker: seat.id, live: seat.live() });
        });
    }
}

fn kind(world: &World, event: &Event) -> Kind {
    world.plan.input(place(event.partition), event.offset).expect("a record").kind
}

/// Status and bytes.
fn result(world: &World, event: &Event) -> (u8, Vec<u8>) {
    let answer = format!("\"{}/{}\"", event.partition, event.offset);
    match kind(world, event) {
        Kind::Skipped => (2, Step::Predict.name().into()),
        Kind::Failing => (3, br#"{"step":"predict","error":"ValueError","message":"bad"}"#.to_vec()),
        Kind::Passing if world.crews.borrow_mut().fails_once_more((event.partition, event.offset)) => {
            (4, br#"{"step":"predict","error":"TimeoutError","message":"away"}"#.to_vec())
        }
        Kind::Large => (0, format!("{answer}{}", " ".repeat(MAX_MESSAGE_BYTES)).into_bytes()),
        _ if world.draw(|random| random.chance(500)) => (0, answer.into_bytes()),
        _ => (1, answer.into_bytes()),
    }
}
