//! What a row is made of: a scene with a load that flows and a witness who watches, and the judgement at its end.

use std::time::{Duration, Instant};

use super::{
    super::{
        model::faulty,
        random::Random,
        scene::Scene,
        secured::stage::{Listener, Stage},
        service::Service,
    },
    cluster::Cluster,
    load::Load,
    oracle::{Seen, broken, doubles, longest_gap},
    witness::Witness,
};

/// What a row is given, and what it tells for the table.
pub(crate) struct Run {
    pub seed: u64,
    pub random: Random,
    /// Whether it is to be brief, since it runs with all tests.
    pub brief: bool,
    /// The service delivers exactly once.
    exactly_once: bool,
    /// It comes to brokers with TLS and a password.
    secured: bool,
    figures: Vec<String>,
    broken: Vec<String>,
}

impl Run {
    pub(crate) fn new(seed: u64, brief: bool) -> Self {
        Self {
            seed,
            random: Random::new(seed),
            brief,
            exactly_once: false,
            secured: false,
            figures: vec![],
            broken: vec![],
        }
    }

    /// The same row with a service that delivers exactly once: no output may come again.
    pub(crate) fn once(&mut self, row: fn(&mut Self)) {
        self.exactly_once = true;
        row(self);
    }

    /// The same row with a service that comes to brokers with TLS and a password.
    pub(crate) fn secured(&mut self, row: fn(&mut Self)) {
        self.secured = true;
        row(self);
    }

    /// Two brokers, as the row has them.
    pub(crate) fn cluster(&self) -> Cluster {
        if self.secured { Cluster::start_secured(self.seed) } else { Cluster::start(self.seed) }
    }

    /// A scene on the broker that rows share, as the row has it.
    pub(crate) fn scene(&self, name: &str) -> Scene {
        let name = self.name(name);
        if !self.secured {
            return Scene::new(&name);
        }
        let stage = Stage::shared();
        let ca = stage.ca();
        let properties = [
            ("security.protocol", "sasl_ssl"),
            ("ssl.ca.location", ca.as_str()),
            ("sasl.mechanisms", "PLAIN"),
            ("sasl.username", "service"),
            ("sasl.password", "service-secret"),
        ];
        let scene = stage.scene(&name, Listener::SaslTls, &properties);
        stage.grant_service("User:service", &scene);
        scene
    }

    /// Topics and a model that does what its events say, and the delivery that the row is for.
    pub(crate) fn staged(&self, scene: Scene) -> Scene {
        let scene = staged(scene);
        if self.exactly_once { scene.set("operators.serve.delivery", "exactly_once") } else { scene }
    }

    /// A scene's name: rows share a broker.
    pub(crate) fn name(&self, name: &str) -> String {
        format!("{name}{}", if self.exactly_once { "-once" } else { "" })
    }

    /// How often, or how long, by how much time there is.
    pub(crate) fn pick<T>(&self, brief: T, whole: T) -> T {
        if self.brief { brief } else { whole }
    }

    /// Which broker of two it hits.
    pub(crate) fn pick_broker(&mut self) -> usize {
        usize::from(self.random.below(2) == 1)
    }

    /// A figure for the table.
    pub(crate) fn tell(&mut self, figure: impl Into<String>) {
        self.figures.push(figure.into());
    }

    pub(crate) fn figures(&self) -> String {
        self.figures.join(", ")
    }

    /// The promises that were broken, though the row came to its end.
    pub(crate) fn broken(&self) -> Option<String> {
        let count = self.broken.len();
        (count > 0).then(|| format!("{count} promises broken, as: {}", self.broken[0]))
    }
}

/// Partitions of the topics of a row.
pub(crate) const PARTITIONS: usize = 4;
/// Events a second, over all partitions.
pub(crate) const RATE: u32 = 1000;
/// The longest that anything may take that comes by itself; a row that gets here has failed.
pub(crate) const PATIENCE: Duration = Duration::from_mins(3);

/// Topics and a model that does what its events say.
pub(crate) fn staged(scene: Scene) -> Scene {
    let partitions = i32::try_from(PARTITIONS).expect("few");
    scene.topics(partitions).published(faulty()).reading_from_the_beginning()
}

pub(crate) struct Play {
    pub scene: Scene,
    pub load: Load,
    pub witness: Witness,
}

impl Play {
    /// The load begins to flow, and the witness to watch.
    pub(crate) fn begin(scene: Scene) -> Self {
        let load = Load::start(&scene, PARTITIONS, RATE);
        Self::with(scene, load)
    }

    /// With a load of the row's own.
    pub(crate) fn with(scene: Scene, load: Load) -> Self {
        let partitions = i32::try_from(load.inputs().len()).expect("few");
        let witness = Witness::start(&scene, partitions);
        Self { scene, load, witness }
    }

    /// Waits until the service works: more has come out.
    pub(crate) fn flows(&self) {
        self.witness.wait_for_more(500, PATIENCE);
    }

    /// Lets a frozen broker go on.
    pub(crate) fn thaw(&self, cluster: &Cluster, broker: usize) {
        self.witness.looks_away(|| cluster.thaw(broker, &self.scene.topic("predict")));
    }

    /// Ends the load, waits for its last output, stops the service, and judges; an output may come again so often.
    pub(crate) fn finish(mut self, service: &mut Service, repeats: usize, run: &mut Run) -> Seen {
        self.load.stop();
        self.witness.wait_for_all(&self.load.inputs(), PATIENCE);
        service.stop();
        self.judge(repeats, run)
    }

    /// Judges after the last service has ended in order.
    pub(crate) fn judge(self, repeats: usize, run: &mut Run) -> Seen {
        let inputs = self.load.inputs();
        let seen = self.witness.end();
        assert!(!seen.claims.is_empty(), "the group's positions were never seen");
        let broken = broken(&inputs, &seen, if run.exactly_once { 0 } else { repeats });
        for broken in &broken {
            eprintln!("broken: {broken}");
        }
        run.broken.extend(broken);
        for (partition, inputs) in (0..).zip(&inputs) {
            let end = inputs.last().map(|input| input.offset + 1);
            let committed = self.scene.committed(partition);
            if committed < end {
                run.broken.push(format!("after the last stop {partition} is committed up to {committed:?} of {end:?}"));
            }
        }
        run.tell(format!("{} events", inputs.iter().map(Vec::len).sum::<usize>()));
        run.tell(format!("{} repeated", doubles(&seen)));
        run.tell(format!("{} positions watched", seen.claims.len()));
        seen
    }
}

/// Tells the longest time in which one of these partitions stood still.
pub(crate) fn tell_gap(run: &mut Run, seen: &Seen, partitions: &[usize], (from, to): (Instant, Instant)) {
    let gap = longest(seen, partitions, (from, to));
    run.tell(format!("longest gap {}", seconds(gap)));
}

pub(crate) fn longest(seen: &Seen, partitions: &[usize], (from, to): (Instant, Instant)) -> Duration {
    let of = |partition: &usize| longest_gap(seen, i32::try_from(*partition).expect("few"), from, to);
    partitions.iter().map(of).max().unwrap_or_default()
}

pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
