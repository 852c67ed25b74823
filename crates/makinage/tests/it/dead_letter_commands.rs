//! `makinage dead-letter`: the events that failed, listed, shown, exported and replayed, each once.

use std::process::{Command, Output, Stdio};

use kafka_headers::{Header, add, iter};
use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
    message::{OwnedHeaders, OwnedMessage},
    producer::BaseRecord,
};
use serde_json::{Value, json};

use super::{
    broker::left_out,
    model::any_model,
    patience::wait_until,
    scene::Scene,
    service::DEADLINE,
    stream::{header, send, value},
};

/// A record of the dead-letter topic, as the service writes one.
#[derive(Clone)]
pub(crate) struct Letter {
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    /// The event's own headers.
    headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    added: Vec<(&'static str, String)>,
    partition: i32,
}

impl Letter {
    /// Of an event at this offset of the data topic's first partition.
    pub(crate) fn new(scene: &Scene, offset: i64) -> Self {
        let source = format!("{}/0/{offset}", scene.topic("data"));
        let added = [
            ("makinage-dead-letter", "1"),
            ("makinage-error-step", "predict"),
            ("makinage-error-class", "ValueError"),
            ("makinage-error-message", "too few columns"),
            ("makinage-error-where", "hooks.py:12"),
            ("makinage-source", &source),
            ("makinage-source-timestamp", "1764420000000"),
            ("makinage-model", "iris@3"),
            ("makinage-operator", "serve"),
            ("makinage-application", scene.name()),
            ("makinage-attempt", "1"),
            ("makinage-failed-at", "2026-11-29T12:45:12.345Z"),
            ("__dlq.errors.message", "too few"),
        ];
        let added = added.map(|(name, value)| (name, value.to_owned())).to_vec();
        let value = Some(format!("[{offset}]").into_bytes());
        Self { key: Some(format!("key {offset}").into_bytes()), value, headers: vec![], added, partition: 0 }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.added.retain(|(other, _)| *other != name);
        self.added.push((name, value.to_owned()));
        self
    }

