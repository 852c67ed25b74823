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
    wire::{answer::Answer, protocol::Loaded},
    worker::{
        live::{Live, Process},
        messages::{Ask, FromWorker, WorkerId},
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
    /// It has died, and whoever asks it before that is known has its event taken for the reason.
    pub(super) blames: Cell<bool>,
}

impl Seat {
    pub(super) fn live(&self) -> Live {
        let handle = Handle::default();
        self.ended.replace(handle.clone());
        let loaded = Loaded { flavour: "sklearn".to_owned(), seconds: 1.0, dense: true, warm: true, warnings: vec![] };
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
            } else if self.blames.replace(false)
                && let Some(alone) = alone(&ask)
            {
                let mut crews = world.crews.borrow_mut();
                if !crews.hit.insert(alone) {
                    crews.unlucky.insert(alone);
                }
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
        let deadly = {
            let held = self.held.borrow();
            let events = held[0].job.events();
            events.iter().position(|event| kind(world, event) == Kind::Deadly)
        };
        if deadly.is_some() {
            return self.die_of_it(world);
        }
        if self.accident(world) {
            return;
        }
        let rows = self.held.borrow()[0].job.events().len();
        self.answer(world, 0, rows);
    }

    fn die_of_it(self: &Rc<Self>, world: &Rc<World>) {
        // It may have answered for what came before.
        self.die(world, "died of an event");
    }

    /// Dies or hangs for no reason of the events': not twice on the same one that stands alone.
    fn accident(self: &Rc<Self>, world: &Rc<World>) -> bool {
        let (dies, hangs) = (world.fault(world.plan.odds.death), world.fault(world.plan.odds.hang));
        if !dies && !hangs {
            return false;
        }
        let alone = alone(&self.held.borrow()[0]);
        if alone.is_some_and(|alone| !world.crews.borrow_mut().hit.insert(alone)) {
            return false;
        }
        if dies {
            self.die(world, "died by accident");
        } else {
            world.tell(|| format!("{} hangs", self.id));
        }
        true
    }

    /// Answers from here on, in pieces.
    fn answer(self: &Rc<Self>, world: &Rc<World>, from: usize, rows: usize) {
        let piece = if world.draw(|random| random.chance(700)) {
            rows - from
        } else {
            world.draw(|random| random.count(1, rows - from))
        };
        let (id, payload) = {
            let held = self.held.borrow();
            (held[0].id, payload(world, &held[0].job.events()[from..from + piece], from))
        };
        let answer = Answer::parse(payload).expect("an answer");
        self.tell(world, FromWorker::Answer { worker: self.id, id, answer });
        let pause = world.draw(|random| random.delay(5 * MILLISECOND));
        self.later(world, pause, move |seat, world| {
            if from + piece < rows {
                if !seat.accident(world) {
                    seat.answer(world, from + piece, rows);
                }
            } else {
                seat.held.borrow_mut().pop_front();
                seat.busy.set(false);
                seat.begin(world);
            }
        });
    }

    pub(super) fn die(self: &Rc<Self>, world: &Rc<World>, how: &str) {
        world.tell(|| format!("{} {how}", self.id));
        self.alive.set(false);
        let mut crews = world.crews.borrow_mut();
        let generation = self.id.generation;
        let mine = crews.seats.iter().filter(|seat| seat.id.generation == generation);
        if mine.clone().count() == world.plan.workers && mine.clone().all(|seat| !seat.alive.get()) {
            crews.fallen.insert(generation);
        }
        drop(crews);
        self.busy.set(false);
        self.blames.set(self.held.take().is_empty());
        let (seat, cause) = (Rc::clone(self), how.to_owned());
        let noticed = world.draw(|random| random.delay(200 * MILLISECOND));
        world.after(noticed, move |world| {
            seat.look(world);
            seat.blames.set(false);
            seat.tell(world, FromWorker::Died { worker: seat.id, cause, at: None });
            seat.start_again(world, 100 * MILLISECOND);
        });
    }

    fn start_again(self: &Rc<Self>, world: &Rc<World>, wait: Time) {
        let seat = Rc::clone(self);
        let loading = world.draw(|random| random.delay(3 * SECOND));
        world.after(wait + loading, move |world| {
            if seat.is_closed() {
                return;
            }
            if world.fault(world.plan.odds.start) {
                return seat.start_again(world, (2 * wait).min(30 * SECOND));
            }
            seat.incarnation.set(seat.incarnation.get() + 1);
            seat.alive.set(true);
            seat.tell(world, FromWorker::Ready { worker: seat.id, live: seat.live() });
        });
    }
}

/// The event that is asked for, where it stands alone.
fn alone(ask: &Ask) -> Option<(i32, i64)> {
    match ask.job.events() {
        [event] => Some((event.partition, event.offset)),
        _ => None,
    }
}

fn kind(world: &World, event: &Event) -> Kind {
    world.plan.input(place(event.partition), event.offset).expect("a record").kind
}

/// The results of these events, the first of which has this place in its batch, as `protocol/README.md` writes them.
fn payload(world: &World, events: &[Event], first: usize) -> Vec<u8> {
    let items: Vec<(u8, Vec<u8>)> = events.iter().map(|event| result(world, event)).collect();
    let number = |value: usize| u32::try_from(value).expect("small").to_le_bytes();
    let mut payload = [number(first), number(events.len())].concat();
    payload.extend(1_000_000_u64.to_le_bytes());
    payload.push(0);
    payload.extend(items.iter().map(|(status, _)| *status));
    payload.extend(items.iter().flat_map(|(_, bytes)| number(bytes.len())));
    payload.extend(items.into_iter().flat_map(|(_, bytes)| bytes));
    payload
}

/// Status and bytes.
fn result(world: &World, event: &Event) -> (u8, Vec<u8>) {
    let answer = format!("\"{}/{}\"", event.partition, event.offset);
    match kind(world, event) {
        Kind::Skipped => (2, Step::Predict.name().into()),
        Kind::Failing => (3, br#"{"step":"predict","error":"ValueError","message":"bad"}"#.to_vec()),
        Kind::Large => (0, format!("{answer}{}", " ".repeat(MAX_MESSAGE_BYTES)).into_bytes()),
        _ if world.draw(|random| random.chance(500)) => (0, answer.into_bytes()),
        _ => (1, answer.into_bytes()),
    }
}
