//! The service but for its source, which is what drives it: the pipeline's thread, and what it is told.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use crossbeam_channel::{Receiver, unbounded};

use super::{
    consumer::SimConsumer,
    delivering::SimDelivery,
    oracle::{BOUNDED, COUNTED, PAUSED, STOPS},
    schedule::Plan,
    workers,
    world::{MILLISECOND, Time, Who, World, WorldClock},
};
use crate::{
    config::{DataStart, DataTopic, Encoder},
    delivery::exactly_once::Ties,
    sink::bell::Bell,
    source::{
        Intake, Wiring,
        acks::Acks,
        assignment::Assignment,
        kafka::{Group, KafkaSource},
        mandate::Mandate,
        offsets::SLOT,
        pause::{Asked, Pause},
        room::Space,
    },
    stop::Stop,
    stream::{Ended, Stream},
    worker::{messages::FromWorker, pool::Pool, samples::Samples},
    write::Writer,
};

pub(super) type SimSource = KafkaSource<SimConsumer, WorldClock>;

const TICK: Duration = Duration::from_secs(1);
const FLUSH: Duration = Duration::from_millis(10);
/// Events that are handed over at a time.
const PORTION: usize = 16;

/// What may be open: the plan says how many events while nothing stands still.
fn space(plan: &Plan) -> Space {
    Space { held: 2 * plan.open * SLOT, portion: PORTION }
}

/// A service, but for its source, which is what drives it.
pub(super) struct Service {
    pub number: u32,
    assignment: Arc<Assignment<WorldClock>>,
    acks: Arc<Acks>,
    pub(super) stop: Stop,
    pause: Arc<Pause>,
    intake: RefCell<Option<Receiver<Intake>>>,
    stream: RefCell<Option<Stream<SimDelivery>>>,
    workers: RefCell<VecDeque<FromWorker>>,
    generations: RefCell<VecDeque<Pool>>,
    bell: Receiver<()>,
    /// Whether it has gone back to an earlier generation.
    went_back: Cell<bool>,
    /// Whether there has been a generation.
    begins: Cell<bool>,
    /// How many records had been read when an event failed under `on_error: stop`.
    last: Cell<Option<u64>>,
    /// Whether the group was left.
    pub(super) left: Cell<bool>,
    wake_at: Cell<Option<Time>>,
    /// When its thread gives up what the sink has not taken, once that is all that is left to do.
    flushes_until: Cell<Option<Time>>,
    ended: Cell<Option<Ended>>,
}

impl Service {
    pub(super) fn start(world: &Rc<World>, number: u32) -> (Rc<Self>, SimSource) {
        let clock = |who| WorldClock { world: Rc::clone(world), who };
        let (acks, stop, pause) = (Arc::new(Acks::default()), Stop::default(), Arc::<Pause>::default());
        let (intake, received) = unbounded();
        let mandate = world.plan.transactions.map(|_| Arc::<Mandate>::default());
        let wiring = Wiring {
            acks: Arc::clone(&acks),
            intake,
            stop: stop.clone(),
            mandate: mandate.clone(),
            telemetry: Arc::default(),
            pause: Arc::clone(&pause),
        };
        let start_from = if world.plan.start_at_end { DataStart::End } else { DataStart::Beginning };
        let topic = DataTopic { name: "data".to_owned(), encoder: Encoder::Json, start_from };
        let assignment = Arc::new(Assignment::new(&[topic], wiring, clock(Who::Source)));
        let consumer = SimConsumer::create(world, number, Arc::clone(&assignment));
        let group = Group {
            name: "app".to_owned(),
            endpoint: "kafka:9092".to_owned(),
            session_timeout: Duration::from_secs(45),
        };
        let space = space(&world.plan);
        let source = KafkaSource::with(consumer, Arc::clone(&assignment), group, space);
        let ties = |mandate| Ties {
            acks: Arc::clone(&acks),
            mandate,
            stop: stop.clone(),
            telemetry: Arc::default(),
            bell: Bell::new().0,
        };
        let delivery = match mandate {
            None => SimDelivery::at_least_once(world, number, &acks),
            Some(mandate) => SimDelivery::exactly_once(world, number, ties(mandate)),
        };
        let writer = Writer::new(vec!["data".to_owned()], delivery, Arc::clone(&acks), world.now());
        let stream = Stream::new(writer, Samples::default(), Arc::default());
        let service = Rc::new(Self {
            number,
            assignment,
            acks,
            stop,
            pause,
            intake: RefCell::new(Some(received)),
            bell: stream.bell(),
            stream: RefCell::new(Some(stream)),
            workers: RefCell::default(),
            generations: RefCell::default(),
            went_back: Cell::new(false),
            begins: Cell::new(false),
            last: Cell::new(None),
            left: Cell::new(false),
            wake_at: Cell::new(Some(world.time())),
            flushes_until: Cell::new(None),
            ended: Cell::new(None),
        });
        (service, source)
    }

