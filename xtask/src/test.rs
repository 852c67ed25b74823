//! What CI runs: the lints, the Python tests, the Rust tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::faults::Faults;
use crate::report::{Report, Tests};
use crate::{deny, env, jars, java, lint, programs, tidy, tools, valgrind};

/// Runs everything, stops at the first step that fails, and prints what ran and how long it took.
pub(crate) fn run(no_kafka: bool) -> Result<()> {
    let mut report = Report::new();
    let outcome = steps(no_kafka, &mut report);
    report.print();
    if no_kafka {
        println!("\nleft out, because of --no-kafka: every test against a real Kafka (the programs, the faults)");
    }
    let programs = programs::ALL.iter().filter(|_| !no_kafka).filter_map(|program| program.left_out());
    for what in deny::left_out().into_iter().chain(programs) {
        println!("\nleft out: {what}");
    }
    if valgrind::find().is_none() {
        println!(
            "\nleft out, because there is no valgrind on PATH: the tests of the crates with unsafe code under it (apt-get install valgrind)"
        );
    }
    outcome
}

fn steps(no_kafka: bool, report: &mut Report) -> Result<()> {
    // First what the machine may lack, so that it is told at once and not after ten minutes.
    let kafka = if no_kafka { None } else { Some(Kafka::find(report)?) };
    if kafka.is_some() {
        report.step("Chromium, Prometheus", programs::look)?;
    }
    report.step("tidy", tidy::run)?;
    let mut python = PathBuf::new();
    report.step("Python environment", || {
        python = env::ensure()?;
        Ok(())
    })?;

    lint::run(&python, report)?;
    report.step("cargo deny", || deny::run(&python))?;
    report.tests("Python tests", |tests| {
        let mut pytest = tools::command(&python);
        pytest.args(["-m", "pytest", "--color=no", "python/tests"]);
        tools::run_lines(&mut pytest, |line| tests.read(line))
    })?;
    let mut cargo =
        |name, selection: &[&str]| report.tests(name, |tests| cargo_test(selection, &python, kafka.as_ref(), tests));
    cargo("Rust unit tests", &["--lib", "--bins"])?;
    cargo("Rust programs", &["--test", "*"])?;
    cargo("Rust examples in docs", &["--doc"])?;
    if let Some(kafka) = &kafka {
        report.tests("fault suite, brief rows", |tests| Faults::brief().run_with(&python, kafka, tests))?;
    }
    match valgrind::find() {
        Some(program) => report.tests("unsafe code under valgrind", |tests| valgrind::run_with(&program, tests)),
        None => Ok(()),
    }
}

fn cargo_test(selection: &[&str], python: &Path, kafka: Option<&Kafka>, tests: &mut Tests) -> Result<()> {
    let mut cargo = tools::command("cargo");
    cargo.args(["test", "--workspace", "--locked"]).args(selection);
    cargo.env("MAKINAGE_TEST_PYTHON", python);
    match kafka {
        Some(kafka) => {
            kafka.tell(&mut cargo);
            for program in programs::ALL {
                program.tell(&mut cargo);
            }
        }
        None => {
            cargo.env("MAKINAGE_TEST_NO_KAFKA", "1");
        }
    }
    tools::run_lines(&mut cargo, |line| tests.read(line))
}

/// What the tests need to start brokers.
pub(crate) struct Kafka {
    java: PathBuf,
    libs: PathBuf,
}

impl Kafka {
    /// Brings the jars unless they are there; fails without a JDK or Maven.
    pub(crate) fn find(report: &mut Report) -> Result<Self> {
        let mut found = None;
        report.step("Kafka's jars", || {
            let java = java::find().context("the tests need Kafka (`cargo xtask test --no-kafka` leaves those out)")?;
            let libs =
                jars::ensure(&java).context("the tests need Kafka (`cargo xtask test --no-kafka` leaves those out)")?;
            found = Some(Self { java, libs });
            Ok(())
        })?;
        Ok(found.expect("a step that didn't fail has set it"))
    }

    /// Says to a test where they are.
    pub(crate) fn tell(&self, command: &mut Command) {
        command.env("MAKINAGE_TEST_JAVA", &self.java).env("MAKINAGE_TEST_KAFKA", &self.libs);
    }
}
