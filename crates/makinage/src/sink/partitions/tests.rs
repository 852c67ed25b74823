//! Outputs of an operator with the topics "small", which has as many partitions as the sink, and "large".

use super::*;
use crate::{
    event::Place,
    sink::{
        bell::Bell,
        producer::{Kind, Producers},
        testing::{Fake, Fakes},
    },
    source::offsets::Offsets,
};

const SMALL: u16 = 0;
const LARGE: u16 = 1;
const LONG: &[u8] = b"a-little-bit-long-string";

fn producer() -> Fake {
    let fake = Fakes::default().create(Kind::Ordinary, 1, &Bell::new().0).expect("one");
    for (topic, partitions) in [("outputs", 3), ("small", 3), ("large", 8)] {
        fake.has(topic, Some(partitions));
    }
    fake
}

fn partitions() -> Partitions<Fake> {
    Partitions::new(("outputs", 3), [("small", 3), ("large", 8)].into_iter())
}

fn event(source: u16, partition: i32, key: Option<&[u8]>) -> Event {
    let mut offsets = Offsets::default();
    offsets.assign(source, partition);
    let ticket = offsets.received(source, partition, 0, 1).expect("it is assigned");
    Event::new(ticket, Place { source, partition, offset: 0 }, key, Some(b"value"))
}

#[test]
fn an_output_keeps_its_events_number_only_where_both_topics_have_equally_many() {
    let (partitions, producer, now) = (partitions(), producer(), Instant::now());
    for partition in 0..3 {
        assert_eq!(partitions.of(&event(SMALL, partition, Some(b"key")), &producer, now), Some(partition));
        assert_eq!(partitions.of(&event(SMALL, partition, None), &producer, now), Some(partition));
    }
    // Murmur2 has "foobar" in partition 0 of 3, and the long one in partition 2.
    for partition in 0..8 {
        assert_eq!(partitions.of(&event(LARGE, partition, Some(b"foobar")), &producer, now), Some(0));
        assert_eq!(partitions.of(&event(LARGE, partition, Some(LONG)), &producer, now), Some(2));
        assert_eq!(partitions.of(&event(LARGE, partition, None), &producer, now), None, "any will do");
    }
    assert_eq!(producer.take_looks(), 0, "all that is known");
}

#[test]
fn the_topics_are_asked_at_once_for_a_partition_that_was_not_there_and_then_seldom() {
    let (partitions, producer, start) = (partitions(), producer(), Instant::now());
    let of = |partition, now| partitions.of(&event(SMALL, partition, Some(b"foobar")), &producer, now);
    producer.has("small", Some(4));
    assert_eq!((of(3, start), producer.take_looks()), (Some(0), 3), "it has grown past the sink: by key");
    assert_eq!((of(2, start), producer.take_looks()), (Some(0), 0), "and so have its old partitions");
    producer.has("small", Some(5));
    producer.has("outputs", Some(5));
    let early = start + PATIENCE.saturating_sub(Duration::from_millis(1));
    assert_eq!((of(4, early), producer.take_looks()), (Some(0), 0), "the pipeline has asked a moment ago");
    assert_eq!((of(4, start + PATIENCE), producer.take_looks()), (Some(4), 3), "as many again");
}

#[test]
fn of_a_sink_that_has_grown_the_watch_knows_before_any_event_tells() {
    let (partitions, producer, now) = (partitions(), producer(), Instant::now());
    producer.has("outputs", Some(8));
    partitions.refresh(&producer);
    assert_eq!(partitions.of(&event(LARGE, 7, Some(b"foobar")), &producer, now), Some(7));
    assert_eq!(partitions.of(&event(SMALL, 2, Some(b"21")), &producer, now), Some(of_key(b"21", 8)));
}

#[test]
fn a_topic_that_cannot_be_asked_keeps_the_size_that_it_had() {
    let (partitions, producer, now) = (partitions(), producer(), Instant::now());
    producer.has("outputs", None);
    producer.has("small", None);
    partitions.refresh(&producer);
    assert_eq!(partitions.of(&event(SMALL, 2, Some(b"foobar")), &producer, now), Some(2));
    assert_eq!(partitions.of(&event(SMALL, 3, Some(b"foobar")), &producer, now), Some(0), "the sink hasn't this one");
}

#[test]
fn a_topic_that_is_not_there_is_waited_for_until_the_service_is_to_stop() {
    let producer = producer();
    let connection = Connection::new(&["kafka:9092".into()], Duration::ZERO);
    let wait = |producer: &Fake| {
        Partitions::<Fake>::wait_for(producer, &connection, "outputs", ["small", "large"].into_iter(), &|| true)
    };
    let found = wait(&producer).expect("all are there");
    assert_eq!((found.sink.get(), found.sources[0].get(), found.sources[1].get()), (3, 3, 8));
    producer.has("large", None);
    assert!(wait(&producer).is_none());
}
