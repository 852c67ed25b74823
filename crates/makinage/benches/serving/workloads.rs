//! What is served: a model, its events, and the output that each event must get.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::kafka::Outputs;

/// Makes all of it.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/serving/scripts/workloads.py");

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub name: &'static str,
    pub what: &'static str,
    /// Events of its backlog.
    pub backlog: usize,
    /// Events that who scores one by one gets of it.
    pub some: usize,
    pub has_hooks: bool,
}

/// All of them.
pub(crate) const ALL: [Kind; 7] = [
    kind("W1", "logistic regression (iris), lists of four numbers", 400_000, 20_000),
    kind("W2", "forest of 100 trees (iris)", 100_000, 1_000),
    kind("W3", "XGBoost, objects of 30 named numbers", 60_000, 2_000),
    kind("W4", "Crayfish: 28×28 numbers, dense network 784-32-32-10 in ONNX", 30_000, 10_000),
    kind("W5", "texts, TF-IDF and a linear model", 60_000, 5_000),
    Kind { has_hooks: true, ..kind("W6", "the page's three hooks, logistic regression", 100_000, 0) },
    Kind { has_hooks: true, ..kind("W6f", "the page's three hooks, forest of 100 trees", 50_000, 0) },
];

const fn kind(name: &'static str, what: &'static str, backlog: usize, some: usize) -> Kind {
    Kind { name, what, backlog, some, has_hooks: false }
}

/// One that is made.
pub(crate) struct Workload {
    pub kind: Kind,
    pub folder: PathBuf,
    pub events: Vec<String>,
    outputs: Vec<Value>,
    /// What the model's call alone costs, in microseconds of processor time: for a row among 1,024, for a single row.
    pub own: [f64; 2],
}

impl Workload {
    /// Makes one below this folder.
    pub(crate) fn make(kind: Kind, python: &Path, folder: &Path) -> Self {
        let folder = folder.join(kind.name);
        fs::create_dir_all(&folder).expect("a folder");
        let mut script = Command::new(python);
        script.arg(SCRIPT).arg(kind.name).arg(&folder).arg(kind.backlog.to_string());
        let made = script.env("OMP_NUM_THREADS", "1").output().expect("Python runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let read = |name: &str| fs::read_to_string(folder.join(name)).expect("it was written");
        let own: Value = serde_json::from_str(&read("own.json")).expect("JSON");
        let own = ["batched", "single"].map(|name| own[name].as_f64().expect("a number"));
        let outputs = read("outputs.jsonl").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        Self { kind, events: read("events.jsonl").lines().map(str::to_owned).collect(), outputs, own, folder }
    }

    /// Holds outputs against the model's own answers, or against the events themselves.
    pub(crate) fn verify(&self, outputs: &Outputs, passed_on: bool, who: &str) {
        for (number, value) in outputs {
            let value: Value = serde_json::from_slice(value).expect("an output is JSON");
            let right = if passed_on {
                serde_json::from_str(&self.events[*number]).expect("an event is JSON")
            } else {
                self.outputs[*number].clone()
            };
            assert_eq!(value, right, "{who} has a wrong output for event {number} of {}", self.kind.name);
        }
    }
}
