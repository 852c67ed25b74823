//! Generations and their workers: answers in pieces and late, deaths by accident and by deadly events, hangs,
//! replacements.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::{
    seat::Seat,
    world::{SECOND, Time, World},
};
use crate::{
    config::{Batch, OnError, Probation, Retry},
    worker::{
        messages::{Ask, WorkerId},
        pool::{Crew, IN_FLIGHT, Pool, Terms, Worker},
    },
};

/// Further attempts that an event is granted: an error that passes has passed by then.
const ATTEMPTS: usize = 2;

/// All workers of a service.
#[derive(Default)]
pub(super) struct Crews {
    pub(super) seats: Vec<Rc<Seat>>,
    spares: Spares,
    generation: u64,
    /// When the one that is being made is ready: there is one at a time.
    made_at: Time,
    /// Events that a worker was at when it died by accident: a second time would be theirs.
    pub(super) hit: BTreeSet<(i32, i64)>,
    /// How often events have failed by an error that passes.
    failed: BTreeMap<(i32, i64), u32>,
    /// A process has been exhausted.
    exhausted: bool,
}

impl Crews {
    /// Whether a process may be exhausted now: one in a run, since an event that two fail has failed.
    pub(super) fn exhaust(&mut self) -> bool {
        !std::mem::replace(&mut self.exhausted, true)
    }

    /// Whether an event fails by an error that passes: as often as is granted at most, whoever is asked for it.
    pub(super) fn fails_once_more(&mut self, event: (i32, i64)) -> bool {
        let failed = self.failed.entry(event).or_default();
        *failed += 1;
        *failed <= u32::from(event.1 % 2 == 0) + 1
    }

    /// A service's processes end with it.
    pub(super) fn clear(&mut self) {
        self.seats.clear();
    }
}

/// Spares that were asked for.
struct Spares(Sender<(WorkerId, Receiver<Ask>)>, Receiver<(WorkerId, Receiver<Ask>)>);

impl Default for Spares {
    fn default() -> Self {
        let (asked, spares) = unbounded();
        Self(asked, spares)
    }
}

#[derive(Debug)]
struct Hands(Sender<(WorkerId, Receiver<Ask>)>);

impl Crew for Hands {
    fn take_over(&self) {}
    fn abandon(&self) {}
    fn spare(&self, worker: WorkerId) -> Option<Sender<Ask>> {
        let (asks, receiver) = bounded(IN_FLIGHT);
        self.0.send((worker, receiver)).ok()?;
        Some(asks)
    }
}

/// Makes the next generation, which is ready after a while.
pub(super) fn make(world: &Rc<World>, service: u32) {
    let (loading, waiting) = world.draw(|random| (random.delay(5 * SECOND), random.delay(SECOND)));
    let mut crews = world.crews.borrow_mut();
    crews.generation += 1;
    let generation = crews.generation;
    let loaded = crews.made_at.max(world.time()) - world.time() + loading;
    crews.made_at = world.time() + loaded + waiting;
    drop(crews);
    world.after(loaded, move |world| load(world, service, generation, waiting));
}

fn load(world: &Rc<World>, service: u32, generation: u64, waiting: Time) {
    let Some(running) = world.service.borrow().clone().filter(|running| running.number == service) else { return };
    let mut workers = vec![];
    for slot in 0..world.plan.workers {
        let (asks, receiver) = bounded(IN_FLIGHT);
        let seat = Rc::new(Seat::new(WorkerId { generation, slot }, service, receiver));
        seat.alive.set(true);
        workers.push(Worker::new(asks, seat.live()));
        world.crews.borrow_mut().seats.push(Rc::clone(&seat));
        // While the others still load.
        if world.fault(world.plan.odds.death) {
            seat.die(world, "died early");
        }
    }
    let batch = match world.plan.fixed_batch {
        Some(rows) => Batch::Fixed { rows, max_delay: Duration::from_millis(20) },
        None => Batch::Auto,
    };
    let terms = Terms {
        label: format!("model-{generation}").into(),
        batch,
        on_error: if world.plan.first_stops && service == 1 { OnError::Stop } else { OnError::Skip },
        probation: Probation { time: Duration::from_mins(10), crashes: Some(3), error_rate: None },
        predict_timeout: Duration::from_micros(world.plan.predict_timeout),
        retry: Some(Retry { attempts: ATTEMPTS, delay: Duration::from_micros(world.plan.retry_delay) }),
    };
    let hands = Hands(world.crews.borrow().spares.0.clone());
    let pool = Pool::new(generation, terms, Box::new(hands), workers);
    let pool = RefCell::new(Some(pool));
    world.after(waiting, move |world| {
        if let Some(pool) = pool.borrow_mut().take() {
            world.tell(|| format!("generation {generation} is ready"));
            running.generation_is_ready(world, pool);
        }
    });
}

/// Spares load, as replacements do.
fn start_spares(world: &Rc<World>) {
    let asked = world.crews.borrow().spares.1.try_iter().collect::<Vec<_>>();
    for (id, asks) in asked {
        let service =
            world.crews.borrow().seats.iter().find(|seat| seat.id.generation == id.generation).map(|seat| seat.service);
        let Some(service) = service else { continue };
        world.tell(|| format!("{id} is a spare"));
        let seat = Rc::new(Seat::new(id, service, asks));
        world.crews.borrow_mut().seats.push(Rc::clone(&seat));
        seat.start_again(world, 0);
    }
}

/// Workers look at what they have been asked, and whether they are to end.
pub(super) fn look(world: &Rc<World>) {
    start_spares(world);
    let seats = world.crews.borrow().seats.clone();
    for seat in &seats {
        seat.look(world);
    }
    world.crews.borrow_mut().seats.retain(|seat| !seat.is_closed());
}
