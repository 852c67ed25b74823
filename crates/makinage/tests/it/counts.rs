//! No event vanishes: what is told at the end adds up to what came in.

use std::{collections::BTreeMap, io::Write};

use rdkafka::producer::BaseRecord;

use super::{broker::left_out, model::any_model, scene::Scene, service::Service, stops::WEDGE, stream::send, workers};

/// Each event says what becomes of it.
const STEPS: &str = "
import os
def none_at(name, function):
    return lambda event, *rest: None if event == name else function(event, *rest)
def fail_at(name, function):
    def step(event, *rest):
        if event == 'dies at ' + name: os._exit(3)
        return 1 / 0 if event == 'fails at ' + name else function(event, *rest)
    return none_at('ends at ' + name, step)
def pre_transform(config):
    return fail_at('pre_transform', lambda event: event)
def predict(model, config):
    return fail_at('predict', lambda event: event)
def post_transform(config):
    return fail_at('post_transform', lambda event, prediction: object() if event == 'fails at encode' else prediction)
";

/// What `makinage predict` tells of these events: what became of them, and its exit code.
fn predicted(scene: &Scene, events: &str) -> (String, usize, Option<i32>) {
    let output = predict(scene, events);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let counts = told.lines().find(|line| line.contains(" in, ")).unwrap_or_else(|| panic!("no counts in {told}"));
    assert_adds_up(counts);
    (counts.to_owned(), output.stdout.split(|byte| *byte == b'\n').count() - 1, output.status.code())
}

fn predict(scene: &Scene, events: &str) -> std::process::Output {
    let mut child = workers::start(scene);
    // One that stops at an event doesn't read the rest.
    let _ = child.stdin.take().expect("its input").write_all(events.as_bytes());
    child.wait_with_output().expect("it ends")
}

/// `7 in, 3 out, 1 skipped by predict, …`: the first number is the sum of the others.
fn assert_adds_up(counts: &str) {
    let numbers = counts.split(", ").map(|part| part.split_whitespace().next().expect("a number"));
    let numbers: Vec<u64> = numbers.map(|number| number.parse().expect("a number")).collect();
    assert_eq!(numbers[0], numbers[1..].iter().sum::<u64>(), "{counts}");
}

/// The part of a log line that counts.
fn counts_of(line: &str) -> &str {
    line.rsplit_once("events: ").expect("counts").1.split(';').next().expect("counts")
}

#[test]
fn predict_tells_what_became_of_events_of_every_kind() {
    let all = "\"fine\"\n\"ends at pre_transform\"\n\"ends at predict\"\n\"ends at post_transform\"\n\"fails at pre_transform\"\n\
        \"fails at predict\"\n\"fails at post_transform\"\n\"fails at encode\"\n\"dies at predict\"\nnot json\n\n\"fine\"\n\r\n\"ends at predict\"";
    let cases = [
        ("", "0 in, 0 out, 0 failed", 0),
        ("\n\n", "0 in, 0 out, 0 failed", 0),
        ("\"fine\"\n", "1 in, 1 out, 0 failed", 0),
        ("\"ends at predict\"\n\"fine\"\n", "2 in, 1 out, 1 skipped by predict, 0 failed", 0),
        (
            all,
            "12 in, 2 out, 1 skipped by pre_transform, 2 skipped by predict, 1 skipped by post_transform, 6 failed",
            1,
        ),
    ];
    let scene = Scene::alone().with_hooks(STEPS);
    for (events, expected, code) in cases {
        let (counts, outputs, ended) = predicted(&scene, events);
        assert_eq!((counts.as_str(), ended), (expected, Some(code)));
        assert!(counts.contains(&format!(" {outputs} out")), "{outputs} lines: {counts}");
    }
}

