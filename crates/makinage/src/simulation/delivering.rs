//! The service's delivery, whichever the plan wants.

use std::{cell::Cell, rc::Rc, sync::Arc, time::Duration};

use crossbeam_channel::Receiver;

use super::{
    originals::SimOriginals,
    producer::SimProducers,
    transactional::SimTransactions,
    world::{Who, World, WorldClock},
};
use crate::{
    delivery::{
        Delivery,
        at_least_once::AtLeastOnce,
        exactly_once::{self, ExactlyOnce, Ties},
        letters::Letters,
    },
    event::{Event, Failure, Fate, Ticket},
    letters::{Failed, Letterhead},
    sink::{
        Refused,
        bell::Bell,
        dead_letters::DeadLetters,
        kafka::{Destination, KafkaSink, Limits},
        operator::OperatorSink,
        partitions::Partitions,
        producer::LookUp,
        purpose::Purpose,
    },
    source::acks::Acks,
};

/// The largest record that the service believes its topics to take.
const MAX_RECORD: usize = 4096;

type SimSink = OperatorSink<SimProducers, WorldClock, SimOriginals>;

pub(super) enum SimDelivery {
    AtLeastOnce(Box<AtLeastOnce<SimSink>>),
    ExactlyOnce(Box<ExactlyOnce<SimTransactions, WorldClock>>),
}

fn name(topic: Purpose) -> &'static str {
    match topic {
        Purpose::Outputs => "predict",
        Purpose::DeadLetters => "dead",
    }
}

fn partitions<P: LookUp>(world: &World, topic: Purpose) -> Partitions<P> {
    let partitions = i32::try_from(world.plan.inputs.len()).expect("few");
    Partitions::new((name(topic), partitions), [("data", partitions)].into_iter())
}

fn clock(world: &Rc<World>) -> WorldClock {
    WorldClock { world: Rc::clone(world), who: Who::Pipeline }
}

fn head() -> Letterhead {
    Letterhead::new("app", "serve", vec!["data".to_owned()])
}

fn originals(world: &Rc<World>, bell: &Bell) -> SimOriginals {
    SimOriginals { world: Rc::clone(world), bell: bell.clone(), found: Rc::default() }
}

impl SimDelivery {
    /// Outputs, and dead letters where there are any.
    pub(super) fn at_least_once(world: &Rc<World>, service: u32, acks: &Arc<Acks>) -> Self {
        let (bell, _) = Bell::new();
        let topic = |topic| {
            let share = (world.plan.queue as u64 / 2).max(1);
            let destination = Destination {
                topic: name(topic).into(),
                partitions: partitions(world, topic),
                limits: Limits { max_record: MAX_RECORD, batch_size: world.plan.batch_size, share },
                purpose: topic,
            };
            let (world_of, made) = (Rc::clone(world), Cell::new(0));
            let producers = SimProducers { world: world_of, service, topic, acks: Arc::clone(acks), made };
            KafkaSink::with(producers, destination, bell.clone(), clock(world)).expect("a sink")
        };
        let letters = world.plan.letters.as_ref().map(|_| {
            let sink = topic(Purpose::DeadLetters);
            DeadLetters::new(sink, head(), originals(world, &bell), Arc::clone(acks))
        });
        let sink = OperatorSink::new(topic(Purpose::Outputs), letters);
        Self::AtLeastOnce(Box::new(AtLeastOnce::new(sink, Arc::clone(acks))))
    }

    /// The same in transactions.
    pub(super) fn exactly_once(world: &Rc<World>, service: u32, ties: Ties) -> Self {
        let timeout = world.plan.transactions.map_or(0, |ends| ends.timeout);
        let limits = exactly_once::Limits {
            topic: name(Purpose::Outputs).into(),
            max_record: MAX_RECORD,
            batch_size: world.plan.batch_size,
            interval: Duration::from_millis(100),
            timeout: Duration::from_micros(timeout),
        };
        let transactions = SimTransactions { world: Rc::clone(world), service, made: Cell::new(0) };
        let bell = ties.bell.clone();
        let outputs = partitions(world, Purpose::Outputs);
        let delivery = ExactlyOnce::with(transactions, outputs, limits, ties, clock(world));
        let mut delivery = delivery.expect("a producer");
        if world.plan.letters.is_some() {
            let (topic, originals) = (Purpose::DeadLetters, Box::new(originals(world, &bell)));
            let letters = Letters::new(name(topic), partitions(world, topic), MAX_RECORD, head(), originals);
            delivery.bury_with(letters);
        }
        Self::ExactlyOnce(Box::new(delivery))
    }
}

macro_rules! each {
    ($self:ident, $one:ident => $does:expr) => {
        match $self {
            SimDelivery::AtLeastOnce($one) => $does,
            SimDelivery::ExactlyOnce($one) => $does,
        }
    };
}

impl Delivery for SimDelivery {
    fn write(&mut self, event: &Event, value: &[u8], model: &str) -> Result<(), Failure> {
        each!(self, one => one.write(event, value, model))
    }

    fn is_busy(&mut self) -> bool {
        each!(self, one => one.is_busy())
    }

    fn dead_letter_topic(&self) -> Option<&str> {
        each!(self, one => one.dead_letter_topic())
    }

    fn bury(&mut self, event: &Event, failed: &Failed<'_>) -> bool {
        each!(self, one => one.bury(event, failed))
    }

    fn bury_refused(&mut self, event: &Event, failed: &Failed<'_>) -> bool {
        each!(self, one => one.bury_refused(event, failed))
    }

    fn settle(&mut self, event: &Event, fate: Fate) {
        each!(self, one => one.settle(event, fate));
    }

    fn settle_refused(&mut self, ticket: Ticket, fate: Fate) {
        each!(self, one => one.settle_refused(ticket, fate));
    }

    fn tend(&mut self) -> Vec<Refused> {
        each!(self, one => one.tend())
    }

    fn hurry(&mut self) {
        each!(self, one => one.hurry());
    }

    fn give_up(&mut self, assignments: &[u32]) {
        each!(self, one => one.give_up(assignments));
    }

    fn next_look(&self) -> Option<Duration> {
        each!(self, one => one.next_look())
    }

    fn bell(&self) -> Receiver<()> {
        each!(self, one => one.bell())
    }

    fn flush(&mut self, timeout: Duration) -> bool {
        each!(self, one => one.flush(timeout))
    }
}
