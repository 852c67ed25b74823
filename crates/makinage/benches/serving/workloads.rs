//! What is served: a model, its events, and the output that each event must get.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use serde_json::Value;

use crate::{contestants::Talks, kinds::Kind};

/// Makes all of it.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/serving/scripts/workloads.py");

/// Characters of a wrong output that are told; the prediction is at its end.
const LONGEST: usize = 200;

/// One that is made.
pub(crate) struct Workload {
    pub kind: Kind,
    pub made: Arc<Made>,
}

/// A model and its events.
pub(crate) struct Made {
    pub folder: PathBuf,
    pub events: Vec<String>,
    outputs: Vec<String>,
    /// What the model's call alone costs, in microseconds of processor time: for a row among many, for a single row.
    pub own: [f64; 2],
    /// How long a row among many takes the model, in microseconds.
    pub wall: f64,
}

/// What an output has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// The event, as it is.
    PassedOn,
    /// What the service's steps make of event and prediction.
    Scored,
}

/// Those that are made already, by name.
#[derive(Default)]
pub(crate) struct Makers(HashMap<&'static str, Arc<Made>>);

impl Makers {
    /// A workload, made unless another one of the same model has been.
    pub(crate) fn workload(&mut self, kind: Kind, python: &Path, folder: &Path) -> Workload {
        let made = self.0.entry(kind.made).or_insert_with(|| Arc::new(Made::new(kind, python, folder)));
        Workload { kind, made: Arc::clone(made) }
    }
}

impl Made {
    fn new(kind: Kind, python: &Path, folder: &Path) -> Self {
        eprintln!("{}: making its model and events", kind.made);
        let folder = folder.join(kind.made);
        fs::create_dir_all(&folder).expect("a folder");
        let mut script = Command::new(python);
        script.arg(SCRIPT).arg(kind.made).arg(&folder).arg(kind.events.to_string());
        let made = script.env("OMP_NUM_THREADS", "1").output().expect("Python runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let read = |name: &str| fs::read_to_string(folder.join(name)).expect("it was written");
        let lines = |name: &str| read(name).lines().map(str::to_owned).collect();
        let [batched, single, wall] = own(&read("own.json"));
        Self { own: [batched, single], wall, events: lines("events.jsonl"), outputs: lines("outputs.jsonl"), folder }
    }

    /// What the model's call alone costs at this moment: for a row among many, for a single row.
    pub(crate) fn own_now(&self, name: &str, python: &Path) -> [f64; 2] {
        let mut script = Command::new(python);
        script.arg(SCRIPT).args(["--own", name]).arg(&self.folder).env("OMP_NUM_THREADS", "1");
        let told = script.output().expect("Python runs");
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        let [batched, single, _] = own(&String::from_utf8_lossy(&told.stdout));
        [batched, single]
    }

    /// The event of this number, in whose place others follow once all have been.
    pub(crate) fn event(&self, number: usize) -> &str {
        &self.events[number % self.events.len()]
    }

    /// Bytes of an event.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub(crate) fn bytes(&self) -> f64 {
        self.events.iter().map(String::len).sum::<usize>() as f64 / self.events.len() as f64
    }
}

fn own(text: &str) -> [f64; 3] {
    let own: Value = serde_json::from_str(text).expect("JSON");
    ["batched", "single", "wall"].map(|name| own[name].as_f64().expect("a number"))
}

impl Workload {
    /// Holds an output against the model's own answer, or against the event itself.
    pub(crate) fn verify(&self, number: usize, output: &[u8], right: Right, talks: Talks) -> Result<(), String> {
        let read = |text: &str| -> Value { serde_json::from_str(text).expect("it was written as JSON") };
        let number = number % self.made.events.len();
        let mut right = match right {
            Right::PassedOn => read(&self.made.events[number]),
            Right::Scored => read(&self.made.outputs[number]),
        };
        let mut output: Value =
            serde_json::from_slice(output).map_err(|error| format!("event {number} has an output: {error}"))?;
        if talks == Talks::InV2 {
            // It doesn't tell the event.
            (output, right) = (output["outputs"][0]["data"][0].take(), right[1].take());
        }
        let short = |value: &Value| value.to_string().chars().rev().take(LONGEST).collect::<Vec<_>>();
        let short = |value: &Value| short(value).into_iter().rev().collect::<String>();
        let told = || format!("event {number} has an output that ends {}, not {}", short(&output), short(&right));
        if output == right { Ok(()) } else { Err(told()) }
    }
}
