//! Values below `config:` against PyYAML itself: random texts, and the way from the file to the hooks and the log.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use makinage::config::{Origin, read_service};
use serde_json::Value;

use super::{
    broker::root,
    model::{iris, python},
    random::Random,
    service::{Folder, program},
};

const CONFIG: &str = include_str!("../../../../config/examples/serve-with-hooks.yaml");

/// What values are made of: whole ones that mean something, and pieces that do so together.
const PIECES: [&str; 61] = [
    "off",
    "Yes",
    "NO",
    "on",
    "true",
    "y",
    "~",
    "null",
    "=",
    "<<",
    ".inf",
    ".nan",
    "inf",
    "0",
    "1",
    "2",
    "7",
    "8",
    "9",
    "00",
    "12",
    "30",
    "59",
    "60",
    "99",
    "2024",
    "1999",
    "0001",
    "-",
    "+",
    "-",
    "+",
    ".",
    ".",
    "_",
    "_",
    ":",
    ":",
    "e",
    "E",
    "e+",
    "E-",
    "0x",
    "0b",
    "0o",
    "0",
    "a",
    "F",
    "Z",
    "T",
    "t",
    " ",
    " ",
    "-01",
    "-02",
    "-31",
    "2024-01-02",
    "10:20:30",
    "1:30",
    "1_000",
    "x",
];

fn random_text(random: &mut Random) -> String {
    let count = 1 + random.below(6);
    let pieces = (0..count).map(|_| PIECES[usize::try_from(random.below(61)).expect("few")]);
    let text = pieces.collect::<String>().trim().to_owned();
    // There the grammars of YAML 1.1 and 1.2 differ, before anything has a meaning.
    let marker = text.starts_with("...") || text.starts_with("---");
    let colon = text.starts_with(':') || text.contains(" :");
    if text.is_empty() || marker || colon || text.ends_with('-') { random_text(random) } else { text }
}

/// A scalar alone, with a tag, or in quotes; most are plain.
fn random_scalar(random: &mut Random) -> String {
    let text = random_text(random);
    match random.below(12) {
        0 => format!("!!str {text}"),
        1 => format!("\"{text}\""),
        2 => format!("'{text}'"),
        3 => format!("[{text}]"),
        4 => format!("{{{text}: {text}}}"),
        _ => text,
    }
}

