//! The partition that an output goes to, while topics grow.

use rdkafka::{Message, message::OwnedMessage, producer::BaseRecord};

use super::{
    broker::left_out,
    model::any_model,
    scene::Scene,
    stream::{header, key, send},
};

/// Keys and their hash by Java's murmur2, as in Apache Kafka's own `UtilsTest`.
const MURMUR2: [(&str, i32); 6] = [
    ("21", -973_932_308),
    ("foobar", -790_332_482),
    ("a-little-bit-long-string", -985_981_536),
    ("a-little-bit-longer-string", -1_486_304_829),
    ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
    ("abc", 479_470_107),
];
const EACH: usize = MURMUR2.len() + 1;

/// Produces an event with each key, and one without, to each of so many partitions.
fn produce(scene: &Scene, partitions: i32) {
    let topic = scene.topic("data");
    let mut records = vec![];
    for partition in 0..partitions {
        let record = || BaseRecord::<str, str>::to(&topic).partition(partition).payload("[5.1, 3.5, 1.4, 0.2]");
        records.extend(MURMUR2.iter().map(|(key, _)| record().key(key)));
        records.push(record());
    }
    send(scene.broker(), records);
}

/// Partition and offset of the event.
fn source(output: &OwnedMessage) -> (i32, usize) {
    let source = header(output, "makinage-source").expect("the source");
    let parts: Vec<&str> = source.split('/').collect();
    (parts[1].parse().expect("a number"), parts[2].parse().expect("a number"))
}

fn assert_same_number(outputs: &[OwnedMessage]) {
    for output in outputs {
        assert_eq!(output.partition(), source(output).0, "key {:?}", output.key());
    }
}

/// Java's default partitioner, for keys.
fn assert_by_key(outputs: &[OwnedMessage], partitions: i32) {
    for output in outputs.iter().filter(|output| output.key().is_some()) {
        let (_, hash) = MURMUR2.iter().find(|(known, _)| *known == key(output)).expect("a known key");
        assert_eq!(output.partition(), (hash & i32::MAX) % partitions, "key {}", key(output));
    }
}

#[test]
fn outputs_keep_their_events_partition_where_both_topics_have_equally_many_and_follow_their_key_otherwise_as_topics_grow()
 {
    if left_out() {
        return;
    }
    let scene = Scene::new("partitions").topics(3).reading_from_the_beginning().attentive();
    produce(&scene, 3);
    scene.publish(any_model());
    let mut service = scene.serve();
    service.wait_for_line("the 21 events that are there (start_from: beginning)");
    let reader = scene.reader();
    assert_same_number(&reader.read(3 * EACH));

    // A partition that is added later is read from its beginning, whenever the group hears of it.
    scene.broker().grow(&scene.topic("data"), 4);
    produce(&scene, 4);
    let mut outputs = reader.read(4 * EACH);
    outputs.retain(|output| source(output).0 == 3);
    assert_eq!(outputs.len(), EACH);
    assert_by_key(&outputs, 3);
    service.wait_for_line("-predict has 3: outputs go to the partition of their key");
    produce(&scene, 4);
    assert_by_key(&reader.read(4 * EACH), 3);

    scene.broker().grow(&scene.topic("predict"), 4);
    service.wait_for_line("-predict has 4: outputs keep their event's partition");
    produce(&scene, 4);
    // A reader of the new partition too. The last round is the last of each partition of data: offsets from here on.
    let last = |output: &OwnedMessage| source(output).1 >= if source(output).0 == 3 { 2 * EACH } else { 3 * EACH };
    let reader = scene.reader();
    let mut outputs = reader.read_until(|read| read.len() == (3 + 3 * 4) * EACH);
    outputs.retain(last);
    assert_eq!(outputs.len(), 4 * EACH);
    assert_same_number(&outputs);
    service.stop();
}
