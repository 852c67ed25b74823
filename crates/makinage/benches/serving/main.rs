//! What serving costs: contestants serve workloads in turns, on one broker.
//!
//! `cargo xtask bench` starts the broker and runs this. Machines are noisy, so that only ratios within one run mean
//! something: each figure is a median of turns, everybody takes one before anybody takes the next, who begins changes,
//! and no figure counts before the outputs were held against the model's own answers.

mod choice;
mod contestants;
mod figures;
mod goals;
mod kafka;
mod kinds;
mod looping;
mod machine;
mod pacing;
mod plot;
mod probes;
mod processes;
mod prose;
mod report;
mod results;
mod service;
mod turn;
mod workloads;

use std::{
    collections::HashMap,
    env, fs,
    path::{Path, PathBuf},
    time::Instant,
};

use self::{
    choice::{Choice, variable},
    contestants::{LETTERS, Talks},
    figures::Figures,
    kafka::{Kafka, Topic},
    report::Report,
    results::{Results, Row},
    service::Place,
    turn::Turn,
    workloads::{Makers, Workload},
};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [does, endpoint, events, outputs] = &arguments[..]
        && does == "loop"
    {
        looping::run(endpoint, events, outputs);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let endpoint = variable("MAKINAGE_BENCH_BROKER");
    let place = Place {
        endpoint: endpoint.clone(),
        broker: variable("MAKINAGE_BENCH_BROKER_PROCESS"),
        python: variable("MAKINAGE_TEST_PYTHON").into(),
        packages: variable("MAKINAGE_BENCH_PACKAGES").into(),
        folder: folder.path().to_owned(),
    };
    let makinage = PathBuf::from(env!("CARGO_BIN_EXE_makinage"));
    let kafka = Kafka { endpoint };
    kafka.create(LETTERS, 1);
    let choice = Choice::from_environment(&makinage);
    let began = Instant::now();
    let bench =
        Bench { kafka: &kafka, place: &place, choice: &choice, ready: prepare(&kafka, &place, &makinage, &choice) };
    let (mut results, machine) = (bench.nothing_yet(), machine::told(&place, &choice));
    let file = PathBuf::from(variable("MAKINAGE_BENCH_REPORT"));
    for number in 0..choice.turns {
        // Each time, so that a run that is cut short has one.
        bench.take_turns(number, &mut results, |results| {
            let report = Report { machine: &machine, turns: choice.turns, results, took: began.elapsed() };
            report.write(&file);
        });
    }
    println!("{}", fs::read_to_string(file).expect("the report"));
    let own = results.rows.iter().filter(|row| choice.contestants[row.by].is_makinage());
    let failures: Vec<&String> = own.flat_map(|row| &row.failures).collect();
    assert!(failures.is_empty(), "this project's own outputs aren't what they should be: {failures:?}");
}

/// A workload, and the topics where its backlog and its models are.
struct Ready {
    workload: Workload,
    events: Topic,
    models: Topic,
}

struct Bench<'a> {
    kafka: &'a Kafka,
    place: &'a Place,
    choice: &'a Choice,
    ready: Vec<Ready>,
}

/// Makes all workloads, and puts them on their topics.
fn prepare(kafka: &Kafka, place: &Place, makinage: &Path, choice: &Choice) -> Vec<Ready> {
    let mut makers = Makers::default();
    let mut published: HashMap<&str, Topic> = HashMap::new();
    let mut ready = vec![];
    for kind in &choice.kinds {
        let workload = makers.workload(*kind, &place.python, &place.folder);
        let models = published.entry(kind.made).or_insert_with(|| {
            let models = kafka.create(&format!("{}-models", kind.made), 1);
            place.publish(makinage, &workload, &models.name);
            models
        });
        let models = models.clone();
        let events = kafka.create(&format!("{}-events", kind.name), kind.partitions);
        kafka.produce(&events, 0..kind.backlog(), |number| workload.made.event(number), Talks::Plainly);
        ready.push(Ready { workload, events, models });
    }
    ready
}

impl Bench<'_> {
    fn nothing_yet(&self) -> Results {
        let mut rows = vec![];
        for (kind, ready) in self.ready.iter().enumerate() {
            let by = self.choice.by(&ready.workload.kind);
            rows.extend(by.into_iter().map(|by| Row { kind, by, turns: vec![], failures: vec![] }));
        }
        let kinds = self.ready.iter().map(|ready| (ready.workload.kind, ready.workload.made.clone())).collect();
        Results { kinds, names: self.choice.contestants.iter().map(|one| one.name).collect(), rows }
    }

    /// Everybody takes a turn, whose number says who begins.
    fn take_turns(&self, number: usize, results: &mut Results, after_each: impl Fn(&Results)) {
        for place in rotated(self.ready.len(), number, self.choice.turns) {
            let rows: Vec<usize> = (0..results.rows.len()).filter(|row| results.rows[*row].kind == place).collect();
            for at in rotated(rows.len(), number, self.choice.turns) {
                let row = &mut results.rows[rows[at]];
                match self.take_turn(row, number) {
                    Ok(figures) => row.turns.push(figures),
                    Err(failure) => {
                        eprintln!("that failed: {failure}");
                        row.failures.push(format!("turn {}: {failure}", number + 1));
                        row.turns.push(Figures::new());
                    }
                }
                after_each(results);
            }
        }
    }

    fn take_turn(&self, row: &Row, number: usize) -> Result<Figures, String> {
        let Ready { workload, events, models } = &self.ready[row.kind];
        let (contestant, kind) = (&self.choice.contestants[row.by], &workload.kind);
        eprintln!("{}: {}, turn {} of {}", kind.name, contestant.name, number + 1, self.choice.turns);
        if kind.is_apart {
            self.place.move_broker("0");
        }
        let turn = Turn {
            kafka: self.kafka,
            place: self.place,
            contestant,
            workload,
            from: [events, models],
            paces: contestant.paces(kind, self.choice.paces(kind)),
            name: format!("{}-{}-{number}", kind.name, contestant.name),
        };
        let taken = turn.take();
        if kind.is_apart {
            self.place.move_broker("0-1");
        }
        taken
    }
}

/// So many places in a row, the first of which is another one in each turn.
fn rotated(count: usize, number: usize, turns: usize) -> Vec<usize> {
    let first = number * count / turns.max(1);
    (0..count).map(|place| (first + place) % count).collect()
}