    /// How the pipeline's thread has ended.
    pub(super) fn ended(&self) -> Option<Ended> {
        self.ended.get()
    }

    pub(super) fn hear(&self, world: &World, message: FromWorker) {
        self.workers.borrow_mut().push_back(message);
        self.wake(world);
    }

    /// Whether the source is to join its group.
    pub(super) fn begins(&self) -> bool {
        self.begins.get()
    }

    pub(super) fn generation_is_ready(&self, world: &World, pool: Pool) {
        self.begins.set(true);
        self.generations.borrow_mut().push_back(pool);
        self.wake(world);
    }

    /// The pipeline's thread has something to do, and gets to it soon.
    fn wake(&self, world: &World) {
        let soon = world.time() + world.draw(|random| random.delay(MILLISECOND));
        self.wake_at.set(Some(self.wake_at.get().map_or(soon, |at| at.min(soon))));
    }

    /// When the pipeline's thread has something to do.
    pub(super) fn due(&self, world: &World) -> Option<Time> {
        if self.stream.borrow().is_none() {
            return None;
        }
        let waits = self.intake.borrow().as_ref().is_some_and(|intake| !intake.is_empty()) || !self.bell.is_empty();
        if waits && self.wake_at.get().is_none_or(|at| at > world.time() + MILLISECOND) {
            self.wake(world);
        }
        self.wake_at.get()
    }

    /// One turn of the pipeline's thread.
    pub(super) fn step(&self, world: &Rc<World>) {
        let Some(mut stream) = self.stream.take() else { return };
        let _ = self.bell.try_recv();
        if let Some(until) = self.flushes_until.get() {
            return self.flush(world, stream, until);
        }
        self.read(world, &mut stream);
        let news = stream.go_on(world.now());
        if news.ends {
            self.stop.request();
            self.last.set(Some(world.oracle.borrow().done(self.number).read));
        }
        if let Some(trouble) = news.trouble {
            world.tell(|| format!("generation {} is in trouble: {}", trouble.generation, trouble.what));
            // What it goes back to has nothing before it.
            if !self.went_back.replace(true) {
                workers::make(world, self.number);
            }
        }
        workers::look(world);
        if stream.is_done() {
            let until = world.time() + world.plan.stop_timeout;
            self.flushes_until.set(Some(until));
            return self.flush(world, stream, until);
        }
        let wait = stream.next_deadline(world.now()).map_or(TICK, |due| due.min(TICK));
        let wait = wait.max(Duration::from_micros(50));
        self.wake_at.set(Some(world.time_of(world.now() + wait)));
        self.stream.replace(Some(stream));
        if !self.workers.borrow().is_empty() || !self.generations.borrow().is_empty() {
            self.wake(world);
        }
        self.check_bounds(world);
    }

    /// Takes one message, whichever, and the answers that have come besides.
    fn read(&self, world: &Rc<World>, stream: &mut Stream<SimDelivery>) {
        let now = world.now();
        match world.draw(|random| random.below(3)) {
            0 => self.take_generation(stream, world),
            _ => self.take_intake(stream, world),
        }
        loop {
            let Some(message) = self.workers.borrow_mut().pop_front() else { break };
            stream.hear(message, now);
        }
    }

    fn take_generation(&self, stream: &mut Stream<SimDelivery>, world: &World) {
        let Some(pool) = self.generations.borrow_mut().pop_front() else { return };
        stream.switch_to(pool, world.now());
    }

