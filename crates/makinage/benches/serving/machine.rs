//! What machine it was, and which versions of everything.

use std::{fs, path::Path, process::Command, thread};

use crate::{
    choice::{Choice, variable},
    contestants::What,
    prose::wrapped,
    service::Place,
};

/// Packages whose versions are told, where they are.
const PACKAGES: [&str; 10] = [
    "mlflow",
    "scikit-learn",
    "numpy",
    "xgboost-cpu",
    "onnxruntime",
    "confluent-kafka",
    "makinage",
    "aiokafka",
    "quixstreams",
    "mlserver",
];

/// A paragraph and a list.
pub(crate) fn told(place: &Place, choice: &Choice) -> String {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let (_, client) = rdkafka::util::get_rdkafka_version();
    let commit = Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
    let commit = commit.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    let machine = format!(
        "Machine: {cores} processors ({}), {} of memory, Linux {}. makinage {} ({commit}), librdkafka {client}, Kafka {}.",
        first_of("/proc/cpuinfo", "model name"),
        first_of("/proc/meminfo", "MemTotal"),
        fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim(),
        env!("CARGO_PKG_VERSION"),
        variable("MAKINAGE_BENCH_KAFKA_VERSION"),
    );
    let models = versions(&place.python, Some(&place.packages));
    let mut text = format!("{}\n{}", wrapped(&machine), wrapped(&format!("- the models, and the scripts: {models}")));
    for contestant in &choice.contestants {
        if let What::Script { environment: Some(environment), .. } = &contestant.what {
            let versions = versions(&environment.join("bin/python"), None);
            text.push_str(&wrapped(&format!("- `{}`: {versions}", contestant.name)));
        }
    }
    text
}

fn first_of(file: &str, name: &str) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim_start_matches([' ', '\t', ':']).to_owned()
}

fn versions(python: &Path, packages: Option<&Path>) -> String {
    let script = "import sys\nfrom importlib.metadata import PackageNotFoundError, version\n\
        print('Python', sys.version.split()[0], end='')\nfor name in sys.argv[1:]:\n    try:\n        \
        print(',', name, version(name), end='')\n    except PackageNotFoundError:\n        pass\n";
    let mut command = Command::new(python);
    if let Some(packages) = packages {
        command.env("PYTHONPATH", packages);
    }
    let output = command.args(["-c", script]).args(PACKAGES).output().expect("Python runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
