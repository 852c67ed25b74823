//! Publishing from MLflow's registry: a real one, in a database file, and a real Kafka.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::OnceLock,
};

use rdkafka::{Message, message::OwnedMessage};
use serde_json::{Value, json};

use super::{
    broker::left_out,
    model::python,
    scene::Scene,
    service::{Folder, Service, program},
    stream::{Reader, header},
};

const CHAMPION: &str = "models:/iris@champion";

/// Two versions of one model; `champion` is on the first. Prints the runs that made them.
const MAKE: &str = "
import sys, warnings
warnings.simplefilter('ignore')
import mlflow
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
folder = sys.argv[1]
mlflow.set_tracking_uri(f'sqlite:///{folder}/registry.db')
experiment = mlflow.create_experiment('iris', artifact_location=f'file://{folder}/artifacts')
x, y = load_iris(return_X_y=True)
runs = []
for strength in (0.5, 5.0):
    with mlflow.start_run(experiment_id=experiment) as run:
        model = LogisticRegression(C=strength, max_iter=500).fit(x, y)
        mlflow.sklearn.log_model(model, name='model', registered_model_name='iris',
                                 serialization_format='cloudpickle', pip_requirements=['scikit-learn'])
        runs.append(run.info.run_id)
mlflow.MlflowClient().set_registered_model_alias('iris', 'champion', '1')
print('runs', *runs)
";

const MOVE: &str = "
import sys, mlflow
mlflow.MlflowClient(sys.argv[1]).set_registered_model_alias('iris', 'champion', '2')
";

/// Nobody gets an answer from the database while this runs: until its standard input closes.
const LOCK: &str = "
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
database.execute('BEGIN EXCLUSIVE')
print('locked', flush=True)
sys.stdin.read()
";

/// A registry of a test's own: its file is a copy of one that is made once.
struct Registry {
    folder: Folder,
    uri: String,
}

fn run(script: &str, argument: &str) -> String {
    let output = Command::new(python()).args(["-c", script, argument]).output().expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The folder of the registry that tests copy, and the run that made the first version.
fn made() -> &'static (PathBuf, String) {
    static MADE: OnceLock<(PathBuf, String)> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("registry");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let printed = run(MAKE, &folder.display().to_string());
        let runs = printed.lines().find_map(|line| line.strip_prefix("runs ")).expect("the runs");
        (folder, runs.split(' ').next().expect("the first").to_owned())
    })
}

impl Registry {
    fn new() -> Self {
        let folder = Folder::new();
        let copy = folder.write("registry.db", "");
        fs::copy(made().0.join("registry.db"), &copy).expect("a copy");
        Self { uri: format!("sqlite:///{}", copy.display()), folder }
    }

