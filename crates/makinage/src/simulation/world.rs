//! The virtual time, what is to happen in it, and what has.
//!
//! Two threads of the service are simulated: the source's and the pipeline's. Both run on the test's own thread, and
//! meet the rest of the world only in their waits: while the source waits, the pipeline runs, and what is due happens;
//! while the pipeline waits, only that.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    panic::resume_unwind,
    rc::Rc,
    time::{Duration, Instant, SystemTime},
};

use super::{
    coordinator::Transactions,
    group::Coordinator,
    kafka::Broker,
    oracle::Oracle,
    random::Random,
    schedule::Plan,
    service::Service,
    workers::{self, Crews},
};
use crate::{
    clock::{Clock, Shared},
    sink::purpose::Purpose,
    stop::kept_for_the_end,
};

/// Microseconds since the beginning.
pub(super) type Time = u64;

pub(super) const MILLISECOND: Time = 1000;
pub(super) const SECOND: Time = 1_000_000;

/// More happenings than any run has that goes on.
const TOO_MANY: u64 = 300_000;

/// One that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Source,
    Pipeline,
}

/// How a run is left in the middle of something.
pub(super) enum Interrupt {
    /// The whole service is killed.
    Crash,
    /// A promise is broken.
    Broken { promise: &'static str, what: String },
}

type Happening = Box<dyn FnOnce(&Rc<World>)>;

/// All that isn't the service, and the service.
pub(super) struct World {
    begin: Instant,
    time: Cell<Time>,
    happenings: Cell<u64>,
    agenda: RefCell<BTreeMap<(Time, u64), Happening>>,
    random: RefCell<Random>,
    log: RefCell<Option<Vec<String>>>,
    crashes: Cell<bool>,
    stopping_since: Cell<Option<Time>>,
    /// The service has been there since before the data topic was.
    has_seen_it_missing: Cell<bool>,
    /// Whether the pipeline's thread is in a wait, in which the source's can't go on here as it would.
    pub pipeline_waits: Cell<bool>,
    pub plan: Plan,
    broker: RefCell<Broker>,
    letter_broker: Option<RefCell<Broker>>,
    pub group: RefCell<Coordinator>,
    pub transactions: RefCell<Transactions>,
    pub crews: RefCell<Crews>,
    pub oracle: RefCell<Oracle>,
    pub service: RefCell<Option<Rc<Service>>>,
}

impl World {
    pub(super) fn new(plan: Plan, random: Random, logged: bool) -> Rc<Self> {
        Rc::new(Self {
            begin: Instant::now(),
            time: Cell::new(0),
            happenings: Cell::new(0),
            agenda: RefCell::default(),
            random: RefCell::new(random),
            log: RefCell::new(logged.then(Vec::new)),
            crashes: Cell::new(false),
            stopping_since: Cell::new(None),
            has_seen_it_missing: Cell::new(false),
            pipeline_waits: Cell::new(false),
            broker: RefCell::new(Broker::of_outputs(&plan)),
            letter_broker: plan.letters.as_ref().map(|troubles| RefCell::new(Broker::of_letters(troubles))),
            group: RefCell::new(Coordinator::new(&plan)),
            transactions: RefCell::default(),
            oracle: RefCell::new(Oracle::new(&plan)),
            crews: RefCell::default(),
            service: RefCell::default(),
            plan,
        })
    }

    pub(super) fn time(&self) -> Time {
        self.time.get()
    }

    pub(super) fn now(&self) -> Instant {
        self.begin + Duration::from_micros(self.time.get())
    }

    pub(super) fn time_of(&self, instant: Instant) -> Time {
        micros(instant.saturating_duration_since(self.begin))
    }

    /// Draws from the seed.
    pub(super) fn draw<T>(&self, draw: impl FnOnce(&mut Random) -> T) -> T {
        draw(&mut self.random.borrow_mut())
    }

    /// Whether faults still happen.
    pub(super) fn is_rough(&self) -> bool {
        self.time.get() < self.plan.calm_from
    }

    /// Something goes wrong so often in a thousand, while things go wrong.
    pub(super) fn fault(&self, in_a_thousand: u64) -> bool {
        self.is_rough() && self.draw(|random| random.chance(in_a_thousand))
    }

    /// Whether workers die of whatever they are given.
    pub(super) fn is_out(&self) -> bool {
        self.is_rough() && self.plan.out.iter().any(|window| window.has(self.time.get()))
    }

    /// Something happens after so long.
    pub(super) fn after(&self, time: Time, happening: impl FnOnce(&Rc<Self>) + 'static) {
        let place = (self.time.get() + time, self.happenings.get());
        self.happenings.set(place.1 + 1);
        self.agenda.borrow_mut().insert(place, Box::new(happening));
    }

    pub(super) fn tell(&self, line: impl FnOnce() -> String) {
        if let Some(log) = self.log.borrow_mut().as_mut() {
            let time = self.time.get();
            log.push(format!("{:>4}.{:06} {}", time / SECOND, time % SECOND, line()));
        }
    }

    pub(super) fn take_log(&self) -> Vec<String> {
        self.log.borrow_mut().take().unwrap_or_default()
    }

