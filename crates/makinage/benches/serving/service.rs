//! A contestant that runs.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use crate::{
    contestants::{Contestant, What},
    figures::{Figures, Of},
    processes::{self, Memory},
    workloads::Workload,
};

/// How long a contestant that isn't the product may take to end once it is asked to.
const PATIENCE: Duration = Duration::from_secs(20);

/// What all contestants share.
pub(crate) struct Place {
    pub endpoint: String,
    /// The broker's process.
    pub broker: String,
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
pub(crate) struct Service {
    child: Child,
    is_makinage: bool,
    /// When it has said what, of that in [`SAID`].
    said: Arc<Mutex<[Option<Instant>; 3]>>,
}

/// What the product says on its way to a first output, in this order, and what the time until then is.
const SAID: [(&str, Of); 3] = [(": loading model ", Of::Found), (" loaded in ", Of::Loaded), (" takes over", Of::Over)];

impl Service {
    /// Starts one. `None` for one that needs no process.
    pub(crate) fn start(contestant: &Contestant, place: &Place, workload: &Workload, route: &Route) -> Option<Self> {
        let mut command = place.command(contestant, workload, route)?;
        if workload.kind.is_apart {
            command = place.apart(&command);
        }
        command
            .env("OMP_NUM_THREADS", "1")
            .env("MAKINAGE_LOG_FORMAT", "text")
            .stderr(Stdio::piped())
            .stdout(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        let log = BufReader::new(child.stderr.take().expect("its log"));
        let (name, is_makinage) = (contestant.name, contestant.is_makinage());
        let said = Arc::new(Mutex::new([None; 3]));
        let says = Arc::clone(&said);
        // What isn't read would stop it once the pipe is full.
        thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                if is_fault(&line) {
                    eprintln!("{name}: {line}");
                }
                let what = SAID.iter().position(|(text, _)| is_makinage && line.contains(text));
                if let Some(what) = what {
                    says.lock().expect("nobody panics")[what].get_or_insert_with(Instant::now);
                }
            }
        });
        Some(Self { child, is_makinage, said })
    }

    /// Processor time, of all its processes.
    pub(crate) fn processor_time(&self) -> Duration {
        processes::processor_time(self.child.id())
    }

    /// Memory at most, in MiB.
    pub(crate) fn tell_memory(&self, figures: &mut Figures) {
        let Memory { root, largest, others } = processes::memory(self.child.id());
        figures.insert(Of::Memory, root);
        if others > 0.0 {
            figures.insert(Of::Worker, largest);
            figures.insert(Of::Workers, others);
        }
    }

    /// How long it took from its start to its first output, and what that went into.
    pub(crate) fn tell_start(&self, began: Instant, first: Instant, figures: &mut Figures) {
        figures.insert(Of::Start, (first - began).as_secs_f64());
        let said = *self.said.lock().expect("nobody panics");
        if let [Some(_), Some(_), Some(over)] = said {
            let mut before = began;
            for ((_, of), at) in SAID.iter().zip(said.into_iter().flatten()) {
                figures.insert(*of, (at - before).as_secs_f64());
                before = at;
            }
            figures.insert(Of::Answer, first.saturating_duration_since(over).as_secs_f64());
        }
    }
}

fn is_fault(line: &str) -> bool {
    // A library that warns is nobody's fault here.
    let is_known =
        line.contains("mlflow") || line.contains("[W018]") || line.contains("so reading starts at the beginning");
    ["ERROR", "Error", "WARN"].iter().any(|word| line.contains(word)) && !is_known
}

impl Drop for Service {
    fn drop(&mut self) {
        // A script has no order to end in.
        let told = Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(told.is_ok_and(|status| status.success()), "it takes SIGTERM");
        let until = Instant::now() + PATIENCE;
        while !self.is_makinage && Instant::now() < until && self.child.try_wait().expect("its state").is_none() {
            thread::sleep(Duration::from_millis(20));
        }
        if !self.is_makinage && self.child.try_wait().expect("its state").is_none() {
            self.child.kill().expect("it can be killed");
        }
        self.child.wait().expect("its end");
    }
}

/// A model that is loaded with no service around it.
pub(crate) struct Loaded;

