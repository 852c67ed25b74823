//! Generations and their workers: answers in pieces and late, deaths by accident and by deadly events, hangs,
//! replacements.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    time::Duration,
};

use crossbeam_channel::{Sender, bounded};

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
    generation: u64,
    /// When the one that is being made is ready: there is one at a time.
    made_at: Time,
    /// Events that a worker was at when it died by accident: a second time would be theirs.
    pub(super) hit: BTreeSet<(i32, i64)>,
    /// How often events have failed by an error that passes.
    failed: BTreeMap<(i32, i64), u32>,
    /// A process has been exhausted.
    exhausted: bool,
    /// Generations of which no worker was alive at some time: what they had goes to the next.
    pub fallen: BTreeSet<u64>,
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

#[derive(Debug)]
struct Nobody;

impl Crew for Nobody {
    fn take_over(&self) {}
    fn abandon(&self) {}
    fn spare(&self, _worker: WorkerId) -> Option<Sender<Ask>> {
        None
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
        let seat = Rc::new(Seat {
            id: WorkerId { generation, slot },
            service,
            asks: receiver,
            incarnation: Cell::new(0),
            alive: Cell::new(true),
            ended: RefCell::default(),
            held: RefCell::default(),
            busy: Cell::new(false),
            at: RefCell::default(),
            has_scored: Cell::new(false),
            is_exhausted: Cell::new(false),
        });
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
    let pool = Pool::new(generation, terms, Box::new(Nobody), workers);
    let pool = RefCell::new(Some(pool));
    world.after(waiting, move |world| {
        if let Some(pool) = pool.borrow_mut().take() {
            world.tell(|| format!("generation {generation} is ready"));
            running.generation_is_ready(world, pool);
        }
    });
}

/// Workers look at what they have been asked, and whether they are to end.
pub(super) fn look(world: &Rc<World>) {
    let seats = world.crews.borrow().seats.clone();
    for seat in &seats {
        seat.look(world);
    }
    world.crews.borrow_mut().seats.retain(|seat| !seat.is_closed());
}
