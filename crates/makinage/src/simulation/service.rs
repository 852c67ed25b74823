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
    oracle::{BOUNDED, COUNTED},
    producer::SimProducers,
    workers,
    world::{MILLISECOND, Time, Who, World, WorldClock},
};
use crate::{
    config::{DataStart, DataTopic, Encoder},
    sink::{
        kafka::{KafkaSink, Limits},
        partitions::Partitions,
    },
    source::{
        Intake, Wiring,
        acks::Acks,
        assignment::Assignment,
        kafka::{Group, KafkaSource, Space},
    },
    stop::Stop,
    stream::{Ended, Stream},
    worker::{messages::FromWorker, pool::Pool, samples::Samples},
    write::Writer,
};

type SimSink = KafkaSink<SimProducers, WorldClock>;
pub(super) type SimSource = KafkaSource<SimConsumer, WorldClock>;

pub(super) const STOP_TIMEOUT: Duration = Duration::from_secs(25);
const TICK: Duration = Duration::from_secs(1);
/// Events that are handed over at a time.
const PORTION: usize = 16;
/// A service, but for its source, which is what drives it.
pub(super) struct Service {
    pub number: u32,
    assignment: Arc<Assignment<WorldClock>>,
    acks: Arc<Acks>,
    pub(super) stop: Stop,
    intake: RefCell<Option<Receiver<Intake>>>,
    stream: RefCell<Option<Stream<SimSink>>>,
    workers: RefCell<VecDeque<FromWorker>>,
    generations: RefCell<VecDeque<Pool>>,
    bell: Receiver<()>,
    wake_at: Cell<Option<Time>>,
    ended: Cell<Option<Ended>>,
}

impl Service {
    pub(super) fn start(world: &Rc<World>, number: u32) -> (Rc<Self>, SimSource) {
        let clock = |who| WorldClock { world: Rc::clone(world), who };
        let (acks, stop) = (Arc::new(Acks::default()), Stop::default());
        let (intake, received) = unbounded();
        let wiring = Wiring { acks: Arc::clone(&acks), intake, stop: stop.clone() };
        let start_from = if world.plan.start_at_end { DataStart::End } else { DataStart::Beginning };
        let topic = DataTopic { name: "data".to_owned(), encoder: Encoder::Json, start_from };
        let assignment = Arc::new(Assignment::new(&[topic], wiring, clock(Who::Source)));
        let consumer = SimConsumer::join(world, number, Arc::clone(&assignment));
        let group = Group {
            name: "app".to_owned(),
            endpoint: "kafka:9092".to_owned(),
            session_timeout: Duration::from_secs(45),
        };
        let space = Space { events: world.plan.open, bytes: 64 << 20, portion: PORTION };
        let source = KafkaSource::with(consumer, Arc::clone(&assignment), group, space);
        let partitions = i32::try_from(world.plan.inputs.len()).expect("few");
        let sizes = Partitions::new(("predict", partitions), [("data", partitions)].into_iter());
        let share = (world.plan.queue as u64 / 2).max(1);
        let limits = Limits { max_record: 4096, batch_size: world.plan.batch_size, share };
        let producers =
            SimProducers { world: Rc::clone(world), service: number, acks: Arc::clone(&acks), made: Cell::new(0) };
        let sink = KafkaSink::with(producers, "predict", sizes, limits, clock(Who::Pipeline)).expect("a sink");
        let writer = Writer::new(vec!["data".to_owned()], sink, Arc::clone(&acks), world.now());
        let stream = Stream::new(writer, Samples::default());
        let service = Rc::new(Self {
            number,
            assignment,
            acks,
            stop,
            intake: RefCell::new(Some(received)),
            bell: stream.bell(),
            stream: RefCell::new(Some(stream)),
            workers: RefCell::default(),
            generations: RefCell::default(),
            wake_at: Cell::new(Some(world.time())),
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

    pub(super) fn generation_is_ready(&self, world: &World, pool: Pool) {
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
        self.read(world, &mut stream);
        let news = stream.go_on(world.now());
        if let Some(trouble) = news.trouble {
            world.tell(|| format!("generation {} is in trouble: {}", trouble.generation, trouble.what));
            workers::make(world, self.number);
        }
        workers::look(world);
        if stream.is_done() {
            self.end(world, stream);
            return;
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
    fn read(&self, world: &Rc<World>, stream: &mut Stream<SimSink>) {
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

    fn take_generation(&self, stream: &mut Stream<SimSink>, world: &World) {
        let Some(pool) = self.generations.borrow_mut().pop_front() else { return };
        stream.switch_to(pool, world.now());
    }

    fn take_intake(&self, stream: &mut Stream<SimSink>, world: &World) {
        let message = self.intake.borrow().as_ref().and_then(|intake| intake.try_recv().ok());
        if let Some(message) = message {
            stream.accept(message, world.now());
        }
    }

    /// The pipeline's thread ends, and the application learns of it.
    fn end(&self, world: &Rc<World>, mut stream: Stream<SimSink>) {
        let clock = WorldClock { world: Rc::clone(world), who: Who::Pipeline };
        let ended = stream.flush(STOP_TIMEOUT, &clock);
        world.tell(|| format!("the pipeline has ended: {ended:?}"));
        self.ended.set(Some(ended));
        drop(stream);
        self.intake.replace(None);
        self.acks.close();
        self.stop.request();
    }

    fn check_bounds(&self, world: &World) {
        let open = self.assignment.unsettled();
        let most = world.plan.open + PORTION + world.plan.inputs.len();
        if open > most {
            world.broken(BOUNDED, format!("{open} events are open, and {most} may be"));
        }
    }

    pub(super) fn check_counts(&self, world: &World) {
        let (counts, done) = (self.acks.counts(), world.oracle.borrow().done(self.number));
        let told = counts.to_string();
        let part = |name: &str| -> u64 {
            told.split(", ").filter_map(|part| part.strip_suffix(name)?.trim().parse::<u64>().ok()).sum()
        };
        if part(" out") != done.delivered {
            world.broken(COUNTED, format!("{told}; {} were acknowledged", done.delivered));
        }
        let unlucky = world.crews.borrow().unlucky.len() as u64;
        // The one at which it stopped is read again.
        let stopped = u64::from(self.ended.get().is_some_and(|ended| ended.stopped_by_error));
        let told_of = |count: u64, least: u64, most: u64| (least..=most).contains(&count);
        if part(" in") > done.read
            || !told_of(part(" skipped by predict"), done.skipped.committed, done.skipped.read)
            || !told_of(part(" failed"), done.failed.committed + stopped, done.failed.read + unlucky)
        {
            world.broken(COUNTED, format!("{told}; it was {done:?}"));
        }
    }
}