impl Loaded {
    /// How long a fresh interpreter takes until MLflow is imported, the model is loaded, and a row is answered.
    pub(crate) fn alone(place: &Place, workload: &Workload) -> [Duration; 3] {
        let began = Instant::now();
        let mut command = Command::new(&place.python);
        command.arg(script("start.py")).arg(workload.made.folder.join("model"));
        command.env("OMP_NUM_THREADS", "1").stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("Python runs");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let at: Vec<Duration> = lines.map(|line| line.map(|_| began.elapsed()).expect("a line")).collect();
        child.wait().expect("its end");
        at.try_into().expect("it has said three things")
    }
}

/// A script of this folder.
fn script(file: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/serving/scripts")).join(file)
}

impl Place {
    fn command(&self, contestant: &Contestant, workload: &Workload, route: &Route) -> Option<Command> {
        let folder = &workload.made.folder;
        Some(match &contestant.what {
            What::Bare => return None,
            What::Makinage { program, setting } => {
                let config = self.config(
                    &setting.kafka(&self.endpoint),
                    (setting.topics(), setting.operator()),
                    workload,
                    route,
                );
                let mut command = Command::new(program);
                command.arg("--config").arg(config).current_dir(folder);
                command
            }
            What::Script { file, environment, .. } => {
                let mut command = match environment {
                    Some(environment) => Command::new(environment.join("bin/python")),
                    None => Command::new(&self.python),
                };
                if environment.is_none() {
                    command.env("PYTHONPATH", &self.packages);
                }
                command.arg(script(file)).args([&self.endpoint, &route.events, &route.outputs]);
                command.arg(folder.join("model")).arg(&route.models);
                command
            }
            What::Loop => {
                let mut command = Command::new(std::env::current_exe().expect("this program"));
                command.args(["loop", &self.endpoint, &route.events, &route.outputs]);
                command
            }
        })
    }

    /// The same on a processor of its own.
    fn apart(&self, command: &Command) -> Command {
        self.move_broker("0");
        let mut apart = Command::new("taskset");
        apart.args(["-c", "1"]).arg(command.get_program()).args(command.get_args());
        apart.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if let Some(folder) = command.get_current_dir() {
            apart.current_dir(folder);
        }
        apart
    }

    /// Says on which processors the broker may run.
    pub(crate) fn move_broker(&self, processors: &str) {
        let mut taskset = Command::new("taskset");
        let moved = taskset.args(["-a", "-c", "-p", processors, &self.broker]).stdout(Stdio::null()).status();
        assert!(moved.is_ok_and(|status| status.success()), "taskset (of util-linux) moves the broker");
    }

    fn config(&self, kafka: &str, (topics, operator): (String, String), workload: &Workload, route: &Route) -> PathBuf {
        let Route { events, outputs, models } = route;
        let (python, store) = (self.python.display(), self.folder.join("store"));
        let serve = if workload.kind.has_hooks {
            let hook = |step: &str| format!("{step}: hooks_of_bench:{step}");
            format!("{}, threshold: 0.5", ["pre_transform", "predict", "post_transform"].map(hook).join(", "))
        } else {
            String::new()
        };
        let workers = workload.kind.workers;
        let text = format!(
            "application: {{name: {outputs}}}
kafka: {kafka}
topics:
  - {{name: {events}, encoder: makinage.encoding.json, start_from: beginning}}
  - {{name: {models}, encoder: makinage.encoding.none}}
  - {{name: {outputs}, encoder: makinage.encoding.json}}{topics}
operators:
  serve: {{factory: makinage.serve:serve, sources: [{models}, {events}], sinks: [{outputs}], python: {python}, workers: {workers}{operator}}}
config: {{serve: {{{serve}}}}}
models: {{store: {}}}
",
            store.display()
        );
        let config = workload.made.folder.join(format!("{outputs}.yaml"));
        fs::write(&config, text).expect("a file");
        config
    }

    /// Publishes a workload's model.
    pub(crate) fn publish(&self, makinage: &Path, workload: &Workload, topic: &str) {
        let path = workload.made.folder.join("model");
        let text = format!(
            "application: {{name: bench}}\nkafka: {{endpoint: \"{}\"}}\nmodels: [{{topic: {topic}, path: {}}}]\n",
            self.endpoint,
            path.display()
        );
        let config = workload.made.folder.join("publish.yaml");
        fs::write(&config, text).expect("a file");
        let published = Command::new(makinage).args(["publish", "--config"]).arg(&config).output();
        let published = published.expect("it runs");
        assert!(published.status.success(), "{}", String::from_utf8_lossy(&published.stderr));
    }
}