    fn headers(&self) -> OwnedHeaders {
        let mut all = OwnedHeaders::new();
        self.headers.iter().for_each(|(name, value)| add(&mut all, name, value.as_deref()));
        self.added.iter().for_each(|(name, value)| add(&mut all, name.as_bytes(), Some(value.as_bytes())));
        all
    }
}

/// A scene whose data and dead-letter topics have so many partitions.
pub(crate) fn scene(name: &str, partitions: i32) -> Scene {
    Scene::new(name).topics_of(&[("data", partitions), ("dead", partitions)]).with_dead_letters()
}

fn record<'l>(topic: &'l str, letter: &'l Letter) -> BaseRecord<'l, [u8], [u8]> {
    let mut record = BaseRecord::to(topic).partition(letter.partition).headers(letter.headers());
    (record.key, record.payload) = (letter.key.as_deref(), letter.value.as_deref());
    record
}

pub(crate) fn write(scene: &Scene, letters: &[Letter]) {
    let topic = scene.topic("dead");
    send(scene.broker(), letters.iter().map(|letter| record(&topic, letter)));
}

pub(crate) fn command(scene: &Scene, arguments: &[&str]) -> Command {
    let mut command = scene.command(&[&["dead-letter"], arguments].concat());
    command.env_remove("RUST_LOG");
    command
}

fn run(scene: &Scene, arguments: &[&str]) -> Output {
    command(scene, arguments).output().expect("it runs")
}

/// Standard output of a command that succeeds, and standard error.
pub(crate) fn succeeds(scene: &Scene, arguments: &[&str]) -> (String, String) {
    let output = run(scene, arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (printed, told) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {printed}{told}");
    (printed, told)
}

fn listed(message: &OwnedMessage) -> Vec<Header<'_>> {
    message.headers().map(|headers| iter(headers.as_borrowed()).collect()).unwrap_or_default()
}

/// All that was committed on a topic.
fn committed(scene: &Scene, role: &str) -> Vec<OwnedMessage> {
    let topic = scene.topic(role);
    let reader = |isolation: &str| -> BaseConsumer {
        let mut client = scene.broker().client();
        client.set("group.id", "reader").set("enable.auto.commit", "false").set("auto.offset.reset", "earliest");
        client.set("enable.partition.eof", "true").set("isolation.level", isolation).create().expect("a consumer")
    };
    let (all, settled) = (reader("read_uncommitted"), reader("read_committed"));
    let partitions = settled.fetch_metadata(Some(&topic), DEADLINE).expect("an answer").topics()[0].partitions().len();
    let partitions = i32::try_from(partitions).expect("few");
    let mut list = TopicPartitionList::new();
    for partition in 0..partitions {
        list.add_partition_offset(&topic, partition, Offset::Beginning).expect("a partition");
        // A transaction is committed before its mark is on each partition.
        let end = |reader: &BaseConsumer| reader.fetch_watermarks(&topic, partition, DEADLINE).expect("an answer").1;
        wait_until(DEADLINE, "a transaction has no end", || end(&settled) == end(&all));
    }
    settled.assign(&list).expect("assigned");
    let (mut read, mut ended) = (Vec::new(), 0);
    while ended < partitions {
        match settled.poll(DEADLINE).expect("a record or an end") {
            Ok(message) => read.push(message.detach()),
            Err(KafkaError::PartitionEOF(_)) => ended += 1,
            Err(error) => panic!("{error}"),
        }
    }
    read
}

/// The offsets of the letters whose events are on the data topic, as their values have them.
pub(crate) fn returned(scene: &Scene) -> Vec<i64> {
    let value = |message: &OwnedMessage| {
        let text = String::from_utf8_lossy(message.payload().expect("a value")).into_owned();
        text.trim_matches(['[', ']']).parse().expect("a number")
    };
    committed(scene, "data").iter().map(value).collect()
}

#[test]
fn an_event_goes_back_byte_for_byte_with_its_attempt_to_its_partition_and_only_once() {
    if left_out() {
        return;
    }
    let scene = scene("replay", 3);
    let odd: Vec<(Vec<u8>, Option<Vec<u8>>)> = vec![
        (b"a".to_vec(), Some(b"1".to_vec())),
        (b"\xff".to_vec(), None),
        (b"makinage-source".to_vec(), Some(b"before/0/0".to_vec())),
        (b"a".to_vec(), Some(b"".to_vec())),
        (b"makinage-attempt".to_vec(), Some(b"2".to_vec())),
    ];
    let source = format!("{}/2/7", scene.topic("data"));
    let first = Letter {
        key: Some(b"\xff\x00".to_vec()),
        value: Some(b"\x00\xfe".to_vec()),
        headers: odd.clone(),
        partition: 1,
        ..Letter::new(&scene, 0)
    };
    let first = first.with("makinage-source", &source).with("makinage-attempt", "3");
    let bare = Letter { key: None, value: None, ..Letter::new(&scene, 1) };
    write(&scene, &[first, bare]);

    let (printed, _) = succeeds(&scene, &["replay", "--dry-run"]);
    assert!(printed.contains(&format!("would replay 2 events: 2 to {}", scene.topic("data"))), "{printed}");
    assert!(committed(&scene, "data").is_empty());

    let (printed, told) = succeeds(&scene, &["replay", "--yes"]);
    assert!(printed.contains(&format!("replayed 2 events: 2 to {}", scene.topic("data"))), "{printed}{told}");
    let mut back = committed(&scene, "data");
    back.sort_by_key(Message::partition);
    let [bare, first] = back.as_slice() else { panic!("{} events", back.len()) };
    assert_eq!((bare.partition(), bare.key(), bare.payload()), (0, None, None));
    assert_eq!(listed(bare), [(b"makinage-attempt".as_slice(), Some(b"1".as_slice()))]);
    assert_eq!((first.partition(), first.key(), first.payload()), (2, Some(&b"\xff\x00"[..]), Some(&b"\x00\xfe"[..])));
    let kept = odd[..4].iter().map(|(name, value)| (name.as_slice(), value.as_deref()));
    let expected: Vec<Header<'_>> = kept.chain([(b"makinage-attempt".as_slice(), Some(b"3".as_slice()))]).collect();
    assert_eq!(listed(first), expected);

    let (printed, told) = succeeds(&scene, &["replay", "--yes"]);
    assert!(printed.contains("there is nothing to replay") && told.contains("2 letters replayed before"), "{told}");
    assert_eq!(committed(&scene, "data").len(), 2);
    committed(&scene, "dead");
    let (printed, _) = succeeds(&scene, &["list", "--json"]);
    let list: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!(
        (&list["letters"], &list["kinds"][0]["replayed"], &list["other_records"]),
        (&json!(2), &json!(2), &json!(0))
    );
}

#[test]
fn filters_leave_gaps_that_later_replays_fill_and_doubles_go_back_once() {
    if left_out() {
        return;
    }
    let scene = scene("replay-filters", 1);
    let letter = |offset: i64| {
        let letter = Letter::new(&scene, offset);
        if offset % 2 == 0 { letter.with("makinage-error-step", "decode") } else { letter }
    };
    let mut letters: Vec<_> = (0..250).map(letter).collect();
    // As after a crash of the service.
    letters.extend((240..250).map(letter));
    letters.push(Letter::new(&scene, 900).with("makinage-application", "another"));
    letters.push(Letter::new(&scene, 901).with("makinage-original-bytes", "70000"));
    letters.push(Letter::new(&scene, 902).with("makinage-source", "elsewhere/0/902"));
    write(&scene, &letters);

    succeeds(&scene, &["replay", "--yes", "--step", "decode", "--error", "KeyError"]);
    assert_eq!(returned(&scene), [0_i64; 0]);
    succeeds(&scene, &["replay", "--yes", "--step", "decode"]);
    assert_eq!(returned(&scene), (0..250).step_by(2).collect::<Vec<_>>());
    let (_, told) = succeeds(&scene, &["replay", "--yes"]);
    let evens = (0..250).step_by(2).chain((1..250).step_by(2));
    assert_eq!(returned(&scene), evens.collect::<Vec<_>>());
    let dead = scene.topic("dead");
    for line in [
        "left out: 125 letters replayed before".to_owned(),
        "left out: 10 letters whose event has another letter".to_owned(),
        "left out: 1 letter that can't be replayed, being not whole".to_owned(),
        format!("  {dead}/0/"),
        "lacks the end of its value, which had 70000 bytes".to_owned(),
        "left out: 1 letter from elsewhere".to_owned(),
    ] {
        assert!(told.contains(&line), "{line}: {told}");
    }
    succeeds(&scene, &["replay", "--yes"]);
    assert_eq!(returned(&scene).len(), 250);
}

#[test]
fn an_event_that_its_topic_does_not_take_is_named_and_the_others_go_back() {
    if left_out() {
        return;
    }
    let scene = scene("replay-refused", 1);
    let mut letters: Vec<_> = (0..5).map(|offset| Letter::new(&scene, offset)).collect();
    letters[2].value = Some(vec![b'7'; 5000]);
    write(&scene, &letters);
    scene.set_topic("data", ("max.message.bytes", "2000"));
    let output = run(&scene, &["replay", "--yes"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    let named = format!("not replayed: {}/0/2: it is larger than its topic takes", scene.topic("dead"));
    assert!(told.contains(&named) && !told.contains("error:"), "{told}");
    assert_eq!(returned(&scene), [0, 1, 3, 4]);
    scene.set_topic("data", ("max.message.bytes", "20000"));
    succeeds(&scene, &["replay", "--yes"]);
    assert_eq!(committed(&scene, "data").len(), 5);
}

#[test]
fn nobody_replays_by_accident() {
    if left_out() {
        return;
    }
    let scene = scene("replay-unasked", 1);
    write(&scene, &[Letter::new(&scene, 0)]);
    let output = command(&scene, &["replay"]).stdin(Stdio::null()).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("--dry-run") && told.contains("--yes"), "{told}");
    assert!(committed(&scene, "data").is_empty());
}

#[test]
fn letters_are_listed_by_kind_shown_without_harm_and_exported_as_lines_that_predict_reads() {
    if left_out() {
        return;
    }
    let scene = scene("list", 1);
    let hostile = "\u{1b}[2J\u{202e}gone\nsecond line";
    let mut letters: Vec<_> = (0..3).map(|offset| Letter::new(&scene, offset)).collect();
    letters[0] =
        letters[0].clone().with("makinage-error-class", "\u{1b}]0;title\u{7}").with("makinage-error-message", hostile);
    letters[0].headers = vec![(b"\x1b[31m".to_vec(), Some(b"\x9b1m".to_vec()))];
    letters[0].value = Some(b"{\n  \"a\": \"\x1b[2J\"\n}".to_vec());
    letters[2] = letters[2].clone().with("makinage-failed-at", "2026-11-30T00:00:00.000Z");
    letters[2].value = Some(b"[1,\n 2]".to_vec());
    write(&scene, &letters);
    let other = Letter { added: vec![], ..Letter::new(&scene, 3) };
    write(&scene, &[other, Letter::new(&scene, 4).with("makinage-dead-letter", "2")]);

    let (table, told) = succeeds(&scene, &["list"]);
    assert!(table.contains("ValueError") && table.contains("3 letters"), "{table}");
    let (dead, data) = (scene.topic("dead"), scene.topic("data"));
    assert!(table.contains(&format!("{dead}/0/2  {data}/0/2")), "{table}");
    assert!(told.contains("1 record on") && told.contains("1 dead letter can't be read"), "{told}");
    let (none, _) = succeeds(&scene, &["list", "--since", "2026-12-01"]);
    assert!(none.contains("no dead letter on"), "{none}");

    let (page, _) = succeeds(&scene, &["show", &format!("{data}/0/0")]);
    let (same, _) = succeeds(&scene, &["show", &format!("{dead}/0/0")]);
    assert_eq!(page, same);
    for text in [&table, &page] {
        assert!(text.chars().all(|letter| letter == '\n' || !letter.is_control()), "{text:?}");
        assert!(!text.contains('\u{202e}'), "{text:?}");
    }
    for part in ["too", "hooks.py:12", "second line", "iris@3", "headers (1)", "hex 9b316d", "key 0"] {
        assert_eq!(page.contains(part), part != "too", "{part}: {page}");
    }
    let output = run(&scene, &["show", &format!("{dead}/0/0"), "--value"]);
    assert_eq!(Some(output.stdout.as_slice()), letters[0].value.as_deref());
    let output = run(&scene, &["show", &format!("{dead}/0/99")]);
    assert_eq!(output.status.code(), Some(1));

    let (lines, told) = succeeds(&scene, &["export", "--error", "ValueError"]);
    assert_eq!((lines.as_str(), told.trim_end().lines().next()), ("[1]\n[1,  2]\n", Some("2 events")));
}

#[test]
fn what_is_missing_is_named() {
    if left_out() {
        return;
    }
    let told = |scene: &Scene| {
        let output = run(scene, &["list"]);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, line) = told(&Scene::new("no-letters"));
    assert_eq!(code, Some(2), "{line}");
    assert!(line.contains("operators.serve has no `dead_letter`"), "{line}");
    let (code, line) = told(&Scene::new("no-letters").with_dead_letters());
    assert_eq!(code, Some(1), "{line}");
    assert!(line.contains("dead-letter topic no-letters-dead is not on Kafka") && line.contains("--create"), "{line}");
    let (code, line) = told(&Scene::alone().with_dead_letters());
    assert_eq!(code, Some(1), "{line}");
    assert!(line.contains("no broker answers"), "{line}");
}

const HOOKS: &str = "
def predict(model, config):
    def _predict(event):
        if event['n'] % 2:
            raise ValueError(f'odd: {event[\"n\"]}')
        return event['n']
    return _predict
";

#[test]
fn what_the_service_gave_up_goes_back_to_it_and_counts_its_attempts() {
    if left_out() {
        return;
    }
    let scene = Scene::new("replay-service").topics(1).reading_from_the_beginning().with_dead_letters();
    scene.create_topics(&[("dead", 1)]);
    let scene = scene.with_predict(HOOKS).published(any_model());
    scene.produce(&["{\"n\": 1}", "{\"n\": 2}", "{\n\"n\": 3}"]);
    let mut service = scene.serve();
    let dead = scene.dead_letters();
    let attempts = |letters: &[OwnedMessage]| -> Vec<_> {
        letters.iter().map(|letter| (value(letter), last_header(letter, "makinage-attempt"))).collect()
    };
    let of = |attempt: &str| {
        vec![("{\"n\": 1}".to_owned(), attempt.to_owned()), ("{\n\"n\": 3}".to_owned(), attempt.to_owned())]
    };
    assert_eq!(attempts(&dead.read(2)), of("1"));
    for again in ["2", "3"] {
        let (printed, told) = succeeds(&scene, &["replay", "--yes"]);
        assert!(printed.contains("replayed 2 events"), "{printed}{told}");
        // The note, which is no letter, and what failed again.
        let read = dead.read(3);
        let letters: Vec<_> = read.into_iter().filter(|record| header(record, "makinage-replayed").is_none()).collect();
        assert_eq!(attempts(&letters), of(again));
    }
    service.stop();

    let (table, _) = succeeds(&scene, &["list", "--step", "predict", "--error", "ValueError"]);
    assert!(table.contains("6 letters"), "{table}");
    let (lines, _) = succeeds(&scene, &["export"]);
    assert_eq!(lines.lines().take(2).collect::<Vec<_>>(), ["{\"n\": 1}", "{ \"n\": 3}"]);
    let events = scene.folder.write("events.jsonl", &lines);
    let output = scene.command(&["predict"]).arg("--model").arg(any_model()).arg(events).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("ValueError: odd: 1") && told.contains("ValueError: odd: 3"), "{told}");
}

fn last_header(message: &OwnedMessage, name: &str) -> String {
    let last = listed(message).into_iter().rfind(|(is, _)| *is == name.as_bytes());
    String::from_utf8_lossy(last.and_then(|(_, value)| value).unwrap_or_default()).into_owned()
}
