//! Outputs that a broker refuses: each is one event's failure, and those that shared its batch arrive, once and in
//! order.

use std::collections::BTreeSet;

use rdkafka::{Message, message::OwnedMessage, producer::BaseRecord};

use super::{
    broker::left_out,
    model::any_model,
    scene::Scene,
    service::Service,
    stream::{header, send},
};

const EVENT: &str = "[5.1, 3.5, 1.4, 0.2]";
/// Events of each partition: enough that several batches are on their way at once.
const EACH: usize = 1500;
/// The partition and the offset of an event.
pub(crate) type Place = (i32, usize);

/// What a compacted topic makes of events: those without a key are refused.
struct Compacted {
    scene: Scene,
    partitions: i32,
    keyless: BTreeSet<Place>,
}

impl Compacted {
    fn new(name: &str, (data, predict): (i32, i32), keyless: &[Place]) -> Self {
        let scene = Scene::new(name).topics_of(&[("model", 1), ("data", data), ("predict", predict)]);
        let scene = scene.published(any_model()).reading_from_the_beginning();
        // Full batches of a few outputs from the first on, so that several are under way when one is refused.
        let scene = scene.property("batch.num.messages", 20).property("linger.ms", 100);
        Self { scene, partitions: data, keyless: keyless.iter().copied().collect() }
    }

    fn compact(&self) {
        self.scene.set_topic("predict", ("cleanup.policy", "compact"));
    }

    /// Sends the events of these offsets to each partition, those that are to have none without a key.
    fn send(&self, offsets: std::ops::Range<usize>) {
        let topic = self.scene.topic("data");
        let places = offsets.flat_map(|offset| (0..self.partitions).map(move |partition| (partition, offset)));
        let keys: Vec<(Place, String)> = places.map(|place| (place, format!("{}-{}", place.0, place.1))).collect();
        let records = keys.iter().map(|(place, key)| {
            let record = BaseRecord::<str, str>::to(&topic).partition(place.0).payload(EVENT);
            if self.keyless.contains(place) { record } else { record.key(key) }
        });
        send(self.scene.broker(), records);
    }

    /// All events with a key have an output, once, and in their order; each without is told.
    fn check(&self, service: &Service, outputs: &[OwnedMessage], each: usize) {
        for partition in 0..self.partitions {
            let expected: Vec<usize> =
                (0..each).filter(|offset| !self.keyless.contains(&(partition, *offset))).collect();
            for sink in outputs.iter().map(OwnedMessage::partition).collect::<BTreeSet<_>>() {
                let of_both = outputs.iter().filter(|output| output.partition() == sink).map(source);
                let offsets = of_both.filter(|place| place.0 == partition).map(|place| place.1);
                assert!(offsets.is_sorted(), "outputs of partition {partition} in {sink} are out of order");
            }
            let mut all: Vec<usize> =
                outputs.iter().map(source).filter(|place| place.0 == partition).map(|place| place.1).collect();
            all.sort_unstable();
            assert_eq!(all, expected, "outputs of partition {partition}");
        }
        for (partition, offset) in &self.keyless {
            let place = format!("skipped {}/{partition}/{offset}: ", self.scene.topic("data"));
            let line = service.wait_for_line(&place);
            assert!(line.contains("step produce: Refused: ") && line.contains("without a key"), "{line}");
        }
    }

    /// How many outputs there are when all is done.
    fn outputs(&self, each: usize) -> usize {
        each * usize::try_from(self.partitions).expect("a number") - self.keyless.len()
    }

    fn check_committed(&self, each: usize) {
        for partition in 0..self.partitions {
            assert_eq!(self.scene.committed(partition), i64::try_from(each).ok());
        }
    }
}

/// The event that an output is of.
pub(crate) fn source(output: &OwnedMessage) -> Place {
    let source = header(output, "makinage-source").expect("the source");
    let mut parts = source.rsplit('/');
    let offset = parts.next().and_then(|offset| offset.parse().ok()).expect("an offset");
    (parts.next().and_then(|partition| partition.parse().ok()).expect("a partition"), offset)
}

/// Each kind of place in a batch: the first that a producer sends to a partition, two in a row, alone, the last of all.
const KEYLESS: [Place; 9] = [(0, 0), (0, 3), (0, 700), (1, 0), (1, 5), (1, 6), (1, 900), (2, 333), (2, EACH - 1)];

fn from_the_first_batch_on(name: &str, sink_partitions: i32) {
    let case = Compacted::new(name, (3, sink_partitions), &KEYLESS);
    case.compact();
    case.send(0..EACH);
    let mut service = case.scene.serve();
    let reader = case.scene.reader();
    let mut outputs = reader.read_until(|read| read.len() >= case.outputs(EACH));
    service.stop();
    outputs.extend(reader.read_to_end());
    case.check(&service, &outputs, EACH);
    case.check_committed(EACH);
}

#[test]
fn outputs_without_a_key_fail_alone_on_a_compacted_topic_and_the_others_arrive_once_and_in_order() {
    if left_out() {
        return;
    }
    from_the_first_batch_on("refused-at-first", 3);
}

#[test]
fn so_they_do_where_the_partition_is_that_of_the_key() {
    if left_out() {
        return;
    }
    from_the_first_batch_on("refused-by-key", 2);
}

#[test]
fn so_they_do_where_a_topic_is_made_compacted_while_many_are_under_way() {
    if left_out() {
        return;
    }
    let keyless = [(0, 700), (0, 720), (1, 701), (1, 1300)];
    let case = Compacted::new("refused-later", (2, 2), &keyless);
    case.send(0..500);
    let mut service = case.scene.serve();
    let reader = case.scene.reader();
    let mut outputs = reader.read(1000);
    case.compact();
    case.send(500..EACH);
    let left = case.outputs(EACH) - outputs.len();
    outputs.extend(reader.read_until(|read| read.len() >= left));
    service.stop();
    outputs.extend(reader.read_to_end());
    case.check(&service, &outputs, EACH);
    case.check_committed(EACH);
}

#[test]
fn outputs_that_are_too_large_for_a_limit_lowered_meanwhile_fail_alone_and_the_others_arrive_once_and_in_order() {
    if left_out() {
        return;
    }
    let scene = Scene::new("refused-size").topics(1).published(any_model()).reading_from_the_beginning();
    scene.produce(&[EVENT; 10]);
    let mut service = scene.serve();
    let reader = scene.reader();
    let mut outputs = reader.read(10);
    scene.set_topic("predict", ("max.message.bytes", "1000"));
    let large = format!("[5.1, 3.5, 1.4, 0.2{}]", " ".repeat(2000));
    let events: Vec<&str> =
        (0..600).map(|n| if [100, 101, 450].contains(&n) { large.as_str() } else { EVENT }).collect();
    scene.produce(&events);
    outputs.extend(reader.read(597));
    service.stop();
    outputs.extend(reader.read_to_end());
    let offsets: Vec<usize> = outputs.iter().map(|output| source(output).1).collect();
    let expected: Vec<usize> = (0..610).filter(|offset| ![110, 111, 460].contains(offset)).collect();
    assert_eq!(offsets, expected);
    for offset in [110, 111, 460] {
        let line = service.wait_for_line(&format!("skipped refused-size-data/0/{offset}: step produce: Refused: "));
        assert!(line.contains("max.message.bytes"), "{line}");
    }
    assert_eq!(scene.committed(0), Some(610));
}
