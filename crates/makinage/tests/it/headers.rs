//! Headers are bytes: names that aren't UTF-8 (C, Go and PHP clients send them) harm nobody and are kept.

use kafka_headers::{Header, add, iter};
use makinage::record::headers::{FLAVOR_HEADER, NAME_HEADER, VERSION_HEADER};
use rdkafka::{
    Message,
    message::{OwnedHeaders, OwnedMessage},
    producer::BaseRecord,
};

use super::{
    broker::left_out,
    model::{iris, iris_zip},
    scene::Scene,
    script::{Script, label},
    stream::{header, send},
};

const EVENT: &str = "[5.1, 3.5, 1.4, 0.2]";

/// Headers of records, odd ones among ordinary ones.
const SETS: &[&[Header<'_>]] = &[
    &[(b"trace", Some(b"1"))],
    &[(b"caf\xe9", Some(b"Latin-1"))],
    &[],
    &[(b"\xff", None), (b"\xff", Some(b"")), (b"\xff", Some(b"\xff\x00")), (b"trace", Some(b"2"))],
    &[(b"", Some(b"")), (b"", None), (b"cut short \xe2\x82", Some(b"x"))],
    &[(b"\xed\xa0\x80", Some(b"surrogate")), (b"makinage-source\xff", Some(b"not ours")), (b"last", Some(b""))],
    &[(b"trace", Some(b"3"))],
];

fn owned(headers: &[Header<'_>]) -> OwnedHeaders {
    headers.iter().fold(OwnedHeaders::new(), |mut all, (name, value)| {
        add(&mut all, name, *value);
        all
    })
}

fn listed(message: &OwnedMessage) -> Vec<Header<'_>> {
    message.headers().map(|headers| iter(headers.as_borrowed()).collect()).unwrap_or_default()
}

/// Headers as a record batch holds them, without their number: lengths are zigzag, and below 64 here.
fn on_disk(headers: &[Header<'_>]) -> Vec<u8> {
    let length = |bytes: &[u8]| u8::try_from(bytes.len() * 2).ok().filter(|length| *length < 128).expect("short");
    headers.iter().fold(vec![], |mut all, (name, value)| {
        all.push(length(name));
        all.extend_from_slice(name);
        all.push(value.map_or(1, length));
        all.extend_from_slice(value.unwrap_or_default());
        all
    })
}

fn holds(log: &[u8], part: &[u8]) -> bool {
    part.is_empty() || log.windows(part.len()).any(|window| window == part)
}

/// Sends an event with each of these headers.
fn send_all(scene: &Scene, sets: &[OwnedHeaders]) {
    let topic = scene.topic("data");
    let record = |headers: &OwnedHeaders| BaseRecord::<str, str>::to(&topic).payload(EVENT).headers(headers.clone());
    send(scene.broker(), sets.iter().map(record));
}

#[test]
fn headers_come_out_byte_for_byte_whatever_their_names_are_made_of_and_the_service_goes_on() {
    if left_out() {
        return;
    }
    let scene = Scene::new("odd-headers").topics(1).published(iris()).reading_from_the_beginning();
    send_all(&scene, &SETS.iter().map(|set| owned(set)).collect::<Vec<_>>());
    let mut service = scene.serve();
    let outputs = scene.reader().read(SETS.len());
    for (offset, (output, set)) in outputs.iter().zip(SETS).enumerate() {
        let all = listed(output);
        let (kept, added) = all.split_at(set.len());
        assert_eq!(kept, *set);
        let names: Vec<&[u8]> = added.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, [b"makinage-model".as_slice(), b"makinage-source"]);
        let source = format!("{}/0/{offset}", scene.topic("data"));
        assert_eq!(header(output, "makinage-source").as_deref(), Some(source.as_str()));
    }
    let log = scene.broker().log_of(&scene.topic("predict"), 0);
    assert!(SETS.iter().all(|set| holds(&log, &on_disk(set))), "the broker has other bytes");

    // What the stop commits is what a restart goes on from.
    service.stop();
    assert_eq!(scene.committed(0), i64::try_from(SETS.len()).ok());
}

#[test]
fn names_with_nul_bytes_are_kept_whole_and_headers_that_the_client_can_not_read_are_one_events_failure() {
    if left_out() {
        return;
    }
    let scene = Scene::new("nul-headers").topics(1).reading_from_the_beginning();
    let nul: &[Header<'_>] = &[(b"a\0b", Some(b"1")), (b"\0", None), (b"\xff\0\xff", Some(b"")), (b"a", Some(b"2"))];
    // As another service of this kind would have left it: replaced.
    let mut of_before = owned(nul);
    add(&mut of_before, b"makinage-model", Some(b"another"));
    let many = (0..100_001).fold(OwnedHeaders::new_with_capacity(100_001), |mut all, _| {
        add(&mut all, b"a", None);
        all
    });
    // What it adds to its event makes the output too large, and nobody sees that before Kafka's client does.
    scene.set_topic("predict", ("max.message.bytes", "1000000"));
    let name: Vec<u8> = [b"\0".to_vec(), vec![b'x'; 999_919]].concat();
    let large = owned(&[(&name, None)]);
    send_all(&scene, &[owned(nul), many, of_before, owned(SETS[0]), large]);
    scene.publish(iris());
    let mut service = scene.serve();
    let outputs = scene.reader().read(3);
    let sources: Vec<_> = outputs.iter().filter_map(|output| header(output, "makinage-source")).collect();
    assert_eq!(sources, [0, 2, 3].map(|offset| format!("{}/0/{offset}", scene.topic("data"))));
    assert_ne!(header(&outputs[1], "makinage-model").as_deref(), Some("another"));
    assert_eq!(listed(&outputs[1]).len(), nul.len() + 2);
    let line = service.wait_for_line("skipped nul-headers-data/0/1: step produce: UnreadableHeaders: ");
    assert!(line.contains("at most 100,000"), "{line}");
    service.wait_for_line("skipped nul-headers-data/0/4: step produce: OutputTooLarge: ");
    let log = scene.broker().log_of(&scene.topic("predict"), 0);
    let whole = on_disk(nul);
    assert_eq!(
        log.windows(whole.len()).filter(|window| *window == whole).count(),
        2,
        "of both records with such names"
    );
    service.stop();
    assert_eq!(scene.committed(0), Some(5));
}

#[test]
fn a_model_whose_record_has_such_headers_is_served_listed_and_published_over() {
    if left_out() {
        return;
    }
    let scene = Scene::new("odd-model").topics(1);
    let script = Script::new(&scene);
    let headers = |version: &'static [u8]| {
        owned(&[
            (b"\xff\xfe", Some(b"odd")),
            (b"caf\xe9", None),
            (NAME_HEADER.as_bytes(), Some(b"odd-iris")),
            (VERSION_HEADER.as_bytes(), Some(version)),
            (FLAVOR_HEADER.as_bytes(), Some(b"sklearn")),
        ])
    };
    script.record_with(None, 0, headers(b"1"), Some(&iris_zip("first")));
    let mut service = scene.serve();
    service.wait_for_line("model odd-iris@1 takes over");
    // What is no model at all, and what comes while the service runs.
    script.record_with(None, 0, owned(&[(b"\xff", None), (b"makinage-kind", Some(b"\xff"))]), Some(b"bytes"));
    script.record_with(None, 0, headers(b"2"), Some(&iris_zip("second")));
    service.wait_for_line("model odd-iris@2 takes over");

    let output = scene.command(&["model", "list"]).output().expect("it runs");
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{table}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(table.matches("odd-iris").count(), 2, "{table}");

    let over = scene.publish(iris());
    service.wait_for_line(&format!("model {over} takes over"));
    assert_ne!(over, label(&iris_zip("second")));
    service.stop();
}
