//! The publisher against a real Kafka: what goes onto the topic, and what is refused before anything does.

use std::{
    fs,
    io::Read,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use rdkafka::Message;
use serde_json::json;

use super::{
    broker::{Broker, left_out},
    model::{iris, python},
    scene::Scene,
    service::{Folder, program},
    settings::Settings,
    stream::{Reader, header},
};

/// What the publisher promises for each refusal, whatever the broker does.
const PROMISED: Duration = Duration::from_secs(30);

/// A zip of a model: its files at the root (`.`), or one folder down.
fn zip(folder: &Folder, name: &str, model: &Path, root: bool) -> PathBuf {
    let zip = folder.write(name, "");
    let (at, what) = if root {
        (model, ".".as_ref())
    } else {
        (model.parent().expect("a parent"), model.file_name().expect("a name"))
    };
    let made = Command::new(python()).args(["-m", "zipfile", "-c"]).arg(&zip).arg(what).current_dir(at).status();
    assert!(made.is_ok_and(|status| status.success()), "the zip can't be made");
    zip
}

/// What is asked for, and parts of what is told.
struct Case<'a> {
    endpoint: &'a str,
    models: Vec<(&'a str, &'a Path)>,
    told: Vec<&'a str>,
}

/// A publisher that has been started.
struct Run {
    child: Child,
    began: Instant,
}

impl Run {
    fn start(folder: &Folder, name: &str, endpoint: &str, models: &[(&str, &Path)]) -> Self {
        let models: Vec<_> = models.iter().map(|(topic, path)| json!({"topic": topic, "path": path})).collect();
        let config = folder.write(name, &Settings::publisher("publisher", endpoint, &models).text());
        let mut command = program("makinage");
        command.arg("publish").arg("--config").arg(config).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { child: command.spawn().expect("the publisher starts"), began: Instant::now() }
    }

