//! `makinage demo`, with a Python that has what it needs.

use std::{path::Path, process::Command};

use rdkafka::{
    ClientConfig,
    producer::{BaseProducer, BaseRecord, Producer},
};

use super::{
    model::python,
    processes::wait_until_gone,
    service::{DEADLINE, Folder, Service, program},
    stream::{Reader, key, value},
};

/// The demo as a user starts it: it logs what it logs.
fn demo(arguments: &[&str]) -> Command {
    let mut command = program("makinage");
    command.arg("demo").args(arguments).env_remove("RUST_LOG");
    command
}

/// An event's line: its number, input, prediction, model.
struct Row {
    number: String,
    input: String,
    prediction: String,
    model: String,
}

/// The lines of events; no other line has brackets.
fn rows(lines: &[String]) -> Vec<Row> {
    let row = |line: &String| {
        let (number, rest) = line.split_once('[')?;
        let (input, rest) = rest.split_once(']')?;
        let mut rest = rest.split_whitespace().map(str::to_owned);
        let (prediction, model, latency) = (rest.next()?, rest.next()?, rest.next()?);
        assert!(latency == "-" || latency.parse::<f64>().is_ok_and(|latency| latency > 0.0), "{line}");
        Some(Row { number: number.trim().to_owned(), input: format!("[{input}]"), prediction, model })
    };
    lines.iter().filter_map(row).collect()
}

/// What follows a heading such as `Kafka`.
fn headed<'l>(lines: &'l [String], heading: &str) -> &'l str {
    let line = lines.iter().find(|line| line.starts_with(heading));
    line.and_then(|line| line.split_whitespace().nth(1)).unwrap_or_else(|| panic!("no {heading} in {lines:#?}"))
}

/// The names of the classes that the demo's model itself predicts.
fn predicted(folder: &Path, inputs: &[&str]) -> Vec<String> {
    let script = "import sys, json, mlflow.pyfunc, numpy\n\
        classes = open(sys.argv[1] + '/classes.txt').read().split()\n\
        model = mlflow.pyfunc.load_model(sys.argv[1] + '/model')\n\
        print(*(classes[kind] for kind in model.predict(numpy.array(json.loads(sys.argv[2])))))\n";
    let rows = format!("[{}]", inputs.join(","));
    let output = Command::new(python()).args(["-c", script]).arg(folder).arg(rows).output().expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned).collect()
}

#[test]
fn a_demo_of_five_events_shows_five_predictions_and_ends_without_a_word_of_trouble() {
    let mut demo = Service::spawn(demo(&["--events", "5", "--rate", "50"]));
    assert_eq!(demo.wait().code(), Some(0));
    demo.wait_for_line("next:");
    let lines = demo.lines();
    let rows = rows(&lines);
    assert_eq!(rows.iter().map(|row| row.number.as_str()).collect::<Vec<_>>(), ["1", "2", "3", "4", "5"], "{lines:#?}");
    assert!(rows.iter().all(|row| row.model == headed(&lines, "model")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("5 events scored, latency p50 ")), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("WARN") || line.contains("ERROR")), "{lines:#?}");
}

#[test]
fn a_demo_knows_nothing_of_the_one_before() {
    let cache = Folder::new();
    let mut command = demo(&["--events", "1"]);
    command.env("XDG_CACHE_HOME", cache.path());
    let mut demo = Service::spawn(command);
    assert_eq!(demo.wait().code(), Some(0));
    assert!(!cache.path().join("makinage/store").exists(), "a model is kept for the next one");
}

#[test]
fn other_clients_join_in_and_ctrl_c_ends_it_with_its_workers() {
    let mut demo = Service::spawn(demo(&["--rate", "20"]));
    demo.wait_for_line("    20  [");
    let lines = demo.lines();
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", headed(&lines, "Kafka"));

    let shown = rows(&lines);
    let inputs: Vec<&str> = shown.iter().map(|row| row.input.as_str()).collect();
    let classes: Vec<&str> = shown.iter().map(|row| row.prediction.as_str()).collect();
    assert_eq!(predicted(Path::new(headed(&lines, "files")), &inputs), classes);

    let producer: BaseProducer = client.create().expect("a producer");
    producer.send(BaseRecord::to("data").key("mine").payload("[5.0, 3.0, 1.5, 0.5]")).expect("sent");
    producer.flush(DEADLINE).expect("the cluster takes it");
    let read = Reader::of(client, "predict").read_until(|read| read.iter().any(|output| key(output) == "mine"));
    assert_eq!(
        read.iter().find(|output| key(output) == "mine").map(value).as_deref(),
        Some("[[5.0, 3.0, 1.5, 0.5],0]")
    );
    assert!(demo.wait_for_line("[5.0, 3.0, 1.5, 0.5]").trim_start().starts_with("other"));

    let workers = demo.workers();
    assert!(!workers.is_empty());
    demo.signal("INT");
    assert_eq!(demo.wait().code(), Some(0));
    demo.wait_for_line("events scored, latency p50");
    wait_until_gone(&workers, DEADLINE);
}

#[test]
fn a_service_that_cannot_start_ends_the_demo_with_its_reason() {
    let folder = Folder::new();
    let file = folder.write("no-folder", "");
    let mut command = demo(&[]);
    command.env("XDG_CACHE_HOME", &file);
    let mut demo = Service::spawn(command);
    assert_eq!(demo.wait().code(), Some(1));
    demo.wait_for_line(&format!("error: the service failed: cannot write {}", file.display()));
}

#[test]
fn without_a_python_it_says_how_to_get_one() {
    let folder = Folder::new();
    let mut command = demo(&[]);
    command.env_remove("VIRTUAL_ENV").env("PATH", folder.path()).env("XDG_CACHE_HOME", folder.path());
    let mut demo = Service::spawn(command);
    assert_eq!(demo.wait().code(), Some(1));
    demo.wait_for_line("there is no `python3` in the folders of PATH: install Python 3.10 or newer");
}
