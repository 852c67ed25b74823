//! `makinage init`: what it writes works at once, with a real model and a real Kafka, and nothing is written over.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use super::{
    broker::left_out,
    model::{iris, model, python},
    scene::Scene,
    service::{Folder, program},
};

/// Types the arguments behind `--` into a program on a terminal, a line each, and ends as it does.
const TERMINAL: &str = "
import os, pty, sys
split = sys.argv.index('--')
process, terminal = pty.fork()
if process == 0:
    os.execv(sys.argv[1], sys.argv[1:split])
os.write(terminal, ''.join(line + '\\n' for line in sys.argv[split + 1:]).encode())
shown = b''
while True:
    try:
        chunk = os.read(terminal, 4096)
    except OSError:
        break
    if not chunk:
        break
    shown += chunk
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
";

fn init(folder: &Path, arguments: &[&str]) -> Output {
    program("makinage").arg("init").arg(folder).args(arguments).output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs in the folder, and succeeds.
fn run(command: &mut Command, folder: &Path) -> String {
    let output = command.current_dir(folder).output().expect("it runs");
    let told = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{command:?}: {told}");
    told
}

/// `makinage` with the configuration that was written.
fn with_config(command: &str) -> Command {
    let mut program = program("makinage");
    program.args([command, "--config", "config.serve.yaml"]);
    program
}

fn pytest(folder: &Path) -> String {
    run(Command::new(python()).args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]), folder)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_is_written_passes_its_test_and_check_and_scores_its_event() {
    if left_out() {
        return;
    }
    let scene = Scene::new("begun").topics(1);
    let folder = scene.folder.path().join("my begin");
    let [data, models, predictions] = ["data", "model", "predict"].map(|role| scene.topic(role));
    let endpoint = scene.broker().endpoint();
    let model = iris().to_str().unwrap();
    let topics =
        ["--data-topic", &data, "--model-topic", &models, "--prediction-topic", &predictions, "--model", model];
    let output = init(&folder, &[&["--name", "begun", "--kafka", &endpoint][..], &topics].concat());
    let told = text(&output.stdout);
    assert!(output.status.success(), "{told}{}", text(&output.stderr));
    for line in
        ["config.serve.yaml", "pytest", "makinage check --config config.serve.yaml", &format!("--model {model}")]
    {
        assert!(told.contains(line), "{line} isn't in {told}");
    }
    assert!(told.contains(&format!("  cd '{}'\n", folder.display())), "{told}");
    assert!(pytest(&folder).contains("2 passed"));
    let checked = run(&mut with_config("check"), &folder);
    assert!(!checked.contains('✖') && checked.contains(&format!("✔ data topic {data}: 1 partitions")), "{checked}");
    let scored = run(with_config("predict").args(["--model", model, "events.jsonl"]), &folder);
    assert!(scored.contains(r#"{"event":[5.1,3.5,1.4,0.2],"prediction":0}"#), "{scored}");
    let mut publisher = program("makinage-model-publisher");
    let told = run(publisher.args(["--config", "config.publish.yaml", "--dry-run"]), &folder);
    assert!(told.contains(&format!("topic={models}")), "{told}");
}

#[test]
fn a_model_s_columns_are_the_example_event_s() {
    if left_out() {
        return;
    }
    let folder = Folder::new();
    let model = model("columns");
    let output = init(folder.path(), &["--yes", "--model", model.to_str().unwrap()]);
    let told = text(&output.stdout);
    assert!(output.status.success(), "{told}{}", text(&output.stderr));
    let events = folder.path().join("events.jsonl");
    assert_eq!(fs::read_to_string(&events).unwrap(), "{\"weight\": 0.5, \"color\": \"text\", \"seeds\": 1}\n");
    let hooks = fs::read_to_string(folder.path().join("hooks.py")).unwrap();
    assert!(hooks.contains("# The model's columns: \"weight\", \"color\", \"seeds\"\n"), "{hooks}");
    assert!(pytest(folder.path()).contains("2 passed"));
    // A color that the model has seen.
    folder.write("events.jsonl", "{\"weight\": 0.5, \"color\": \"red\", \"seeds\": 1}\n");
    run(with_config("predict").arg("--model").arg(&model).arg("events.jsonl"), folder.path());
    let checked = run(with_config("check").arg("--offline"), folder.path());
    assert!(checked.lines().all(|line| line.starts_with('✔')), "{checked}");
}

#[test]
fn nothing_is_written_over_unless_it_is_asked_for() {
    let folder = Folder::new();
    folder.write("hooks.py", "# mine\n");
    folder.write("other.txt", "mine too\n");
    let output = init(folder.path(), &["--yes"]);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("hooks.py is in") && told.contains("--force"), "{told}");
    assert_eq!(names(folder.path()), ["hooks.py", "other.txt"]);

    let output = init(folder.path(), &["--yes", "--force"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let written = [".makinage", "config.publish.yaml", "config.serve.yaml", "events.jsonl", "hooks.py", "other.txt"];
    assert_eq!(names(folder.path()), [&written[..], &["test_hooks.py"]].concat());
    assert!(fs::read_to_string(folder.path().join("hooks.py")).unwrap().contains("def predict(model, config):"));
    assert_eq!(fs::read_to_string(folder.path().join("other.txt")).unwrap(), "mine too\n");
    assert_eq!(init(folder.path(), &["--yes"]).status.code(), Some(2));
}

#[test]
fn what_can_t_be_meant_is_named_and_nothing_is_written() {
    let parent = Folder::new();
    let folder = parent.path().join("new");
    let wrong: [(&[&str], &str); 4] = [
        (&["--name", " "], "application.name: Kafka can't have"),
        (&["--kafka", "http://localhost"], "kafka.endpoint: "),
        (&["--data-topic", "predict"], "operators.serve.sinks"),
        (&["--model", "/nowhere/model"], "/nowhere/model: it doesn't exist"),
    ];
    for (arguments, message) in wrong {
        let output = init(&folder, &[arguments, &["--yes"]].concat());
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains(message), "{arguments:?}: {told}");
        assert!(!folder.exists());
    }
}

#[test]
fn on_a_terminal_three_things_are_asked_and_elsewhere_none() {
    let parent = Folder::new();
    let asked = parent.path().join("asked");
    let typed = |folder: &Path, arguments: &[&str], lines: &[&str]| {
        let makinage = program("makinage").get_program().to_owned();
        let mut terminal = Command::new(python());
        terminal.args(["-c", TERMINAL]).arg(makinage).arg("init").arg(folder).args(arguments).arg("--").args(lines);
        run(&mut terminal, parent.path())
    };
    let shown = typed(&asked, &[], &["fraud", "kafka-1:9093", ""]);
    assert_eq!((shown.matches("]: ").count(), shown.contains("[asked]")), (3, true), "{shown}");
    let config = fs::read_to_string(asked.join("config.serve.yaml")).unwrap();
    assert!(config.contains("  name: fraud\n") && config.contains("  endpoint: \"kafka-1:9093\"\n"), "{config}");

    let given = parent.path().join("given");
    let shown = typed(&given, &["--yes"], &[]);
    assert!(!shown.contains("]: "), "{shown}");
    let silent = parent.path().join("silent");
    assert!(init(&silent, &[]).status.success());
    for (folder, name) in [(given, "given"), (silent, "silent")] {
        let config = fs::read_to_string(folder.join("config.serve.yaml")).unwrap();
        assert!(config.contains(&format!("  name: {name}\n")) && config.contains("\"localhost\""), "{config}");
    }
}
