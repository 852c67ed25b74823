//! Changes of the configuration and of the hooks while the service runs.

use std::{
    cell::Cell,
    collections::BTreeMap,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::Instant,
};

use super::{
    broker::{Broker, left_out},
    model::iris,
    processes,
    service::{DEADLINE, Folder, Service, publish},
    stream::{Reader, key, produce, value},
};

const PUBLISH: &str = include_str!("../../../../config/examples/publish.yaml");
const SERVE: &str = include_str!("../../../../config/examples/serve-with-hooks.yaml");

/// Outputs say which configuration and which code made them.
pub const HOOKS: &str = "
from my_model import version
def pre_transform(config):
    return lambda event: event['x']
def predict(model, config):
    return lambda x: config['config']['serve']['threshold']
def post_transform(config):
    return lambda event, prediction: [event['x'], prediction, version.VERSION]
";

pub struct Rig {
    pub broker: Broker,
    pub folder: Folder,
    reader: Reader,
    events: Cell<usize>,
    outputs: std::cell::RefCell<BTreeMap<String, Vec<String>>>,
}

impl Rig {
    /// A broker with a model on it, and a folder with the hooks.
    pub fn new() -> Self {
        let broker = Broker::start();
        broker.create_topics(&[("model", 1), ("data", 1), ("predict", 1)]);
        let folder = Folder::new();
        let text = PUBLISH.replace("/.../model/model.zip", &iris().display().to_string());
        publish(&folder.config("config.publish.yaml", &text, &broker));
        folder.write_below("my_model", "serve.py", HOOKS);
        folder.write_below("my_model", "version.py", "VERSION = 1\n");
        let reader = Reader::new(&broker, "predict");
        Self { broker, folder, reader, events: Cell::new(0), outputs: std::cell::RefCell::default() }
    }

    /// The configuration with this threshold.
    pub fn text(&self, threshold: f64) -> String {
        let endpoint = format!("\"{}\"", self.broker.endpoint());
        let text =
            SERVE.replace("\"localhost\"", &endpoint).replace("threshold: 0.8", &format!("threshold: {threshold}"));
        // Its own place in the store: the tests run beside each other.
        text.replace("my_model_serving", &self.application())
    }

    fn application(&self) -> String {
        format!("reloaded_{}", self.broker.endpoint().replace([':', '.'], "_"))
    }

    /// Sends events until one comes back with this threshold and this version of the code. Every event comes back, whatever serves.
    pub fn score_until(&self, threshold: f64, version: u32) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let output = self.score();
            if output.ends_with(&format!(",{threshold},{version}]")) {
                return;
            }
            assert!(Instant::now() < deadline, "outputs are still {output}");
        }
    }

    /// Sends ten events and takes their outputs; the last of them.
    pub fn score(&self) -> String {
        let first = self.events.get();
        self.events.set(first + 10);
        produce(&self.broker, "data", (first..first + 10).map(|n| (n.to_string(), format!("{{\"x\": {n}}}"))));
        let last = (first + 9).to_string();
        let mut outputs = self.outputs.borrow_mut();
        for output in self.reader.read_until(|read| read.last().is_some_and(|output| key(output) == last)) {
            outputs.entry(key(&output)).or_default().push(value(&output));
        }
        outputs[&last].last().expect("an output").clone()
    }

    /// Every event came back exactly once. The service has ended.
    pub fn assert_none_lost_or_doubled(&self) {
        for output in self.reader.read_to_end() {
            self.outputs.borrow_mut().entry(key(&output)).or_default().push(value(&output));
        }
        let outputs = self.outputs.borrow();
        assert_eq!(outputs.len(), self.events.get());
        assert!(outputs.values().all(|values| values.len() == 1), "{outputs:#?}");
    }
}

fn replace(path: &Path, text: &str) {
    let other = path.with_extension("new");
    fs::write(&other, text).expect("the new file");
    fs::rename(&other, path).expect("renamed");
}

