//! What serving costs: contestants serve workloads in turns, on one broker.
//!
//! `cargo xtask bench` starts the broker and runs this. Machines are noisy, so that only ratios within one run mean
//! something: each figure is a median of turns, who begins alternates, and no figure counts before the outputs were
//! held against the model's own answers.

mod contestants;
mod figures;
mod kafka;
mod looping;
mod plot;
mod processes;
mod report;
mod service;
mod turn;
mod workloads;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use self::{
    contestants::{Contestant, Does, LETTERS, Setting, What},
    kafka::Kafka,
    report::Row,
    service::Place,
    turn::Turn,
    workloads::{Kind, Workload},
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
        python: variable("MAKINAGE_TEST_PYTHON").into(),
        packages: variable("MAKINAGE_BENCH_PACKAGES").into(),
        folder: folder.path().to_owned(),
    };
    let makinage = PathBuf::from(env!("CARGO_BIN_EXE_makinage"));
    let kafka = Kafka { endpoint };
    kafka.create(LETTERS);
    let contestants = chosen("MAKINAGE_BENCH_CONTESTANTS", all_contestants(&makinage), |one| one.name);
    let kinds = chosen("MAKINAGE_BENCH_WORKLOADS", workloads::ALL.to_vec(), |kind| kind.name);
    let (mut text, mut bars) = (String::new(), vec![]);
    for kind in kinds {
        let (workload, rows) = measure(&kafka, &place, &makinage, kind, &contestants);
        let section = report::section(&workload, &rows);
        println!("{section}");
        text.push_str(&section);
        bars.push(report::bars(&workload, &rows));
    }
    let report = PathBuf::from(variable("MAKINAGE_BENCH_REPORT"));
    fs::write(&report, report::whole(&place, &text)).expect("the report");
    let plot = plot::svg("Processor time an event while a backlog is scored, µs (logarithmic)", &bars);
    fs::write(report.with_file_name("processor-time.svg"), plot).expect("the plot");
}

/// Those that are named, or all.
fn chosen<T>(variable: &str, all: Vec<T>, name: impl Fn(&T) -> &'static str) -> Vec<T> {
    let Ok(names) = env::var(variable) else { return all };
    let names: Vec<&str> = names.split(',').collect();
    let known: Vec<&str> = all.iter().map(&name).collect();
    for asked in &names {
        assert!(known.contains(asked), "there is no {asked}: {}", known.join(", "));
    }
    all.into_iter().filter(|one| names.contains(&name(one))).collect()
}

fn measure(
    kafka: &Kafka,
    place: &Place,
    makinage: &Path,
    kind: Kind,
    contestants: &[Contestant],
) -> (Workload, Vec<Row>) {
    let workload = Workload::make(kind, &place.python, &place.folder);
    let (events, models) = (format!("{}-events", kind.name), format!("{}-models", kind.name));
    kafka.create(&events);
    kafka.create(&models);
    kafka.produce(&events, &workload.events);
    place.publish(makinage, &workload, &models);
    let serving: Vec<&Contestant> = contestants.iter().filter(|one| can_serve(one, kind)).collect();
    let mut rows: Vec<Row> = serving.iter().map(|one| Row { name: one.name, turns: vec![] }).collect();
    let turns = env::var("MAKINAGE_BENCH_TURNS").map_or(3, |turns| turns.parse().expect("a number of turns"));
    for number in 0..turns {
        let mut order: Vec<usize> = (0..serving.len()).collect();
        if number % 2 == 1 {
            order.reverse();
        }
        for at in order {
            let name = format!("{}-{at}-{number}", kind.name);
            let contestant = serving[at];
            eprintln!("{}: {}, turn {} of {turns}", kind.name, contestant.name, number + 1);
            let turn = Turn { kafka, place, contestant, workload: &workload, from: [&events, &models], name };
            rows[at].turns.push(turn.take());
        }
    }
    (workload, rows)
}

/// The scripts that score have no hooks.
fn can_serve(one: &Contestant, kind: Kind) -> bool {
    !kind.has_hooks || one.does() == Does::Pass || !matches!(one.what, What::Script { .. })
}

/// All; the others' figures are told as shares of the first one's.
fn all_contestants(now: &Path) -> Vec<Contestant> {
    let makinage = |name, program: &Path, setting| Contestant {
        name,
        what: What::Makinage { program: program.to_owned(), setting },
    };
    let script = |name, file, does| Contestant { name, what: What::Script { file, does } };
    let mut all = vec![makinage("makinage", now, Setting::Default)];
    if let Ok(before) = env::var("MAKINAGE_BENCH_AGAINST") {
        all.push(makinage("before", Path::new(&before), Setting::Default));
    }
    let (endpoint, authority) = (variable("MAKINAGE_BENCH_SECURED"), variable("MAKINAGE_BENCH_AUTHORITY").into());
    all.extend([
        makinage("dead-letters", now, Setting::DeadLetters),
        makinage("tls", now, Setting::Tls { endpoint, authority }),
        makinage("exactly-once", now, Setting::ExactlyOnce { interval: 100 }),
        makinage("exactly-once-20ms", now, Setting::ExactlyOnce { interval: 20 }),
        Contestant { name: "loop", what: What::Loop },
        script("strong", "strong.py", Does::Batches),
        script("naive", "naive.py", Does::OneByOne),
        script("passthrough", "passthrough.py", Does::Pass),
        Contestant { name: "bare", what: What::Bare },
    ]);
    all
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set; run: cargo xtask bench"))
}