    /// Takes the registry away until the process's input closes.
    fn lock(&self) -> Child {
        let mut command = Command::new(python());
        command.args(["-c", LOCK, self.uri.trim_start_matches("sqlite:///")]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python runs");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("its output")).read_line(&mut line).expect("a line");
        assert_eq!(line, "locked\n");
        child
    }

    fn publisher(&self, config: &Path, flags: &[&str]) -> Command {
        let noise =
            self.folder.write_below("noise", "sitecustomize.py", "import os\nprint('{}')\nos.write(1, b'\\xff')\n");
        let mut command = program("makinage-model-publisher");
        command.arg("--config").arg(config).args(flags);
        command.env("MLFLOW_TRACKING_URI", &self.uri).env("PYTHONPATH", noise.parent().expect("its folder"));
        command
    }

    fn publish(&self, config: &Path, flags: &[&str]) -> Output {
        self.publisher(config, flags).output().expect("the publisher runs")
    }
}

/// The model at an address, for a publisher's configuration.
fn at(address: &str) -> Value {
    json!({"path": address})
}

/// A reader of what has been published.
fn models(scene: &Scene) -> Reader {
    Reader::new(scene.broker(), &scene.topic("model"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn identity(record: &OwnedMessage) -> (Option<String>, Option<String>) {
    (header(record, "makinage-name"), header(record, "makinage-version"))
}

fn named(name: &str, version: &str) -> (Option<String>, Option<String>) {
    (Some(name.to_owned()), Some(version.to_owned()))
}

#[test]
fn a_model_comes_by_run_by_version_and_by_alias_with_its_name_and_version_up_to_the_predictions() {
    if left_out() {
        return;
    }
    let (registry, scene) = (Registry::new(), Scene::new("registry").topics(1));
    let by_run = json!({"path": format!("runs:/{}/model", made().1), "name": "by run", "version": 7});
    let others = ["models:/iris/2", "models:/iris/latest", CHAMPION].map(at);
    let output = registry.publish(&scene.publisher(&[&[by_run], &others[..]].concat()), &[]);
    let lines = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(
        lines.lines().next().is_some_and(|line| line.ends_with("flavor=sklearn name=\"by run\" version=7")),
        "{lines}"
    );
    assert!(
        lines
            .lines()
            .last()
            .is_some_and(|line| line.starts_with("published models:/iris@champion: topic=registry-model"))
    );
    assert!(lines.ends_with("flavor=sklearn name=iris version=1\n"), "{lines}");

    let records = models(&scene).read(4);
    let identities: Vec<_> = records.iter().map(identity).collect();
    assert_eq!(identities, [named("by run", "7"), named("iris", "2"), named("iris", "2"), named("iris", "1")]);
    // One model has one digest, however it is addressed.
    assert_eq!(records[0].payload(), records[3].payload());
    assert_eq!(records[1].payload(), records[2].payload());
    assert_ne!(records[0].payload(), records[1].payload());

    let mut service = scene.serve().at_work();
    scene.produce(&["[5.1, 3.5, 1.4, 0.2]"]);
    let outputs = scene.reader().read(1);
    assert_eq!(header(&outputs[0], "makinage-model").as_deref(), Some("iris@1"));
    service.stop();
}

#[test]
fn when_the_alias_moves_the_stream_follows_and_a_restart_publishes_nothing_twice() {
    if left_out() {
        return;
    }
    let (registry, scene) = (Registry::new(), Scene::new("alias"));
    let config = scene.publisher(&[at(CHAMPION)]);
    let watch = || Service::spawn(registry.publisher(&config, &["--watch", "--interval", "200ms"]));
    let mut watching = watch();
    watching.wait_for_line("the topic \"alias-model\" isn't there");
    scene.create_topics(&[("model", 1)]);
    watching.wait_for_line("models:/iris@champion: Kafka takes models again");
    let reader = models(&scene);
    assert_eq!(reader.read(1).iter().map(identity).collect::<Vec<_>>(), [named("iris", "1")]);

    let mut lock = registry.lock();
    watching.wait_for_line("can't be asked");
    drop(lock.stdin.take());
    assert!(lock.wait().expect("it ends").success());
    watching.wait_for_line("MLflow answers again");

    run(MOVE, &registry.uri);
    assert_eq!(reader.read(1).iter().map(identity).collect::<Vec<_>>(), [named("iris", "2")]);
    watching.stop();

    let mut watching = watch();
    watching.wait_for_line("unchanged models:/iris@champion");
    watching.stop();
    assert!(!watching.lines().iter().any(|line| line.starts_with("published ")));
    assert_eq!(reader.read_to_end().len(), 0);
}

#[test]
fn a_dry_run_says_what_would_be_sent_and_sends_nothing() {
    if left_out() {
        return;
    }
    let (registry, scene) = (Registry::new(), Scene::new("dry-run"));
    let config = scene.publisher(&[at(CHAMPION)]);
    let output = registry.publish(&config, &["--dry-run"]);
    assert!(
        text(&output.stderr).contains("the topic \"dry-run-model\" isn't there; publishing creates it"),
        "{output:?}"
    );
    assert_eq!(output.status.code(), Some(1));
    scene.create_topics(&[("model", 1)]);
    let output = registry.publish(&config, &["--dry-run"]);
    let lines = text(&output.stdout);
    assert!(lines.starts_with("would publish models:/iris@champion: topic=dry-run-model bytes="), "{output:?}");
    assert!(lines.ends_with(" flavor=sklearn name=iris version=1\n"), "{lines}");
    assert_eq!(models(&scene).read_to_end().len(), 0);
}

#[test]
fn no_such_run_model_version_or_alias_is_one_sentence_that_names_the_address() {
    let (registry, scene) = (Registry::new(), Scene::alone());
    let addresses = [
        "runs:/0123456789abcdef0123456789abcdef/model",
        &format!("runs:/{}/other", made().1),
        "models:/iris@nobody",
        "models:/iris/9",
        "models:/iris/Production",
        "models:/rose/latest",
    ];
    let output = registry.publish(&scene.publisher(&addresses.map(at)), &[]);
    let lines = text(&output.stderr);
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(lines[0], "error: 6 models can't be published, and none was sent:");
    assert_eq!(lines.len(), 7, "{lines:#?}");
    for (address, line) in addresses.iter().zip(&lines[1..]) {
        assert!(line.contains(&format!(": {address}: MLflow at sqlite:///")), "{line}");
        assert!(line.contains(" doesn't have it (") && line.ends_with("registry that has it"), "{line}");
    }
}

#[test]
fn a_python_without_mlflow_is_named_with_the_command() {
    let (registry, scene) = (Registry::new(), Scene::alone());
    let config = scene.publisher(&[at(CHAMPION)]);
    let bare = config.parent().expect("its folder").join("bare");
    let made = Command::new(python()).args(["-m", "venv", "--without-pip"]).arg(&bare).status().expect("Python runs");
    assert!(made.success());
    let output = registry.publisher(&config, &[]).env("VIRTUAL_ENV", &bare).output().expect("the publisher runs");
    let log = text(&output.stderr);
    let python = bare.join("bin/python");
    assert!(log.ends_with(&format!("install it with: {} -m pip install mlflow\n", python.display())), "{log}");
    assert_eq!((output.status.code(), log.lines().count()), (Some(1), 1), "{log}");
}

#[test]
fn a_password_in_the_registrys_address_is_not_shown() {
    let (registry, scene) = (Registry::new(), Scene::alone());
    let config = scene.publisher(&[at(CHAMPION)]);
    let mut publisher = registry.publisher(&config, &[]);
    publisher.env("MLFLOW_TRACKING_URI", "http://me:secret@127.0.0.1:1").env("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0");
    let output = publisher.output().expect("the publisher runs");
    let log = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{log}");
    assert!(log.contains("MLflow at http://127.0.0.1:1 can't be asked") && !log.contains("secret"), "{log}");
}

#[test]
fn only_what_moves_can_be_watched() {
    let (registry, scene) = (Registry::new(), Scene::alone());
    for path in ["models:/iris/1", "runs:/0/model", "/a/model.zip"] {
        let config = scene.publisher(&[at(path)]);
        let output = registry.publish(&config, &["--watch"]);
        let log = text(&output.stderr);
        assert!(log.contains(&format!(": {path}: --watch follows an alias or the newest version")), "{log}");
        assert_eq!(output.status.code(), Some(2));
    }
}
