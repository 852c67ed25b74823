//! Events that fail, on the topic of the dead letters: whole, once, each with its reason, and nothing is committed
//! before.

use kafka_headers::{Header, add, iter};
use rdkafka::{
    Message,
    message::{OwnedHeaders, OwnedMessage},
    producer::BaseRecord,
};

use super::{
    broker::left_out,
    model::{any_model, fragile, model},
    patience::wait_until,
    random::Random,
    scene::Scene,
    service::DEADLINE,
    stream::{header, send, value},
};

/// Events of a round that fail.
const EACH: usize = 600;
/// Key, value and headers.
type Sent<'s> = (Option<&'s [u8]>, Option<&'s [u8]>, &'s [Header<'s>]);
/// An event that scores.
const GOOD: &[u8] = b"[5.1, 3.5, 1.4, 0.2]";

const HOOKS: &str = "
def pre_transform(config):
    def _transform(event):
        if event.get('fails') == 'pre':
            raise ValueError('in pre\\nand more')
        return event
    return _transform

def predict(model, config):
    def _predict(event):
        if event.get('fails') == 'predict':
            raise KeyError('in predict')
        return event
    return _predict

def post_transform(config):
    def _transform(event, prediction):
        if event.get('fails') == 'post':
            raise SystemExit('in post')
        if event.get('fails') == 'encode':
            return object()
        if event.get('fails') == 'size':
            return 'x' * 20000
        return event['n']
    return _transform
";

/// Events that fail: step and class.
const BAD: [(Option<&str>, &str, &str); 7] = [
    (Some("not json"), "decode", "JSONDecodeError"),
    (None, "decode", "Tombstone"),
    (Some(r#"{"fails": "pre"}"#), "pre_transform", "ValueError"),
    (Some(r#"{"fails": "predict"}"#), "predict", "KeyError"),
    (Some(r#"{"fails": "post"}"#), "post_transform", "SystemExit"),
    (Some(r#"{"fails": "encode"}"#), "encode", "TypeError"),
    (Some(r#"{"fails": "size"}"#), "encode", "OutputTooLarge"),
];

fn letter(letter: &OwnedMessage, name: &str) -> String {
    let all = iter(letter.headers().expect("headers").as_borrowed());
    let last = all.filter(|(is, _)| *is == name.as_bytes()).last().and_then(|(_, value)| value);
    String::from_utf8(last.unwrap_or_else(|| panic!("no {name}")).to_vec()).expect("text")
}

/// The original's headers.
fn originals(letter: &OwnedMessage) -> Vec<Header<'_>> {
    let all: Vec<_> = iter(letter.headers().expect("headers").as_borrowed()).collect();
    let begin = all.iter().rposition(|(name, _)| *name == b"makinage-dead-letter").expect("it begins");
    all[..begin].to_vec()
}

fn owned(headers: &[Header<'_>]) -> OwnedHeaders {
    headers.iter().fold(OwnedHeaders::new(), |mut all, (name, value)| {
        add(&mut all, name, *value);
        all
    })
}

#[test]
fn each_way_to_fail_is_one_letter_with_step_reason_and_coordinates_and_a_restart_repeats_none() {
    if left_out() {
        return;
    }
    let scene = Scene::new("letters").topics(1).reading_from_the_beginning().with_hooks(HOOKS).with_dead_letters();
    scene.create_topics(&[("dead", 1)]);
    scene.set_topic("predict", ("max.message.bytes", "10000"));
    let topic = scene.topic("data");
    let mut values: Vec<Option<String>> = vec![];
    for (n, (bad, ..)) in BAD.iter().enumerate() {
        values.push(bad.map(str::to_owned));
        values.push(Some(format!("{{\"n\": {n}}}")));
    }
    send(
        scene.broker(),
        values.iter().map(|value| {
            let record = BaseRecord::<str, str>::to(&topic);
            if let Some(value) = value { record.payload(value) } else { record }
        }),
    );
    scene.publish(&model("shifted"));
    let mut service = scene.serve();
    scene.reader().read(BAD.len());
    let dead = scene.dead_letters();
    let letters = dead.read(BAD.len());
    for (n, (one, (bad, step, class))) in letters.iter().zip(BAD).enumerate() {
        assert_eq!(one.payload(), bad.map(str::as_bytes));
        let says = |name: &str| letter(one, name);
        assert_eq!((says("makinage-error-step").as_str(), says("makinage-error-class").as_str()), (step, class));
        let offset = 2 * n;
        assert_eq!(says("makinage-source"), format!("{topic}/0/{offset}"));
        assert_eq!((says("makinage-application"), says("makinage-operator")), ("letters".into(), "serve".into()));
        assert_eq!((says("makinage-attempt"), says("__dlq.errors.offset")), ("1".into(), offset.to_string()));
        assert!(says("makinage-source-timestamp").parse::<i64>().is_ok_and(|time| time > 1_600_000_000_000));
        // A model was asked for all but the one without a value.
        assert_eq!(header(one, "makinage-model").is_some(), bad.is_some());
        service.wait_for_line(&format!(
            "dead letter to {}: {topic}/0/{offset}: step {step}: {class}: ",
            scene.topic("dead")
        ));
    }
    assert_eq!(letter(&letters[2], "makinage-error-message"), "in pre\nand more");
    assert!(letter(&letters[2], "makinage-error-where").contains("steps.py:"));
    service.stop();
    let counts = format!("{} in, {1} out, {1} failed ({1} dead letters)", values.len(), BAD.len());
    service.wait_for_line(&counts);
    assert_eq!(scene.committed(0), i64::try_from(values.len()).ok());
    let mut service = scene.serve().assigned();
    scene.produce(&[r#"{"n": 1}"#]);
    scene.reader().read(BAD.len() + 1);
    service.stop();
    assert!(dead.read_to_end().is_empty(), "nothing is replayed");
}

#[test]
fn a_letter_has_key_value_and_headers_byte_for_byte_and_the_partition_of_its_event() {
    if left_out() {
        return;
    }
    let scene = Scene::new("letters-whole").topics(3).reading_from_the_beginning().with_dead_letters();
    scene.create_topics(&[("dead", 3)]);
    let odd: &[Header<'_>] = &[
        (b"trace", Some(b"1")),
        (b"caf\xe9", Some(b"\xff\x00")),
        (b"trace", None),
        (b"", Some(b"")),
        (b"makinage-source", Some(b"another/0/7")),
        (b"makinage-dead-letter", Some(b"1")),
        (b"makinage-attempt", Some(b"2")),
    ];
    let events: [Sent<'_>; 4] = [
        (Some(b"\xff\x00key"), Some(b"\xfe\x00 no json"), odd),
        (None, Some(b""), &[]),
        (Some(b""), None, &[(b"only", None)]),
        (None, None, &[]),
    ];
    let topic = scene.topic("data");
    send(
        scene.broker(),
        (0..3).flat_map(|partition| events.iter().map(move |event| (partition, event))).map(
            |(partition, (key, value, headers))| {
                let mut record = BaseRecord::<[u8], [u8]>::to(&topic).partition(partition).headers(owned(headers));
                (record.key, record.payload) = (*key, *value);
                record
            },
        ),
    );
    scene.publish(any_model());
    let mut service = scene.serve();
    let letters = scene.dead_letters().read(3 * events.len());
    for partition in 0..3 {
        let of_it: Vec<_> = letters.iter().filter(|letter| letter.partition() == partition).collect();
        assert_eq!(of_it.len(), events.len());
        for (offset, (one, (key, value, headers))) in of_it.iter().zip(events).enumerate() {
            assert_eq!((one.key(), one.payload(), originals(one)), (key, value, headers.to_vec()));
            assert_eq!(letter(one, "makinage-source"), format!("{topic}/{partition}/{offset}"));
        }
        assert_eq!(letter(of_it[0], "makinage-attempt"), "3");
    }
    service.stop();
}

#[test]
fn an_output_that_the_broker_refuses_later_becomes_a_letter_with_its_event_read_again() {
    if left_out() {
        return;
    }
    let scene = Scene::new("letters-refused").topics(2).published(any_model()).reading_from_the_beginning();
    let scene = scene.with_dead_letters();
    scene.create_topics(&[("dead", 2)]);
    scene.set_topic("predict", ("cleanup.policy", "compact"));
    let topic = scene.topic("data");
    let kept: &[Header<'_>] = &[(b"trace", Some(b"\xff")), (b"trace", None)];
    let keyless = [3, 4, 90];
    send(
        scene.broker(),
        (0..100).flat_map(|offset| [(0, offset), (1, offset)]).map(|(partition, offset)| {
            let mut record = BaseRecord::<[u8], [u8]>::to(&topic).partition(partition).headers(owned(kept));
            record.payload = Some(GOOD);
            record.key = (!keyless.contains(&offset)).then_some(b"key".as_slice());
            record
        }),
    );
    let mut service = scene.serve();
    let letters = scene.dead_letters().read(2 * keyless.len());
    for one in &letters {
        assert_eq!((one.key(), one.payload(), originals(one)), (None, Some(GOOD), kept.to_vec()));
        assert_eq!(letter(one, "makinage-error-class"), "Refused");
        assert!(letter(one, "makinage-source-timestamp").parse::<i64>().is_ok());
        assert!(!letter(one, "makinage-model").is_empty());
    }
    let mut sources: Vec<String> = letters.iter().map(|one| letter(one, "makinage-source")).collect();
    sources.sort();
    let mut expected: Vec<String> =
        keyless.iter().flat_map(|offset| [0, 1].map(|partition| format!("{topic}/{partition}/{offset}"))).collect();
    expected.sort();
    assert_eq!(sources, expected);
    scene.reader().read(2 * (100 - keyless.len()));
    service.stop();
    assert_eq!((scene.committed(0), scene.committed(1)), (Some(100), Some(100)));
}

#[test]
fn a_topic_that_is_not_there_is_waited_for_with_the_command_and_needs_no_restart() {
    if left_out() {
        return;
    }
    let scene = Scene::new("letters-missing").topics(1).published(any_model()).reading_from_the_beginning();
    let scene = scene.with_dead_letters();
    scene.produce(&["not json", "[5.1, 3.5, 1.4, 0.2]"]);
    let checked = scene.command(&["check"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(said.contains(&format!("dead-letter topic {} is not on Kafka", scene.topic("dead"))), "{said}");
    let mut service = scene.serve();
    let line = service.wait_for_line(&format!("topic {} is not on Kafka", scene.topic("dead")));
    assert!(line.contains("--create --topic letters-missing-dead"), "{line}");
    scene.create_topics(&[("dead", 1)]);
    assert_eq!(scene.dead_letters().values(1), ["not json"]);
    scene.reader().read(1);
    service.stop();
    assert_eq!(scene.committed(0), Some(2));
}

#[test]
fn what_is_too_large_for_the_topic_is_cut_and_what_can_not_be_taken_waits_and_is_not_skipped() {
    if left_out() {
        return;
    }
    let scene = Scene::new("letters-large").topics(2).published(any_model()).reading_from_the_beginning();
    let scene = scene.with_dead_letters();
    scene.create_topics(&[("dead", 2)]);
    scene.set_topic("dead", ("max.message.bytes", "5000"));
    let topic = scene.topic("data");
    let large = vec![b'x'; 20_000];
    let key = vec![b'k'; 6000];
    let record = |partition, key: Option<&'static [u8]>, value: &'static [u8]| {
        let mut record = BaseRecord::<[u8], [u8]>::to("").partition(partition);
        (record.key, record.payload) = (key, Some(value));
        record
    };
    let (large, key): (&'static [u8], &'static [u8]) = (large.leak(), key.leak());
    let events = [
        record(0, None, large),
        record(0, Some(key), b"short"),
        record(0, None, b"after"),
        record(1, None, b"other"),
        record(1, Some(b"key"), GOOD),
    ];
    send(
        scene.broker(),
        events.into_iter().map(|mut record| {
            record.topic = &topic;
            record
        }),
    );
    let mut service = scene.serve();
    let dead = scene.dead_letters();
    let mut letters = dead.read(2);
    letters.sort_by_key(OwnedMessage::partition);
    let cut = &letters[0];
    assert_eq!(letter(cut, "makinage-original-bytes"), "20000");
    let left = cut.payload().expect("some of it");
    assert!(!left.is_empty() && left.len() < 5000 && left.iter().all(|byte| *byte == b'x'), "{}", left.len());
    assert_eq!(value(&letters[1]), "other");
    let line =
        service.wait_for_line(&format!("the dead letter of {topic}/0/1 is not taken by topic {}", scene.topic("dead")));
    assert!(line.contains("max.message.bytes") && line.contains("kafka-configs.sh"), "{line}");
    scene.reader().read(1);
    wait_until(DEADLINE, "the other partition goes on", || scene.committed(1) == Some(2));
    assert_eq!(scene.committed(0), Some(1), "the one that waits is not skipped");
    scene.set_topic("dead", ("max.message.bytes", "50000"));
    let letters = dead.read(2);
    assert_eq!((letters[0].key(), value(&letters[1]).as_str()), (Some(key), "after"));
    service.stop();
    assert_eq!(scene.committed(0), Some(3));
    assert_eq!(header(&letters[0], "makinage-original-missing"), None);
}

#[test]
fn while_letters_can_not_be_written_nothing_is_skipped_and_other_partitions_go_on() {
    if left_out() {
        return;
    }
    let scene = Scene::new("letters-held").topics(2).published(any_model()).reading_from_the_beginning();
    let scene = scene.with_dead_letters().attentive().set("application.stop_timeout", "4s");
    scene.create_topics(&[("dead", 2)]);
    let mut service = scene.serve().assigned();
    scene.broker().delete_topic(&scene.topic("dead"));
    let topic = scene.topic("data");
    let record = |partition, value: &'static [u8]| {
        let mut record = BaseRecord::<[u8], [u8]>::to(&topic).partition(partition);
        record.payload = Some(value);
        record
    };
    send(scene.broker(), [record(0, b"bad"), record(0, GOOD), record(1, GOOD), record(1, GOOD)]);
    scene.reader().read(3);
    wait_until(DEADLINE, "the other partition goes on", || scene.committed(1) == Some(2));
    let held = || assert!(scene.committed(0).is_none_or(|committed| committed == 0), "{:?}", scene.committed(0));
    held();
    service.signal("TERM");
    assert!(!service.wait().success(), "a stop that leaves a letter behind isn't clean");
    held();

    let mut service = scene.serve();
    wait_until(DEADLINE, "the topic is made anew", || scene.broker().try_create(&scene.topic("dead"), 2));
    assert_eq!(scene.dead_letters().values(1), ["bad"]);
    service.stop();
    assert_eq!((scene.committed(0), scene.committed(1)), (Some(2), Some(2)));
}

#[test]
fn a_topic_that_is_deleted_and_made_anew_gets_what_failed_meanwhile() {
    if left_out() {
        return;
    }
    let scene = Scene::new("letters-anew").topics(1).published(any_model()).reading_from_the_beginning();
    let scene = scene.with_dead_letters().attentive();
    scene.create_topics(&[("dead", 1)]);
    scene.produce(&["first"]);
    let mut service = scene.serve();
    assert_eq!(scene.dead_letters().values(1), ["first"]);
    wait_until(DEADLINE, "the first is committed", || scene.committed(0) == Some(1));
    scene.broker().delete_topic(&scene.topic("dead"));
    let logged = service.logged();
    scene.produce(&["second", "[5.1, 3.5, 1.4, 0.2]"]);
    service.wait_for_line_after(logged, "dead letter to", DEADLINE);
    scene.reader().read(1);
    assert_eq!(scene.committed(0), Some(1));
    wait_until(DEADLINE, "the topic is made anew", || scene.broker().try_create(&scene.topic("dead"), 1));
    assert_eq!(scene.dead_letters().values(1), ["second"]);
    service.stop();
    assert_eq!(scene.committed(0), Some(3));
}

#[test]
fn an_event_that_two_workers_died_of_and_one_whose_headers_can_not_be_read_are_letters_too() {
    if left_out() {
        return;
    }
    let scene = Scene::new("letters-deadly").topics(1).reading_from_the_beginning().with_dead_letters();
    scene.create_topics(&[("dead", 1)]);
    let topic = scene.topic("data");
    let many = (0..100_001).fold(OwnedHeaders::new_with_capacity(100_001), |mut all, _| {
        add(&mut all, b"a", None);
        all
    });
    let record = |value: &'static [u8]| BaseRecord::<[u8], [u8]>::to(&topic).payload(value);
    send(scene.broker(), [record(GOOD), record(b"[101, 1, 1, 1]"), record(GOOD).headers(many), record(GOOD)]);
    scene.publish(fragile());
    let mut service = scene.serve();
    scene.reader().read(2);
    let letters = scene.dead_letters().read(2);
    let says = |name: &str| letters.iter().map(|one| letter(one, name)).collect::<Vec<_>>();
    assert_eq!(says("makinage-error-class"), ["WorkerDied", "UnreadableHeaders"]);
    assert_eq!(says("makinage-source"), [1, 2].map(|offset| format!("{topic}/0/{offset}")));
    assert!(says("makinage-model").iter().all(|model| !model.is_empty()));
    assert_eq!((value(&letters[0]).as_str(), letters[1].payload()), ("[101, 1, 1, 1]", Some(GOOD)));
    assert_eq!(letter(&letters[1], "makinage-original-missing"), "headers");
    service.stop();
    assert_eq!(scene.committed(0), Some(4));
}

#[test]
fn kill_9_under_failures_loses_none_and_keeps_their_order() {
    if left_out() {
        return;
    }
    let mut random = Random::printed();
    let scene = Scene::new("letters-killed").topics(2).published(any_model()).reading_from_the_beginning();
    let scene = scene.impatient().with_dead_letters();
    scene.create_topics(&[("dead", 2)]);
    let topic = scene.topic("data");
    let mut service = scene.serve();
    let dead = scene.dead_letters();
    let mut letters = vec![];
    for round in 0..5 {
        let values: Vec<String> = (round * EACH..(round + 1) * EACH).map(|n| format!("bad {n}")).collect();
        let records = values.iter().enumerate().flat_map(|(n, value)| {
            let bad = BaseRecord::<str, str>::to(&topic).payload(value).partition(i32::from(n % 2 == 0));
            [bad, BaseRecord::<str, str>::to(&topic).payload("[5.1, 3.5, 1.4, 0.2]").partition(0)]
        });
        send(scene.broker(), records);
        letters.extend(dead.read(1 + usize::try_from(random.below(EACH as u64 / 2)).expect("few")));
        service.signal("KILL");
        assert_eq!(service.wait().code(), None);
        service = scene.serve();
    }
    let there = |letters: &[OwnedMessage]| letters.iter().map(value).collect::<std::collections::BTreeSet<_>>().len();
    while there(&letters) < 5 * EACH {
        letters.extend(dead.read(1));
    }
    service.stop();
    letters.extend(dead.read_to_end());
    eprintln!("{} letters, {} of them again", letters.len(), letters.len() - 5 * EACH);
    for partition in 0..2 {
        let mut seen = std::collections::BTreeSet::new();
        let of_it = letters.iter().filter(|one| one.partition() == partition);
        let first: Vec<usize> = of_it
            .filter(|one| seen.insert(value(one)))
            .map(|one| {
                letter(one, "makinage-source").rsplit('/').next().and_then(|n| n.parse().ok()).expect("an offset")
            })
            .collect();
        assert!(first.is_sorted(), "the letters of partition {partition} are out of order");
    }
    assert_eq!(scene.committed(1), i64::try_from(5 * EACH / 2).ok());
    assert_eq!(scene.committed(0), i64::try_from(5 * EACH / 2 + 5 * EACH).ok());
}