#[test]
fn an_edited_configuration_is_taken_up_without_a_restart_and_without_a_loss_and_a_wrong_one_changes_nothing() {
    if left_out() {
        return;
    }
    let rig = Rig::new();
    let path = rig.folder.write("config.yaml", &rig.text(0.1));
    let mut service = Service::start(&path);
    service.wait_for_line("assigned");
    rig.score_until(0.1, 1);

    // In place, and by a file that takes its place.
    fs::write(&path, rig.text(0.2)).unwrap();
    rig.score_until(0.2, 1);
    replace(&path, &rig.text(0.3));
    rig.score_until(0.3, 1);

    // Half written, once per content; then a comment only; then whole again.
    let half = rig.text(0.4);
    fs::write(&path, &half[..half.find("operators").unwrap() + 14]).unwrap();
    let refused = service.wait_for_line("is not taken up");
    assert!(refused.contains("the one before stays"), "{refused}");
    rig.score_until(0.3, 1);
    fs::write(&path, format!("# a comment\n{}", rig.text(0.3))).unwrap();
    rig.score_until(0.3, 1);

    // What needs a restart is named, and the service goes on.
    fs::write(
        &path,
        rig.text(0.5).replace(&rig.application(), "other").replace("endpoint: \"", "endpoint: \"localhost:1,"),
    )
    .unwrap();
    let refused = service.wait_for_line("can't change while the service runs");
    assert!(refused.contains("application.name, kafka.endpoint can't"), "{refused}");
    rig.score_until(0.3, 1);

    // At once, and anew though nothing has changed since.
    fs::write(&path, rig.text(0.6)).unwrap();
    service.signal("HUP");
    service.wait_for_line("SIGHUP: reading");
    rig.score_until(0.6, 1);
    service.wait_for_line("generation 4: model");
    service.signal("HUP");
    service.wait_for_line("generation 5: model");
    rig.score_until(0.6, 1);

    // What becomes of failed events goes with the generation.
    fs::write(&path, rig.text(0.7).replace("    sources:", "    on_error: stop\n    sources:")).unwrap();
    rig.score_until(0.7, 1);
    let lines = service.lines();
    assert_eq!(lines.iter().filter(|line| line.contains("is not taken up")).count(), 1);
    assert!(!lines.iter().any(|line| line.contains("generation 7")), "a comment or a refused file made a generation");
    produce(&rig.broker, "data", [("bad".to_owned(), "{}".to_owned())]);
    service.wait_for_line("stopping at data/0/");
    assert_eq!(service.wait().code(), Some(1));
    rig.assert_none_lost_or_doubled();
}

#[test]
fn a_swapped_link_as_kubernetes_does_it_changes_configuration_and_hooks_together() {
    if left_out() {
        return;
    }
    let rig = Rig::new();
    let mount = Folder::new();
    let version = |number: u32, threshold: f64| {
        let name = format!("..2026_{number}");
        mount.write_below(&name, "config.yaml", &rig.text(threshold).replace("my_model.serve:", "hooks:"));
        mount.write_below(&name, "hooks.py", &HOOKS.replace("from my_model import", "import"));
        mount.write_below(&name, "version.py", &format!("VERSION = {number}\n"));
        symlink(&name, mount.path().join("..data_tmp")).unwrap();
        fs::rename(mount.path().join("..data_tmp"), mount.path().join("..data")).unwrap();
    };
    version(1, 0.1);
    for file in ["config.yaml", "hooks.py", "version.py"] {
        symlink(PathBuf::from("..data").join(file), mount.path().join(file)).unwrap();
    }
    let mut service = Service::start(&mount.path().join("config.yaml"));
    service.wait_for_line("assigned");
    rig.score_until(0.1, 1);
    version(2, 0.2);
    fs::remove_dir_all(mount.path().join("..2026_1")).unwrap();
    rig.score_until(0.2, 2);
    assert!(!service.lines().iter().any(|line| line.contains("generation 3")), "one swap is one change");
    service.stop();
    rig.assert_none_lost_or_doubled();
}

#[test]
fn edited_hooks_make_a_generation_and_half_edited_ones_are_seen_by_nobody_not_even_by_a_replaced_worker() {
    if left_out() {
        return;
    }
    let rig = Rig::new();
    let mut service = Service::start(&rig.folder.write("config.yaml", &rig.text(0.1)));
    service.wait_for_line("assigned");
    rig.score_until(0.1, 1);
    rig.folder.write_below("my_model", "version.py", "VERSION = 2\n");
    rig.score_until(0.1, 2);

    // Asked for before the next look, which starts a process of its own that ends by itself.
    let [serving] = service.workers()[..] else { panic!("one worker serves") };
    rig.folder.write_below("my_model", "version.py", "VERSION = (3\n");
    let refused = service.wait_for_line("is not taken up");
    service.wait_for_line("SyntaxError");
    assert!(refused.contains("the one before stays"), "{refused}");
    processes::signal(serving, "KILL");
    service.wait_for_line("replaced, its model is loaded again");
    rig.score_until(0.1, 2);

    rig.folder.write_below("my_model", "version.py", "VERSION = 3\n");
    rig.score_until(0.1, 3);
    service.stop();
    rig.assert_none_lost_or_doubled();
}
