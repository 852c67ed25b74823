//! Producers that do what they are told, and what the sink makes of it.

use super::*;
use crate::{
    clock::testing::Hand,
    event::{Event, Fate, Place},
    sink::{
        Sink,
        kafka::Limits,
        partitions::Partitions,
        testing::{Fake, Fakes},
    },
    source::offsets::Offsets,
};

/// A sink, and all that it meets.
struct Scene {
    fakes: Fakes,
    clock: Hand,
    offsets: Offsets,
    sink: KafkaSink<Fakes, Hand>,
    next: i64,
}

impl Scene {
    fn new() -> Self {
        let (fakes, clock) = (Fakes::default(), Hand::default());
        let partitions = Partitions::new(("outputs", 1), [("events", 1)].into_iter());
        let limits = Limits { max_record: 1 << 20, batch_size: 1 << 20, waiting: 1 << 20 };
        let sink = KafkaSink::with(fakes.clone(), "outputs", partitions, limits, clock.clone()).expect("a sink");
        let mut offsets = Offsets::default();
        offsets.assign(0, 0);
        Self { fakes, clock, offsets, sink, next: 0 }
    }

    /// Writes so many outputs, whose values are their numbers.
    fn write(&mut self, outputs: i64) {
        for offset in self.next..self.next + outputs {
            let ticket = self.offsets.received(0, 0, offset, 1).expect("it is assigned");
            let event = Event::new(ticket, Place { source: 0, partition: 0, offset }, Some(b"key"), Some(b"event"));
            self.sink.write(&event, offset.to_string().as_bytes(), "model").expect("it is taken");
        }
        self.next += outputs;
    }

    /// Lets the sink look, and says what it gave up.
    fn tend(&mut self) -> Vec<String> {
        self.sink.tend().into_iter().map(|refused| refused.place).collect()
    }

    fn producer(&self, number: usize) -> Fake {
        self.fakes.made.borrow()[number].clone()
    }

    /// The offsets of the events that were settled since the last call.
    fn settled(&mut self) -> usize {
        let mut settled = vec![];
        self.fakes.acks.collect(&mut settled);
        assert!(settled.iter().all(|(_, fate)| *fate == Fate::Finished));
        for (ticket, fate) in settled {
            self.offsets.settle(ticket, fate);
        }
        usize::try_from(self.next).expect("few") - self.offsets.unsettled()
    }
}

#[test]
fn the_first_output_of_a_partition_is_acknowledged_before_a_second_follows() {
    let mut scene = Scene::new();
    scene.write(3);
    scene.tend();
    assert_eq!(scene.producer(0).holds(), ["0"]);
    scene.producer(0).deliver();
    scene.tend();
    assert_eq!(scene.producer(0).holds(), ["1", "2"]);
    scene.write(1);
    assert_eq!(scene.producer(0).holds(), ["1", "2", "3"], "an open partition needs no look");
}

#[test]
fn what_a_dead_producer_held_and_what_came_after_is_produced_by_a_new_one_in_order_and_once() {
    let mut scene = Scene::new();
    scene.write(4);
    scene.tend();
    scene.producer(0).deliver();
    scene.tend();
    scene.producer(0).die();
    scene.write(1);
    assert_eq!(scene.tend(), [""; 0]);
    scene.write(1);
    assert_eq!(scene.settled(), 1, "nothing else is settled by a producer's death");
    scene.clock.sleep(RETRY);
    scene.tend();
    assert_eq!((scene.producer(0).holds(), scene.producer(1).holds()), (vec![], vec!["1".to_owned()]));
    scene.producer(1).deliver();
    scene.tend();
    assert_eq!(scene.producer(1).holds(), ["2", "3", "4", "5"]);
    scene.producer(1).deliver();
    assert_eq!(scene.settled(), 6);
    assert!(scene.sink.flush(Duration::from_secs(1)));
}

#[test]
fn where_no_new_producer_can_be_made_at_once_nothing_is_lost_or_overtaken() {
    let mut scene = Scene::new();
    scene.write(3);
    scene.tend();
    scene.producer(0).deliver();
    scene.tend();
    scene.fakes.missing.set(2);
    scene.producer(0).die();
    for _ in 0..3 {
        scene.tend();
        scene.write(1);
        scene.clock.sleep(RETRY);
    }
    scene.tend();
    for _ in 0..5 {
        scene.producer(1).deliver();
        scene.tend();
    }
    assert_eq!(scene.settled(), 6);
}

#[test]
fn of_a_refused_batch_each_goes_alone_and_only_what_is_refused_then_has_failed() {
    let mut scene = Scene::new();
    scene.write(4);
    scene.tend();
    scene.producer(0).deliver();
    scene.tend();
    assert_eq!(scene.producer(0).holds(), ["1", "2", "3"]);
    scene.producer(0).refuse(RDKafkaErrorCode::InvalidRecord);
    scene.write(1);
    assert_eq!(scene.tend(), [""; 0], "nobody is judged by a batch's refusal");
    let alone = scene.fakes.made.borrow().iter().rposition(|fake| fake.kind() == Kind::Alone).expect("one");
    assert_eq!(scene.producer(alone).holds(), ["1"]);
    scene.producer(alone).deliver();
    assert_eq!(scene.tend(), [""; 0]);
    assert_eq!(scene.producer(alone).holds(), ["2"]);
    scene.producer(alone).refuse(RDKafkaErrorCode::InvalidRecord);
    assert_eq!(scene.tend(), ["events/0/2"]);
    assert_eq!(scene.producer(alone).holds(), ["3"]);
    scene.producer(alone).deliver();
    scene.tend();
    let ordinary = scene.fakes.made.borrow().iter().rposition(|fake| fake.kind() == Kind::Ordinary).expect("one");
    assert_eq!(scene.producer(ordinary).holds(), ["4"], "what came later waits for all of them");
}

#[test]
fn what_the_infrastructure_fails_to_take_is_nobodys_failure_and_goes_again_after_a_while() {
    let mut scene = Scene::new();
    scene.write(1);
    scene.tend();
    for _ in 0..3 {
        scene.producer(0).refuse(RDKafkaErrorCode::MessageTimedOut);
        assert_eq!(scene.tend(), [""; 0]);
        assert_eq!(scene.producer(0).holds(), [""; 0], "it waits");
        scene.clock.sleep(RETRY);
        scene.tend();
        assert_eq!(scene.producer(0).holds(), ["0"]);
    }
    scene.producer(0).deliver();
    assert_eq!(scene.settled(), 1);
}
