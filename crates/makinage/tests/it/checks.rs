//! What is wrong is told before anything starts, all at once: `makinage check`, and the service's own look at its file.

use std::{
    net::TcpListener,
    path::Path,
    process::Output,
    time::{Duration, Instant},
};

use super::{
    broker::{Broker, left_out},
    scene::Scene,
    service::{Folder, program},
};

/// Five faults, far apart: a misspelt key, a sink that is no topic, a bad choice, a module that isn't there, one that
/// raises.
const BROKEN: &str = "
application: {name: broken}
kafka: {endpoint: \"127.0.0.1:1\"}
topics:
  - {name: data, encodr: makinage.encoding.json}
  - {name: model, encoder: makinage.encoding.none}
operators:
  serve:
    factory: makinage.serve:serve
    sources: [model, data]
    sinks: [predictions]
    on_error: ignore
config:
  serve: {pre_transform: 'absent:pre_transform', predict: 'raises:predict'}
";

const FAULTS: [&str; 5] = [
    ":5: topics[0].encodr",
    ":11: operators.serve.sinks[0]",
    ":12: operators.serve.on_error",
    ":14: config.serve.pre_transform",
    ":14: config.serve.predict",
];

fn run(arguments: &[&str], config: &Path) -> Output {
    program("makinage").args(arguments).arg("--config").arg(config).output().expect("it runs")
}

fn lines(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect()
}

#[test]
fn a_broken_file_ends_check_and_service_with_exit_code_2_and_every_problem_at_once_though_no_broker_answers() {
    if left_out() {
        return;
    }
    let folder = Folder::new();
    folder.write("raises.py", "x = 1\nraise ValueError('no luck')\n");
    let config = folder.write("config.yaml", BROKEN);
    for (arguments, mark) in [(&["check"][..], "✖ "), (&["check", "--offline"], "✖ "), (&[], "error: ")] {
        let began = Instant::now();
        let output = run(arguments, &config);
        assert!(began.elapsed() < Duration::from_secs(30), "{arguments:?} took {:?}", began.elapsed());
        assert_eq!(output.status.code(), Some(2));
        // The service's problems are its log, a check's are its result.
        let told = lines(if arguments.is_empty() { &output.stderr } else { &output.stdout });
        let problems: Vec<_> = told.iter().filter(|line| line.starts_with(mark)).collect();
        assert_eq!(problems.len(), FAULTS.len(), "{told:#?}");
        for (problem, fault) in problems.iter().zip(FAULTS) {
            assert!(problem.contains(fault), "{fault} in {told:#?}");
        }
        let text = told.join("\n");
        for part in ["encoder", "predictions", "ValueError: no luck", "raises.py:2", "absent.py"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("Traceback"), "{text}");
    }
}

#[test]
fn check_says_what_is_there_and_what_kafka_lacks_and_makes_nothing() {
    if left_out() {
        return;
    }
    let scene = Scene::new("checks").topics_of(&[("model", 1), ("data", 3)]);
    let check = |scene: &Scene| scene.command(&["check"]).output().expect("it runs");
    let output = scene.command(&["check", "--offline"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = lines(&output.stdout);
    assert!(told.len() >= 5 && told.iter().all(|line| line.starts_with("✔ ")), "{told:#?}");

    for _ in 0..2 {
        let output = check(&scene);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let told = lines(&output.stdout);
        let bad: Vec<_> = told.iter().filter(|line| line.starts_with("✖ ")).collect();
        assert_eq!(bad.len(), 1, "{told:#?}");
        assert!(bad[0].contains("sink topic checks-predict") && bad[0].contains("--create --topic checks-predict"));
        assert!(told.iter().any(|line| line.starts_with("✔ data topic checks-data: 3 partitions")), "{told:#?}");
        assert!(told.iter().any(|line| line.starts_with("! model topic checks-model holds no model")), "{told:#?}");
    }
    scene.create_topics(&[("predict", 3)]);
    assert_eq!(check(&scene).status.code(), Some(0));

    let scene = scene.set("kafka.endpoint", "127.0.0.1:1");
    let output = check(&scene);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let told = lines(&output.stdout);
    assert!(told.iter().any(|line| line.starts_with("✖ Kafka at 127.0.0.1:1: no broker answers")), "{told:#?}");

    // Takes connections, since the system does, and never says a word.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    let output = check(&scene.set("kafka.endpoint", address.as_str()));
    let told = lines(&output.stdout);
    let wanted = format!("✖ Kafka at {address}: no broker answers (what listens there says nothing for 5 s)");
    assert!(told.iter().any(|line| line.starts_with(&wanted)), "{told:#?}");
}

#[test]
fn check_notes_the_topics_that_kafka_makes_by_itself_and_makes_none() {
    if left_out() {
        return;
    }
    let broker = Broker::down();
    broker.set("auto.create.topics.enable=true");
    broker.restart();
    let scene = Scene::on(broker, "made");
    for _ in 0..2 {
        let output = scene.command(&["check"]).output().expect("it runs");
        let told = lines(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{told:#?}");
        let notes: Vec<_> = told.iter().filter(|line| line.starts_with("! ") && line.contains("made-")).collect();
        assert_eq!(notes.len(), 3, "{told:#?}");
        for (note, topic) in notes.iter().zip(["model", "data", "predict"]) {
            assert!(
                note.contains("auto.create.topics.enable") && note.contains(&format!("--topic made-{topic}")),
                "{note}"
            );
        }
    }
}

#[test]
fn check_says_what_an_event_is_where_no_encoder_says_that_it_is_json() {
    let folder = Folder::new();
    let text = include_str!("../../../../config/examples/serve.yaml");
    let json = folder.write("json.yaml", text);
    let without = folder.write("text.yaml", &text.replacen("    encoder: makinage.encoding.json\n", "", 1));
    let is_told = |config| {
        let told = lines(&run(&["check", "--offline"], config).stdout);
        told.iter()
            .any(|line| line.contains("data topic data: an event is a text") && line.contains("makinage.encoding.json"))
    };
    assert!(is_told(&without) && !is_told(&json));
}
