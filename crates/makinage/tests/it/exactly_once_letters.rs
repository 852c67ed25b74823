//! Dead letters under exactly once, as readers of committed records see them: each event that fails has one, each other
//! its output, whatever happens.

use std::collections::BTreeSet;

use rdkafka::{Message, message::OwnedMessage, producer::BaseRecord};

use super::{
    broker::left_out,
    model::any_model,
    patience::wait_until,
    random::Random,
    scene::Scene,
    service::DEADLINE,
    stream::{header, key, send, value},
};

/// Events of a round.
const EACH: usize = 300;

/// With a model, transactions, and a topic of dead letters.
fn scene(name: &str, partitions: i32) -> Scene {
    let scene = Scene::new(name).topics(partitions).published(any_model()).reading_from_the_beginning();
    let scene = scene.with_dead_letters().set("operators.serve.delivery", "exactly_once");
    scene.create_topics(&[("dead", partitions)]);
    scene
}

/// Whose they are: none twice.
fn sources(messages: &[OwnedMessage]) -> BTreeSet<String> {
    let all: Vec<String> = messages.iter().map(|one| header(one, "makinage-source").expect("it says so")).collect();
    let sources: BTreeSet<String> = all.iter().cloned().collect();
    assert_eq!(sources.len(), all.len(), "some came twice");
    sources
}

#[test]
fn kill_9_under_failures_neither_loses_nor_repeats_a_letter_or_an_output() {
    if left_out() {
        return;
    }
    let mut random = Random::printed();
    let scene = scene("once-letters", 2).impatient();
    let topic = scene.topic("data");
    let (dead, reader) = (scene.dead_letters(), scene.reader());
    let (mut letters, mut service) = (vec![], scene.serve());
    for round in 0..5 {
        let values: Vec<String> = (round * EACH..(round + 1) * EACH).map(|n| format!("bad {n}")).collect();
        let records = (0..).zip(&values).flat_map(|(n, value)| {
            let to = |value| BaseRecord::<str, str>::to(&topic).payload(value).partition(n % 2);
            [to(value.as_str()), to("[5.1, 3.5, 1.4, 0.2]")]
        });
        send(scene.broker(), records);
        letters.extend(dead.read(1 + usize::try_from(random.below(EACH as u64 / 2)).expect("few")));
        service.signal("KILL");
        assert_eq!(service.wait().code(), None);
        service = scene.serve();
    }
    let each = i64::try_from(5 * EACH).expect("few");
    wait_until(DEADLINE, "all is committed", || (0..2).all(|partition| scene.committed(partition) == Some(each)));
    service.stop();
    letters.extend(dead.read_to_end());
    let outputs = reader.read_to_end();
    let (buried, written) = (sources(&letters), sources(&outputs));
    assert_eq!((buried.len(), written.len()), (5 * EACH, 5 * EACH));
    assert!(buried.is_disjoint(&written));
}

#[test]
fn refused_outputs_become_letters_and_a_letter_that_is_not_taken_waits_and_is_not_skipped() {
    if left_out() {
        return;
    }
    let scene = scene("once-letters-refused", 1);
    scene.set_topic("predict", ("cleanup.policy", "compact"));
    scene.set_topic("dead", ("max.message.bytes", "5000"));
    let topic = scene.topic("data");
    let (large, wide) = ("x".repeat(20_000), "k".repeat(6000));
    let good = "[5.1, 3.5, 1.4, 0.2]";
    let event = |key: Option<&'static str>, value| {
        let record = BaseRecord::<str, str>::to(&topic).payload(value);
        if let Some(key) = key { record.key(key) } else { record }
    };
    // A compacted topic takes no record without a key.
    send(scene.broker(), [event(Some("a"), good), event(None, good), event(Some("b"), &large), event(Some("c"), good)]);
    let mut service = scene.serve();
    let (dead, reader) = (scene.dead_letters(), scene.reader());
    let letters = dead.read(2);
    assert_eq!((value(&letters[0]).as_str(), letters[0].key()), (good, None));
    assert_eq!(header(&letters[0], "makinage-error-class").as_deref(), Some("Refused"));
    assert_eq!(header(&letters[1], "makinage-original-bytes").as_deref(), Some("20000"));
    assert!(value(&letters[1]).len() < 5000);
    assert_eq!(reader.read(2).iter().map(key).collect::<Vec<_>>(), ["a", "c"]);
    wait_until(DEADLINE, "all is committed", || scene.committed(0) == Some(4));

    send(scene.broker(), [BaseRecord::<str, str>::to(&topic).payload("bad").key(&wide), event(Some("d"), good)]);
    let line = service.wait_for_line(&format!("the dead letter of {topic}/0/4 is not taken by topic"));
    assert!(line.contains("max.message.bytes") && line.contains("kafka-configs.sh"), "{line}");
    assert_eq!(scene.committed(0), Some(4), "it is not skipped");
    scene.set_topic("dead", ("max.message.bytes", "50000"));
    assert_eq!(dead.read(1).iter().map(key).collect::<Vec<_>>(), [wide]);
    assert_eq!(reader.read(1).iter().map(key).collect::<Vec<_>>(), ["d"]);
    service.stop();
    assert_eq!(scene.committed(0), Some(6));
    assert!(dead.read_to_end().is_empty() && reader.read_to_end().is_empty(), "nothing came twice");
    service.wait_for_line("6 in, 3 out, 3 failed (3 dead letters)");
}