/// For each text the tagged value in a list of one, or null where PyYAML refuses it.
fn pyyaml(texts: &[String]) -> Vec<Value> {
    let script = root().join("python/tests/pyyaml_oracle.py");
    let mut child = Command::new(python())
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the test's Python");
    let input = serde_json::to_vec(texts).expect("JSON");
    child.stdin.take().expect("its input").write_all(&input).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The value as hooks get it, or what is said of it.
fn ours(text: &str) -> Result<Value, String> {
    let service = CONFIG.split("config:\n").next().expect("the service's own keys");
    let origin = Origin { name: "config.yaml".into(), folder: Path::new("/nowhere").to_owned() };
    let reading = read_service(&format!("{service}config:\n  value:\n    {text}\n"), &origin);
    let document = reading.config.map(|config| serde_json::from_str::<Value>(config.document.get()).expect("JSON"));
    document.map(|document| below(&below(&document, "config"), "value")).ok_or_else(|| reading.problems.to_string())
}

fn below(mapping: &Value, key: &str) -> Value {
    let pairs = mapping["m"].as_array().expect("a mapping");
    pairs.iter().find(|pair| pair[0] == key).map(|pair| pair[1].clone()).expect("the key")
}

#[test]
fn random_values_are_what_pyyaml_makes_of_them() {
    let mut random = Random::printed();
    let texts: Vec<String> = (0..20_000).map(|_| random_scalar(&mut random)).collect();
    let mut compared = [0, 0];
    let mut wrong = Vec::new();
    for (text, pyyaml) in texts.iter().zip(pyyaml(&texts)) {
        match (ours(text), pyyaml) {
            (Ok(ours), Value::Array(theirs)) if ours == theirs[0] => compared[0] += 1,
            (Err(_), Value::Null) => compared[1] += 1,
            (ours, theirs) => wrong.push(format!("{text:?}: {ours:?}, PyYAML: {theirs}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared[0] > 10_000 && compared[1] > 50, "{compared:?}");
}

const HOOKS: &str = "
def pre_transform(config):
    return lambda event: event['x']
def predict(model, config):
    serve = {key: value for key, value in config['config']['serve'].items() if not str(value).startswith('my_model.')}
    return lambda x: repr([serve, config['application']['stop_timeout'], config['operators']['serve']['max_delay']])
def post_transform(config):
    return lambda event, prediction: prediction
";

const OWN: &str = "
    enabled: off
    mode: 0755
    limit: 1_000
    window: 1:30
    since: 2024-01-02
    at: 2024-01-02 10:00:00 +01:00
    on: {yes: \"no\"}
    base: &base {a: 010, b: ~}
    use: {<<: *base, b: 1e3}
";

const GIVEN: &str = "[{'input_field': 'features', 'threshold': 0.8, 'enabled': False, 'mode': 493, 'limit': 1000, 'window': 90, 'since': datetime.date(2024, 1, 2), \
'at': datetime.datetime(2024, 1, 2, 10, 0, tzinfo=datetime.timezone(datetime.timedelta(seconds=3600))), \
True: {True: 'no'}, 'base': {'a': 8, 'b': None}, 'use': {'a': 8, 'b': '1e3'}}, '010s', '010ms']";

/// The example's configuration with more below `config.serve`, and service keys that YAML 1.1 would read otherwise.
fn configuration(folder: &Folder, own: &str) -> std::path::PathBuf {
    folder.write_below("my_model", "serve.py", HOOKS);
    let text = CONFIG.replace("    sources:", "    batch: 010\n    max_delay: 010ms\n    sources:").replacen(
        "application:\n",
        "application:\n  stop_timeout: 010s\n",
        1,
    );
    let own = own.replace("\n    ", "\n     ");
    folder.write("config.yaml", &format!("{}\n{}", text.trim_end(), own.trim_start_matches('\n')))
}

#[test]
fn hooks_get_what_pyyaml_read_and_each_value_is_named_once_by_check_and_at_the_start() {
    let folder = Folder::new();
    let config = configuration(&folder, OWN);
    let events = folder.write("events.jsonl", "{\"x\": [5.1, 3.5, 1.4, 0.2]}\n");
    let output = program("makinage")
        .args(["predict", "--config"])
        .arg(&config)
        .arg("--model")
        .arg(iris())
        .arg(events)
        .output()
        .expect("it runs");
    let log = String::from_utf8_lossy(&output.stderr);
    let given: String = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {log}"));
    assert_eq!(given, GIVEN);
    let check = program("makinage").args(["check", "--offline", "--config"]).arg(&config).output().expect("it runs");
    let told = String::from_utf8_lossy(&check.stdout);
    assert_eq!(check.status.code(), Some(0), "{told}");
    let names = ["enabled", "mode", "limit", "window", "since", "at", "on", "on.yes", "base.a", "use.b"]
        .map(|name| format!(": config.serve.{name}: "));
    for name in names {
        assert_eq!((told.matches(&name).count(), log.matches(&name).count()), (1, 1), "{name} in {told}\n{log}");
    }
    assert!(!told.contains(": operators.") && !told.contains(": application."), "{told}");
}

#[test]
fn a_start_names_some_values_and_counts_the_others_and_check_names_all() {
    let folder = Folder::new();
    let own: Vec<_> = (0..50).map(|number| format!("\n    k{number}: off")).collect();
    let config = configuration(&folder, &own.concat());
    let run = |arguments: &[&str]| program("makinage").args(arguments).arg(&config).output().expect("it runs");
    let check = String::from_utf8_lossy(&run(&["check", "--offline", "--config"]).stdout).into_owned();
    assert_eq!(check.matches("`off` is False here").count(), 50, "{check}");
    let start = run(&["predict", "--model", "/nowhere", "--config"]);
    let start = String::from_utf8_lossy(&start.stderr).into_owned();
    assert_eq!(start.matches("`off` is False here").count(), 20, "{start}");
    assert!(start.contains("30 more such values"), "{start}");
}

#[test]
fn what_pyyaml_refuses_is_refused_with_its_line() {
    let folder = Folder::new();
    let config = configuration(&folder, "\n    day: 2024-02-30\n    bits: 0b_\n    sign: =\n");
    let check = program("makinage").args(["check", "--offline", "--config"]).arg(&config).output().expect("it runs");
    let told = String::from_utf8_lossy(&check.stdout);
    assert_eq!(check.status.code(), Some(2), "{told}");
    for key in ["day", "bits", "sign"] {
        assert!(
            told.contains(&format!(": config.serve.{key}: PyYAML, which Maki Nage read this with, refuses")),
            "{told}"
        );
    }
}