    fn take_intake(&self, stream: &mut Stream<SimDelivery>, world: &World) {
        let message = self.intake.borrow().as_ref().and_then(|intake| intake.try_recv().ok());
        if let Some(message) = message {
            stream.accept(message, world.now());
        }
    }

    /// The pipeline's thread flushes, a little at a time: the source's wait goes on meanwhile. Then it ends, and the
    /// application learns of it.
    fn flush(&self, world: &Rc<World>, mut stream: Stream<SimDelivery>, until: Time) {
        let clock = WorldClock { world: Rc::clone(world), who: Who::Pipeline };
        let ended = stream.flush(FLUSH, &clock);
        if !ended.clean && world.time() < until {
            self.wake_at.set(Some(world.time() + MILLISECOND));
            self.stream.replace(Some(stream));
            return;
        }
        world.tell(|| format!("the pipeline has ended: {ended:?}"));
        self.ended.set(Some(ended));
        drop(stream);
        self.intake.replace(None);
        self.acks.close();
        self.stop.request();
    }

    /// Somebody has reading paused by hand.
    pub(super) fn pause(&self, world: &World) {
        world.tell(|| "paused by hand".to_owned());
        self.pause.ask(Asked { by: "a hand".to_owned(), at: world.now(), since: String::new() });
    }

    /// And has it go on.
    pub(super) fn resume(&self, world: &World) {
        world.tell(|| "read on by hand".to_owned());
        self.pause.end();
    }

    /// A record has been read.
    pub(super) fn has_read(&self, world: &World, read: u64) {
        if self.pause.asked().is_some() && self.pause.is_heeded_within(Duration::ZERO) {
            world.broken(PAUSED, "a record is read".to_owned());
        }
        // The portion that was being read.
        let most = PORTION as u64;
        if self.last.get().is_some_and(|last| read > last + most) {
            world.broken(STOPS, format!("{read} have been read, and {:?} had been", self.last.get()));
        }
    }

    fn check_bounds(&self, world: &World) {
        // One record more may be read than there is room for.
        let (held, most) = (self.assignment.held(), space(&world.plan).most() + SLOT);
        if held > most {
            world.broken(BOUNDED, format!("{held} bytes are held, and {most} may be"));
        }
    }

    pub(super) fn check_counts(&self, world: &World) {
        let (counts, done) = (self.acks.counts(), world.oracle.borrow().done(self.number));
        let told = counts.to_string().replace(" (", ", ").replace(')', "");
        let part = |name: &str| -> u64 {
            told.split(", ").filter_map(|part| part.strip_suffix(name)?.trim().parse::<u64>().ok()).sum()
        };
        // Of a transaction's answer a service may not have heard, and then be where others are too.
        let (out, others) = (part(" out"), world.oracle.borrow().peers);
        let is_told = out == done.delivered;
        if !is_told && (world.plan.transactions.is_none() || out > done.delivered + others) {
            world.broken(COUNTED, format!("{told}; {} were acknowledged", done.delivered));
        }
        let (buried, others) = (part(" dead letters"), world.oracle.borrow().letters.peers);
        let failed = if world.plan.letters.is_some() { part(" failed") } else { 0 };
        let is_told = buried == done.buried;
        if failed != buried || (!is_told && (world.plan.transactions.is_none() || buried > done.buried + others)) {
            world.broken(COUNTED, format!("{told}; {} letters were acknowledged", done.buried));
        }
        // The one at which it stopped is read again.
        let stopped = u64::from(self.ended.get().is_some_and(|ended| ended.stopped_by_error));
        // Of a transaction's end it may have heard nothing, where it was killed or cut short.
        let has_heard = world.plan.transactions.is_none() || self.ended.get().is_some_and(|ended| ended.clean);
        let told_of = |count: u64, least: u64, most: u64| (if has_heard { least } else { 0 }..=most).contains(&count);
        if part(" in") > done.read
            || !told_of(part(" skipped by predict"), done.skipped.committed, done.skipped.read)
            || !told_of(part(" failed"), done.failed.committed + stopped, done.failed.read)
        {
            world.broken(COUNTED, format!("{told}; it was {done:?}"));
        }
    }
}
