//! One turn of one program: its start, a backlog, then events one by one.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{
    figures::Figures,
    kafka::{DEADLINE, Kafka},
};

const MODELS: &str = "bench-model";
const EVENTS: &str = "bench-events";
/// Events of the backlog.
const BACKLOG: u64 = 300_000;
/// Events that come one by one, a thousand a second.
const PACED: u64 = 8_000;
/// The first second is for connections that open and batches that find their size.
const WARM_UP: u64 = 1_000;
const PACE: Duration = Duration::from_millis(1);
/// The system counts processor time in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// What all turns share.
pub(crate) struct Bench {
    pub kafka: Kafka,
    pub python: PathBuf,
    pub folder: PathBuf,
}

impl Bench {
    /// Publishes the model that all serve.
    pub(crate) fn publish(&self, makinage: &Path, model: &Path) {
        self.kafka.create(&[MODELS, EVENTS]);
        let models = format!("models: [{{topic: {MODELS}, path: {}}}]", model.display());
        let text =
            format!("application: {{name: bench}}\nkafka: {{endpoint: \"{}\"}}\n{models}\n", self.kafka.endpoint);
        let config = self.folder.join("publish.yaml");
        fs::write(&config, text).expect("a file");
        let published = Command::new(makinage).args(["publish", "--config"]).arg(&config).output();
        let published = published.expect("it runs");
        assert!(published.status.success(), "{}", String::from_utf8_lossy(&published.stderr));
    }

    /// Produces the backlog that each turn scores.
    pub(crate) fn fill(&self) {
        self.kafka.produce(EVENTS, 0..BACKLOG);
    }

    fn config(&self, name: &str, events: &str, outputs: &str) -> PathBuf {
        let text = format!(
            "application: {{name: {name}}}
kafka: {{endpoint: \"{}\", properties: {{compression.type: lz4}}}}
topics:
  - {{name: {events}, encoder: makinage.encoding.json, start_from: beginning}}
  - {{name: {MODELS}, encoder: makinage.encoding.none}}
  - {{name: {outputs}, encoder: makinage.encoding.json}}
operators:
  serve: {{factory: makinage.serve:serve, sources: [{MODELS}, {events}], sinks: [{outputs}], python: {}}}
config: {{serve: {{}}}}
models: {{store: {}}}
",
            self.kafka.endpoint,
            self.python.display(),
            self.folder.join("store").display()
        );
        let config = self.folder.join(format!("{name}.yaml"));
        fs::write(&config, text).expect("a file");
        config
    }
}

/// One turn.
pub(crate) struct Run<'a> {
    pub bench: &'a Bench,
    pub program: &'a Path,
    /// Names its topics and its consumer group.
    pub name: String,
}

impl Run<'_> {
    /// Runs the program twice: before a backlog, and before events that come one by one.
    pub(crate) fn measure(&self) -> Figures {
        let (start, processor) = self.backlog();
        let (p50, p99) = self.paced();
        Figures { start, processor, p50, p99 }
    }

    fn backlog(&self) -> (f64, f64) {
        let outputs = format!("{}-scored", self.name);
        self.bench.kafka.create(&[&outputs]);
        let service = Service::start(self.program, &self.bench.config(&outputs, EVENTS, &outputs));
        let before = service.processor_time();
        self.bench.kafka.wait_for(&outputs, BACKLOG.cast_signed());
        let spent = service.processor_time().saturating_sub(before);
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let each = spent.as_secs_f64() * 1e6 / BACKLOG as f64;
        (service.started.as_secs_f64(), each)
    }

    fn paced(&self) -> (f64, f64) {
        let (events, outputs) = (format!("{}-paced", self.name), format!("{}-paced-scored", self.name));
        let kafka = &self.bench.kafka;
        kafka.create(&[&events, &outputs]);
        let _service = Service::start(self.program, &self.bench.config(&outputs, &events, &outputs));
        let mut took = kafka
            .latencies(&events, &outputs, 0..WARM_UP + PACED, PACE)
            .split_off(usize::try_from(WARM_UP).expect("a thousand"));
        took.sort_unstable();
        let at = |share: usize| took[(took.len() - 1) * share / 100].as_secs_f64() * 1e3;
        (at(50), at(99))
    }
}

/// A running service; killed with this.
struct Service {
    child: Child,
    started: Duration,
}

impl Service {
    fn start(program: &Path, config: &Path) -> Self {
        let began = Instant::now();
        let mut command = Command::new(program);
        command.arg("--config").arg(config).env("OMP_NUM_THREADS", "1").stderr(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        let mut log = BufReader::new(child.stderr.take().expect("its log")).lines().map_while(Result::ok);
        let serving = log.any(|line| line.contains("takes over"));
        let service = Self { child, started: began.elapsed() };
        assert!(serving && service.started < DEADLINE, "{} doesn't serve", program.display());
        // What isn't read would stop it once the pipe is full.
        thread::spawn(move || log.for_each(drop));
        service
    }

    /// Of the service and all that it has started.
    fn processor_time(&self) -> Duration {
        let mut all = vec![self.child.id()];
        let mut place = 0;
        while let Some(process) = all.get(place) {
            let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
            let children = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
            let children: Vec<u32> = children
                .flat_map(|text| text.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>())
                .collect();
            all.extend(children);
            place += 1;
        }
        all.into_iter().map(spent).sum()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let stopped = Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(stopped.is_ok_and(|status| status.success()), "the service takes SIGTERM");
        self.child.wait().expect("its end");
    }
}

fn spent(process: u32) -> Duration {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields = text.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let ticks: u32 = fields.skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
    TICK * ticks
}
