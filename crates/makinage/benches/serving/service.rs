//! A contestant that runs.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use crate::{
    contestants::{Contestant, What},
    processes,
    workloads::Workload,
};

/// What all contestants share.
pub(crate) struct Place {
    pub endpoint: String,
    /// With `mlflow`, and what models need.
    pub python: PathBuf,
    /// What scripts need beside that: a folder of packages.
    pub packages: PathBuf,
    pub folder: PathBuf,
}

/// Where events come from, and outputs go.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub events: String,
    pub outputs: String,
    /// The topic that models are published on.
    pub models: String,
}

/// A running contestant; ended with this.
pub(crate) struct Service(Child);

impl Service {
    /// Starts one. `None` for one that needs no process.
    pub(crate) fn start(contestant: &Contestant, place: &Place, workload: &Workload, route: &Route) -> Option<Self> {
        let mut command = match &contestant.what {
            What::Bare => return None,
            What::Makinage { program, setting } => {
                let config = place.config(
                    &setting.kafka(&place.endpoint),
                    (setting.topics(), setting.operator()),
                    workload,
                    route,
                );
                let mut command = Command::new(program);
                command.arg("--config").arg(config).current_dir(&workload.folder);
                command
            }
            What::Script { file, .. } => {
                let mut command = Command::new(&place.python);
                command.env("PYTHONPATH", &place.packages);
                command.arg(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/serving/scripts")).join(file));
                command.args([&place.endpoint, &route.events, &route.outputs]).arg(workload.folder.join("model"));
                command
            }
            What::Loop => {
                let mut command = Command::new(std::env::current_exe().expect("this program"));
                command.args(["loop", &place.endpoint, &route.events, &route.outputs]);
                command
            }
        };
        command.env("OMP_NUM_THREADS", "1").stderr(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        let log = BufReader::new(child.stderr.take().expect("its log"));
        let name = contestant.name;
        // What isn't read would stop it once the pipe is full.
        thread::spawn(move || {
            for line in log.lines().map_while(Result::ok).filter(|line| is_fault(line)) {
                eprintln!("{name}: {line}");
            }
        });
        Some(Self(child))
    }

    /// Processor time, of all its processes.
    pub(crate) fn processor_time(&self) -> Duration {
        processes::processor_time(self.0.id())
    }

    /// Memory at most, in MiB: of the process that was started, and of the others.
    pub(crate) fn memory(&self) -> (f64, f64) {
        processes::memory(self.0.id())
    }
}

fn is_fault(line: &str) -> bool {
    ["ERROR", "Error", "WARN"].iter().any(|word| line.contains(word)) && !line.contains("mlflow")
}

impl Drop for Service {
    fn drop(&mut self) {
        // A script has no order to end in.
        let told = Command::new("kill").arg(self.0.id().to_string()).status();
        assert!(told.is_ok_and(|status| status.success()), "it takes SIGTERM");
        self.0.wait().expect("its end");
    }
}

impl Place {
    fn config(&self, kafka: &str, (topics, operator): (String, String), workload: &Workload, route: &Route) -> PathBuf {
        let Route { events, outputs, models } = route;
        let (python, store) = (self.python.display(), self.folder.join("store"));
        let serve = if workload.kind.has_hooks {
            let hook = |step: &str| format!("{step}: hooks_of_bench:{step}");
            format!("{}, threshold: 0.5", ["pre_transform", "predict", "post_transform"].map(hook).join(", "))
        } else {
            String::new()
        };
        let text = format!(
            "application: {{name: {outputs}}}
kafka: {kafka}
topics:
  - {{name: {events}, encoder: makinage.encoding.json, start_from: beginning}}
  - {{name: {models}, encoder: makinage.encoding.none}}
  - {{name: {outputs}, encoder: makinage.encoding.json}}{topics}
operators:
  serve: {{factory: makinage.serve:serve, sources: [{models}, {events}], sinks: [{outputs}], python: {python}{operator}}}
config: {{serve: {{{serve}}}}}
models: {{store: {}}}
",
            store.display()
        );
        let config = workload.folder.join(format!("{outputs}.yaml"));
        fs::write(&config, text).expect("a file");
        config
    }

    /// Publishes a workload's model.
    pub(crate) fn publish(&self, makinage: &Path, workload: &Workload, topic: &str) {
        let path = workload.folder.join("model");
        let text = format!(
            "application: {{name: bench}}\nkafka: {{endpoint: \"{}\"}}\nmodels: [{{topic: {topic}, path: {}}}]\n",
            self.endpoint,
            path.display()
        );
        let config = workload.folder.join("publish.yaml");
        fs::write(&config, text).expect("a file");
        let published = Command::new(makinage).args(["publish", "--config"]).arg(&config).output();
        let published = published.expect("it runs");
        assert!(published.status.success(), "{}", String::from_utf8_lossy(&published.stderr));
    }
}