    /// The broker of a topic.
    pub(super) fn broker(&self, topic: Purpose) -> &RefCell<Broker> {
        match topic {
            Purpose::Outputs => &self.broker,
            Purpose::DeadLetters => self.letter_broker.as_ref().expect("there are letters"),
        }
    }

    /// The service is killed where it is.
    pub(super) fn crash(&self) {
        self.crashes.set(true);
    }

    /// Whether the service is being killed; nothing of it may do anything any more.
    pub(super) fn is_crashing(&self) -> bool {
        self.crashes.get()
    }

    /// Whether the data topic is there.
    pub(super) fn has_topic(&self) -> bool {
        self.time() >= self.plan.made
    }

    /// A service looks whether the data topic is there.
    pub(super) fn looks_for_topic(&self) -> bool {
        self.has_seen_it_missing.set(!self.has_topic());
        self.has_topic()
    }

    /// Whether what is there at a first start is nobody's.
    pub(super) fn starts_at_end(&self) -> bool {
        self.plan.start_at_end && !self.has_seen_it_missing.get()
    }

    /// The next service begins.
    pub(super) fn reborn(&self) {
        self.crashes.set(false);
        self.stopping_since.set(None);
        self.pipeline_waits.set(false);
    }

    /// The service begins to stop.
    pub(super) fn stops(&self) {
        self.stopping_since.set(Some(self.time.get()));
    }

    /// Whether what began then, or the stop if there is one, has had all the time that it needed.
    pub(super) fn is_leisurely(&self, began: Time, most: Time) -> bool {
        let in_time = |began: Time| self.time.get() - began < most;
        let stop = Duration::from_micros(self.plan.stop_timeout);
        let drains = micros(stop.saturating_sub(kept_for_the_end(stop))).min(most);
        let ended = self.service.borrow().as_ref().and_then(|service| service.ended());
        in_time(began)
            && self.stopping_since.get().is_none_or(|began| self.time.get() - began < drains)
            && ended.is_none_or(|ended| ended.clean && !ended.stopped_by_error)
    }

    pub(super) fn broken(&self, promise: &'static str, what: String) -> ! {
        self.tell(|| format!("BROKEN: {promise}: {what}"));
        self.crashes.set(true);
        resume_unwind(Box::new(Interrupt::Broken { promise, what }))
    }

    /// Lets time pass until it is enough, for at most so long.
    pub(super) fn wait(self: &Rc<Self>, who: Who, timeout: Duration, enough: &dyn Fn() -> bool) {
        let until = self.time.get() + micros(timeout);
        let nested = self.pipeline_waits.replace(who == Who::Pipeline);
        if who == Who::Pipeline {
            // What it has asked them before it waits.
            workers::look(self);
        }
        self.let_pass(who, until, enough);
        self.pipeline_waits.set(nested);
    }

    fn let_pass(self: &Rc<Self>, who: Who, until: Time, enough: &dyn Fn() -> bool) {
        loop {
            self.interrupt();
            if enough() {
                return;
            }
            let step = if who == Who::Source { self.service.borrow().clone() } else { None };
            let due = step.as_ref().and_then(|service| service.due(self));
            let next = self.agenda.borrow().keys().next().map(|place| place.0);
            let soonest = due.into_iter().chain(next).min().filter(|soonest| *soonest <= until);
            let Some(soonest) = soonest else {
                self.time.set(self.time.get().max(until));
                return;
            };
            self.time.set(self.time.get().max(soonest));
            match (step, due) {
                (Some(service), Some(due)) if next.is_none_or(|next| due <= next) => service.step(self),
                _ => self.happen(),
            }
        }
    }

    fn happen(self: &Rc<Self>) {
        let first = self.agenda.borrow_mut().pop_first();
        if let Some((_, happening)) = first {
            happening(self);
        }
    }

    /// Ends what goes on for ever, and what is to be killed.
    pub(super) fn interrupt(&self) {
        self.happenings.set(self.happenings.get() + 1);
        if self.happenings.get() > TOO_MANY {
            self.broken(super::oracle::SETTLES, format!("{TOO_MANY} happenings, and no end"));
        }
        if self.crashes.get() && !std::thread::panicking() {
            resume_unwind(Box::new(Interrupt::Crash));
        }
    }
}

pub(super) fn micros(duration: Duration) -> Time {
    Time::try_from(duration.as_micros()).unwrap_or(Time::MAX / 4)
}

/// The time as one of the service's threads meets it.
#[derive(Clone)]
pub(super) struct WorldClock {
    pub world: Rc<World>,
    pub who: Who,
}

impl Clock for WorldClock {
    fn now(&self) -> Instant {
        self.world.now()
    }

    fn date(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_micros(self.world.time())
    }

    fn sleep(&self, time: Duration) {
        self.world.wait(self.who, time, &|| false);
    }

    fn wait<T>(&self, shared: &Shared<T>, timeout: Duration, enough: impl Fn(&T) -> bool) {
        self.world.wait(self.who, timeout, &|| enough(&shared.lock()));
    }
}