#[test]
fn with_on_error_stop_predict_counts_what_it_did_not_come_to_as_left() {
    let scene =
        Scene::alone().with_hooks(STEPS).set("operators.serve.on_error", "stop").set("operators.serve.batch", 1);
    let (counts, outputs, code) = predicted(&scene, &format!("\"fine\"\nnot json\n{}", "\"fine\"\n".repeat(50)));
    assert!(counts.contains(" 1 failed, ") && counts.contains(" left"), "{counts}");
    assert!(counts.contains(&format!(" {outputs} out")), "{outputs} lines: {counts}");
    assert_eq!(code, Some(1));
}

#[test]
fn predict_says_how_many_lines_were_empty() {
    let scene = Scene::alone().with_hooks(STEPS);
    let output = predict(&scene, "\"fine\"\n\n\r\n\"fine\"\n");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("2 in, 2 out, 0 failed\n2 empty lines, which are no events"), "{told}");
}

#[test]
fn the_service_tells_at_its_stop_what_became_of_each_event_tombstones_included() {
    if left_out() {
        return;
    }
    let scene = Scene::new("counts").topics(2).published(any_model()).reading_from_the_beginning().with_hooks(STEPS);
    let kinds = [
        Some("\"fine\""),
        Some("\"ends at pre_transform\""),
        Some("\"ends at predict\""),
        Some("\"ends at post_transform\""),
        Some("\"fails at predict\""),
        Some("\"fails at encode\""),
        Some("not json"),
        Some(""),
        None,
    ];
    let data = scene.topic("data");
    let record = |place: usize, value: Option<&'static str>| {
        let record = BaseRecord::<str, str>::to(&data).key("").partition(i32::from(place % 2 == 1));
        if let Some(value) = value { record.payload(value) } else { record }
    };
    let events = (0..900).map(|n| record(n, kinds[n % kinds.len()]));
    send(scene.broker(), events.chain([record(0, kinds[0]), record(1, kinds[0])]));
    let reader = scene.reader();
    let mut service = scene.serve();
    let before = reader.read_until(|read| read.len() >= 10).len();
    service.stop();
    let first = told(&service);
    // The next start goes on with what that stop left, and does nothing of the rest again.
    let mut service = scene.serve().assigned();
    reader.read(102 - before);
    service.stop();
    let second = told(&service);
    assert!(first["in"] > 0, "{first:?}");
    let sum = |what: &str| first.get(what).unwrap_or(&0) + second.get(what).unwrap_or(&0);
    let words = ["out", "skipped by pre_transform", "skipped by predict", "skipped by post_transform", "failed"];
    assert_eq!(words.map(sum), [102, 100, 100, 100, 500]);
    assert_eq!(second.get("left"), None);
}

/// The numbers by their words.
fn told(service: &Service) -> BTreeMap<String, u64> {
    let line = service.wait_for_line("events: ");
    let counts = counts_of(&line);
    assert_adds_up(counts);
    let parts = counts.split(", ").map(|part| part.split_once(' ').expect("a number and a word"));
    parts.map(|(number, word)| (word.to_owned(), number.parse().expect("a number"))).collect()
}

#[test]
fn what_a_stop_that_was_cut_short_left_is_counted_as_left() {
    if left_out() {
        return;
    }
    let scene = Scene::new("counts-cut")
        .topics(1)
        .published(any_model())
        .reading_from_the_beginning()
        .impatient()
        .set("application.stop_timeout", "2s")
        .fixed_batch(1, "1ms")
        .with_predict(WEDGE);
    scene.folder.write("wedge", "");
    scene.produce_keyed((0..10).map(|n| (n.to_string(), n.to_string())));
    for (signals, code) in [(["TERM", "TERM"].as_slice(), 143), (&["TERM"], 1)] {
        let mut service = scene.serve();
        service.wait_for_line("the hook holds");
        for signal in signals {
            service.signal(signal);
            service.wait_for_line("stopping");
        }
        assert_eq!(service.wait().code(), Some(code));
        let line = service.wait_for_line("events: ");
        assert_eq!(counts_of(&line), "10 in, 0 out, 0 failed, 10 left");
        assert!(line.contains("read again at the next start"), "{line}");
    }
}
