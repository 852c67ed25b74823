//! Figures of the release build on this machine: for people, not for CI, since they mean something only on a quiet machine.

use std::process::{Command, Stdio};

use anyhow::Result;

use crate::report::Report;
use crate::test::Kafka;
use crate::{env, tools};

/// The test whose printed figures are wanted.
const SWAP: &str = "swaps::a_model_that_takes_ten_seconds_to_load_comes_in_without_a_stall_a_loss_or_a_double";

/// Latency and memory before, while and after a model that takes ten seconds to load takes over, under 1,200 events a second.
pub fn run() -> Result<()> {
    let mut report = Report::new();
    let kafka = Kafka::find(&mut report)?;
    let python = env::ensure()?;
    println!("building the release build");
    tools::run(cargo().arg("--no-run"))?;
    println!(
        "half a minute of events; then p50, p99 and max from an event's production to its output's arrival on the broker"
    );
    let mut test = cargo();
    test.args(["--", "--quiet", "--nocapture", "--exact", SWAP]).env("MAKINAGE_TEST_PYTHON", &python);
    kafka.tell(&mut test);
    // The service's log would hide the figures.
    tools::run_lines(test.stderr(Stdio::null()), |_| ())
}

fn cargo() -> Command {
    let mut cargo = tools::command("cargo");
    cargo.args(["test", "--release", "--locked", "--package", "makinage", "--test", "it"]);
    cargo
}
