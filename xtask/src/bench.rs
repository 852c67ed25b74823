//! Figures of the release build on this machine: for people, not for CI, since they mean something only on a quiet
//! machine.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::broker::Broker;
use crate::report::Report;
use crate::root::root;
use crate::running::{Running, wait_for};
use crate::test::Kafka;
use crate::{env, tools};

/// The test whose printed figures are wanted.
const SWAP: &str = "swaps::a_model_that_takes_ten_seconds_to_load_comes_in_without_a_stall_a_loss_or_a_double";

/// Where the benchmark's broker listens.
const PORT: u16 = 29_492;

/// First start, processor time and latency, in turns with another build where one is given; then what a model's swap
/// costs.
pub(crate) fn run(against: Option<&Path>) -> Result<()> {
    let mut report = Report::new();
    let kafka = Kafka::find(&mut report)?;
    let python = env::ensure()?;
    println!("building the release build");
    tools::run(swap().arg("--no-run"))?;
    tools::run(cargo("bench").args(["--bench", "side_by_side", "--no-run"]))?;
    side_by_side(&python, against)?;

    println!(
        "\na model that takes ten seconds to load takes over, under 1,200 events a second: p50, p99 and max from an event's \
         production to its output's arrival on the broker"
    );
    let mut test = swap();
    test.args(["--", "--quiet", "--nocapture", "--exact", SWAP]).env("MAKINAGE_TEST_PYTHON", &python);
    kafka.tell(&mut test);
    // The service's log would hide the figures.
    tools::run_lines(test.stderr(Stdio::null()), |_| ())
}

fn side_by_side(python: &Path, against: Option<&Path>) -> Result<()> {
    let data = root().join("target/bench-kafka");
    let broker = Broker::prepare(PORT, &data)?;
    let _kafka = Running::start("Kafka", broker.command().stdout(Stdio::null()))?;
    wait_for("Kafka", || TcpStream::connect(("127.0.0.1", PORT)).is_ok())?;
    let mut bench = cargo("bench");
    bench.args(["--bench", "side_by_side"]);
    bench.env("MAKINAGE_BENCH_BROKER", format!("127.0.0.1:{PORT}")).env("MAKINAGE_TEST_PYTHON", python);
    if let Some(against) = against {
        let against = against.canonicalize().with_context(|| format!("can't find {}", against.display()))?;
        bench.env("MAKINAGE_BENCH_AGAINST", against);
    }
    let outcome = tools::run(&mut bench);
    std::fs::remove_dir_all(&data).with_context(|| format!("can't remove {}", data.display()))?;
    outcome
}

fn swap() -> Command {
    let mut cargo = cargo("test");
    cargo.args(["--release", "--test", "it"]);
    cargo
}

fn cargo(command: &str) -> Command {
    let mut cargo = tools::command("cargo");
    cargo.args([command, "--locked", "--package", "makinage"]);
    cargo
}