    fn end(self) -> Output {
        let output = self.child.wait_with_output().expect("it ends");
        assert!(self.began.elapsed() < PROMISED, "it took {:?}", self.began.elapsed());
        output
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_zip_arrives_byte_for_byte_with_a_key_whether_its_model_is_at_the_root_or_one_folder_down_and_a_folder_as_a_zip() {
    if left_out() {
        return;
    }
    let (broker, folder) = (Broker::shared(), Folder::new());
    broker.create_topics(&[("publisher-takes", 1)]);
    let (root, below) = (zip(&folder, "root.zip", iris(), true), zip(&folder, "below.zip", iris(), false));
    let paths = [root.as_path(), below.as_path(), iris()];
    let models: Vec<_> = paths.iter().map(|path| ("publisher-takes", *path)).collect();
    let output = Run::start(&folder, "publish.yaml", &broker.endpoint(), &models).end();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let on_topic = Reader::new(&broker, "publisher-takes").read(3);
    let lines = text(&output.stdout);
    for (offset, ((record, line), path)) in on_topic.iter().zip(lines.lines()).zip(paths).enumerate() {
        assert_eq!(record.key(), Some(b"model".as_slice()));
        let (bytes, sha256) =
            (record.payload().map_or(0, <[u8]>::len), header(record, "makinage-sha256").expect("the hash"));
        let expected = format!(
            "published {}: topic=publisher-takes partition=0 offset={offset} bytes={bytes} sha256={sha256} flavor=sklearn",
            path.display()
        );
        assert_eq!(line, expected);
    }
    for (record, path) in on_topic.iter().zip([&root, &below]) {
        assert!(record.payload() == Some(&fs::read(path).expect("the zip")), "{}", path.display());
    }
    let packed = on_topic[2].payload().expect("a zip");
    let mut packed = zip::ZipArchive::new(std::io::Cursor::new(packed)).expect("a zip");
    let mut mlmodel = String::new();
    packed.by_name("MLmodel").expect("at its root").read_to_string(&mut mlmodel).expect("text");
    assert_eq!(mlmodel, fs::read_to_string(iris().join("MLmodel")).expect("text"));
}

#[test]
fn what_cannot_be_published_is_named_in_a_sentence_within_30_seconds_and_nothing_is_sent() {
    if left_out() {
        return;
    }
    let (broker, folder) = (Broker::shared(), Folder::new());
    broker.create_topics(&[("publisher-empty", 1)]);
    broker.create_topic_with("publisher-small", 1, ("max.message.bytes", "500"));
    // Takes connections, since the system does, and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent = silent.local_addr().expect("its address").to_string();
    let (here, empty) = (broker.endpoint(), "publisher-empty");
    let no_model = folder.write_below("no-model", "readme.txt", "nothing");
    let no_model = no_model.parent().expect("the folder");
    let nowhere = Path::new("/nowhere/model.zip");
    let damaged = folder.write("damaged.zip", "PK no zip");
    let case = |endpoint, models, told| Case { endpoint, models, told };
    let cases = [
        case(&here, vec![(empty, nowhere)], vec!["/nowhere/model.zip: it doesn't exist"]),
        case(&here, vec![(empty, no_model)], vec!["no-model: the folder holds no MLmodel file"]),
        case(&here, vec![(empty, damaged.as_path())], vec!["damaged.zip: it isn't a readable zip archive"]),
        case(&here, vec![("publisher-absent", iris())], vec!["the topic \"publisher-absent\" isn't there", "--create"]),
        case(&here, vec![("publisher-small", iris())], vec!["topic \"publisher-small\" takes 500 (max.message.bytes)"]),
        case(
            &here,
            vec![(empty, iris()), (empty, nowhere), (empty, no_model)],
            vec!["2 models can't", "/nowhere/", "no-model"],
        ),
        case(&here, vec![(empty, iris()), ("publisher-small", iris())], vec!["publisher-small"]),
        case("127.0.0.1:1", vec![(empty, iris())], vec!["no answer from Kafka at 127.0.0.1:1"]),
        case(&silent, vec![(empty, iris())], vec!["no answer from Kafka at", silent.as_str(), ": 10 s so far\n"]),
    ];
    // At once: those without a broker wait for one.
    let runs: Vec<_> = cases
        .iter()
        .enumerate()
        .map(|(n, case)| Run::start(&folder, &format!("{n}.yaml"), case.endpoint, &case.models))
        .collect();
    for (run, Case { told, .. }) in runs.into_iter().zip(&cases) {
        let output = run.end();
        let error = text(&output.stderr);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(1), ""), "{error}");
        assert!(told.iter().all(|told| error.contains(told)), "{told:?} in: {error}");
        // A topic with Kafka's default retention is warned of first, and so it is told how long it takes.
        let other = |line: &&str| !line.starts_with("warning: ") && !line.ends_with(" s so far");
        let first = error.lines().find(other).unwrap_or_default();
        assert!(first.starts_with("error: ") && !error.contains("panicked"), "{error}");
    }
    assert_eq!((broker.offsets(empty).1, broker.offsets("publisher-small").1), (0, 0));
}

#[test]
fn a_model_of_100_mb_goes_through_a_broker_that_takes_it_and_is_served() {
    if left_out() {
        return;
    }
    let scene = Scene::new("large").topics(1).reading_from_the_beginning();
    let script = "import random, shutil, sys, zipfile\n\
        from pathlib import Path\n\
        with zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_STORED) as zip:\n\
        \x20   for path in Path(sys.argv[1]).rglob('*'):\n\
        \x20       zip.write(path, path.relative_to(sys.argv[1]))\n\
        \x20   zip.writestr('data/weights.bin', random.Random(1).randbytes(100_000_000))\n";
    let large = scene.folder.write("large.zip", "");
    let made = Command::new(python()).arg("-c").arg(script).arg(iris()).arg(&large).status();
    assert!(made.is_ok_and(|status| status.success()), "the zip can't be made");
    scene.publish(&large);
    scene.produce(&["[5.1, 3.5, 1.4, 0.2]"]);
    let mut service = scene.serve();
    assert_eq!(scene.reader().values(1), ["[[5.1, 3.5, 1.4, 0.2],0]"]);
    service.stop();
}
