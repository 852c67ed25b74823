//! A sink between two topics of equally many partitions, with producers that do what they are told.

use std::time::Duration;

use super::{Fake, Fakes};
use crate::{
    clock::{Clock, testing::Hand},
    event::{Event, Fate, Place, Ticket},
    sink::{
        Sink,
        bell::Bell,
        kafka::{Destination, KafkaSink, Limits},
        partitions::Partitions,
        producer::Kind,
        purpose::Purpose,
    },
    source::offsets::Offsets,
};

/// A sink, and all that it meets.
pub(in crate::sink) struct Scene {
    pub fakes: Fakes,
    pub clock: Hand,
    pub sink: KafkaSink<Fakes, Hand>,
    offsets: Offsets,
    /// The next event's offset, by partition.
    next: Vec<i64>,
    settled: usize,
    /// Assignments that are over, and what was dropped of them.
    over: Vec<u32>,
    dropped: Vec<Ticket>,
}

impl Scene {
    pub(in crate::sink) fn new(partitions: i32) -> Self {
        let (fakes, clock) = (Fakes::default(), Hand::default());
        let sizes = Partitions::new(("outputs", partitions), [("events", partitions)].into_iter());
        let limits = Limits { max_record: 1 << 20, batch_size: 1 << 20, share: 1 << 20 };
        let destination = Destination { topic: "outputs".into(), partitions: sizes, limits, purpose: Purpose::Outputs };
        let sink = KafkaSink::with(fakes.clone(), destination, Bell::new().0, clock.clone()).expect("a sink");
        let mut offsets = Offsets::default();
        (0..partitions).for_each(|partition| offsets.assign(0, partition));
        let next = (0..partitions).map(|_| 0).collect();
        Self { fakes, clock, offsets, sink, next, settled: 0, over: vec![], dropped: vec![] }
    }

    /// With partitions to which something has been sent.
    pub(in crate::sink) fn open(partitions: i32) -> Self {
        let mut scene = Self::new(partitions);
        for partition in 0..partitions {
            scene.write(partition, 1);
        }
        scene.producer(0).deliver();
        scene.tend();
        assert!(scene.has_rung());
        scene
    }

    /// Writes so many outputs of a partition's events, whose values are their numbers.
    pub(in crate::sink) fn write(&mut self, partition: i32, outputs: i64) {
        (0..outputs).for_each(|_| self.write_one(partition, Some(b"key")));
    }

    pub(in crate::sink) fn write_one(&mut self, partition: i32, key: Option<&[u8]>) {
        let event = self.event(partition, key);
        self.write_output(&event);
    }

    /// A partition's next event.
    pub(in crate::sink) fn event(&mut self, partition: i32, key: Option<&[u8]>) -> Event {
        let next = &mut self.next[usize::try_from(partition).expect("a partition")];
        let offset = std::mem::replace(next, *next + 1);
        let ticket = self.offsets.received(0, partition, offset, 1).expect("it is assigned");
        Event::new(ticket, Place { source: 0, partition, offset }, key, Some(b"event"))
    }

    /// Writes an event's output.
    pub(in crate::sink) fn write_output(&mut self, event: &Event) {
        self.sink.write(event, event.offset.to_string().as_bytes(), "model").expect("it is taken");
    }

    /// The assignment of a partition is over, and the next one begins.
    pub(in crate::sink) fn hand_over(&mut self, partition: i32) {
        let assignment = self.offsets.assignment(0, partition).expect("one");
        self.over.push(assignment);
        self.sink.give_up(&[assignment]);
        self.settled();
        self.offsets.assign(0, partition);
    }

    /// The offsets, as their numbers, of what was dropped since the last call, of assignments that are over.
    pub(in crate::sink) fn take_dropped(&mut self) -> Vec<u64> {
        self.settled();
        self.dropped.drain(..).map(Ticket::sequence).collect()
    }

    /// Lets the sink look, and says what it gave up.
    pub(in crate::sink) fn tend(&mut self) -> Vec<String> {
        let refused = self.sink.tend();
        for one in &refused {
            self.offsets.settle(one.ticket, Fate::Failed);
        }
        refused.into_iter().map(|refused| refused.place).collect()
    }

    /// Lets so much time pass, and the sink look.
    pub(in crate::sink) fn wait(&mut self, time: Duration) -> Vec<String> {
        self.clock.sleep(time);
        self.tend()
    }

    /// The producer that was made as the so-manieth.
    pub(in crate::sink) fn producer(&self, number: usize) -> Fake {
        self.fakes.made.borrow()[number].clone()
    }

    /// The newest producer of a kind.
    pub(in crate::sink) fn newest(&self, kind: Kind) -> Fake {
        self.fakes.made.borrow().iter().rev().find(|fake| fake.kind() == kind).expect("one").clone()
    }

    pub(in crate::sink) fn made(&self) -> usize {
        self.fakes.made.borrow().len()
    }

    /// Whether the pipeline's thread is woken.
    pub(in crate::sink) fn has_rung(&self) -> bool {
        self.sink.bell().try_recv().is_ok()
    }

    /// How many outputs have been acknowledged.
    pub(in crate::sink) fn settled(&mut self) -> usize {
        let mut settled = vec![];
        self.fakes.acks.collect(&mut settled);
        for (ticket, fate) in settled {
            match fate {
                Fate::Finished => self.settled += 1,
                Fate::Dropped if self.over.contains(&ticket.assignment()) => self.dropped.push(ticket),
                other => panic!("{ticket:?} is {other:?}"),
            }
            self.offsets.settle(ticket, fate);
        }
        self.settled
    }

    /// How many outputs of a partition were written.
    pub(in crate::sink) fn written(&self, partition: i32) -> usize {
        let next = self.next[usize::try_from(partition).expect("a partition")];
        usize::try_from(next).expect("a number")
    }

    /// How many events have no fate yet.
    pub(in crate::sink) fn unsettled(&mut self) -> usize {
        self.settled();
        self.offsets.unsettled()
    }
}
