//! What people and CI run: the tests, the lints, the Python environment, Kafka, the images.
//!
//! One file per command. The commands share `tools` (starting programs), `stamp` (is it made already?) and `report`
//! (time per step).

mod bench;
mod broker;
mod certificates;
mod deny;
mod docs;
mod env;
mod faults;
mod images;
mod jars;
mod java;
mod lint;
mod lock;
mod programs;
mod report;
mod root;
mod running;
mod screenshots;
mod simulate;
mod stamp;
mod test;
mod tidy;
mod tools;
mod valgrind;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lint, and run the Python and Rust tests: what CI runs.
    Test {
        /// Leave out the tests that need Kafka (no JDK and no Maven needed).
        #[arg(long)]
        no_kafka: bool,
    },
    /// Measure what serving costs, beside scripts and bare loops, and write benches/REPORT.md; then what a model's swap
    /// costs (on a quiet machine, with a JDK and Maven).
    Bench(bench::Bench),
    /// Run the simulation of source, pipeline and sink: more seeds, or one seed with its schedule.
    Simulate(simulate::Simulate),
    /// Run the fault suite against real brokers: all rows, or some, and write its table into docs/faults.md.
    Faults(faults::Faults),
    /// Check formatting, clippy, ruff and mypy.
    Lint,
    /// Check the rules that no compiler knows: who may use whom, headers, sizes, where tests stand, widths, commits.
    Tidy {
        /// Print who uses whom instead: the rooms with their lines, arrows and circles.
        #[arg(long)]
        graph: bool,
    },
    /// Check the licences, duplicates and sources of the crates below, and advisories too where the environment names a
    /// database.
    Deny,
    /// Write the tables of README and the commented example anew, from what the program says of its keys.
    Docs,
    /// Take the pictures of docs/page.md anew, in a browser at services that run (with Chromium, a JDK and Maven).
    Screenshots,
    /// Run the tests of the crates with unsafe code under valgrind, as `test` does where valgrind is installed.
    Valgrind,
    /// Make the Python environment of the tests and lints in .venv, unless it is up to date.
    Env,
    /// Resolve python/*.in into the locked lists beside them (needs uv).
    Lock,
    /// Build both container images without Docker, and run them against a Kafka (as root, on Debian or Ubuntu).
    Images,
    /// Bring Kafka's jars from Maven Central into .cache/kafka/libs, unless they are there.
    Kafka {
        #[command(subcommand)]
        action: Option<KafkaAction>,
    },
}

#[derive(Subcommand)]
enum KafkaAction {
    /// Start one broker on localhost:9092, in the foreground, until Ctrl-C.
    Run {
        /// The port that clients connect to; the broker's controller takes the next one.
        #[arg(long, default_value_t = 9092)]
        port: u16,
        /// Where topics are kept; kept between runs.
        #[arg(long, default_value = ".cache/kafka/data")]
        data: std::path::PathBuf,
    },
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Test { no_kafka } => test::run(no_kafka),
        Command::Lint => {
            let python = env::ensure()?;
            let mut report = report::Report::new();
            let outcome = lint::run(&python, &mut report);
            report.print();
            outcome
        }
        Command::Tidy { graph: true } => tidy::print_graph(),
        Command::Tidy { graph: false } => tidy::run(),
        Command::Deny => {
            deny::run(&env::ensure()?)?;
            if let Some(what) = deny::left_out() {
                println!("\nleft out: {what}");
            }
            Ok(())
        }
        Command::Docs => docs::run(),
        Command::Screenshots => screenshots::run(),
        Command::Valgrind => valgrind::run(),
        Command::Simulate(simulate) => simulate.run(),
        Command::Faults(faults) => faults.run(),
        Command::Bench(bench) => bench.run(),
        Command::Env => env::ensure().map(|python| println!("{}", python.display())),
        Command::Images => images::run(),
        Command::Lock => lock::run(),
        Command::Kafka { action: None } => {
            let java = java::find()?;
            jars::ensure(&java).map(|libs| println!("{}", libs.display()))
        }
        Command::Kafka { action: Some(KafkaAction::Run { port, data }) } => broker::run_in_foreground(port, &data),
    }
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
