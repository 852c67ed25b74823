//! Figures of the release build on this machine: for people, not for CI, since they mean something only on a quiet
//! machine.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use clap::Args;

use crate::broker::Broker;
use crate::report::Report;
use crate::root::root;
use crate::running::{Running, wait_for};
use crate::stamp::Stamp;
use crate::test::Kafka;
use crate::{env, tools};

/// The test whose printed figures are wanted.
const SWAP: &str = "swaps::a_model_that_takes_ten_seconds_to_load_comes_in_without_a_stall_a_loss_or_a_double";

/// Where the benchmark's broker listens, in the clear and with TLS. (Between them is its controller.)
const PORT: u16 = 29_492;
const SECURED: u16 = 29_494;

/// What is measured.
#[derive(Args)]
pub(crate) struct Bench {
    /// Another build of `makinage`, measured too.
    #[arg(long)]
    against: Option<PathBuf>,
    /// Only these, of W1 to W6.
    #[arg(long, value_delimiter = ',')]
    workload: Vec<String>,
    /// Only these; figures of the others are also told as shares of the first one's.
    #[arg(long, value_delimiter = ',')]
    contestant: Vec<String>,
    /// How often each takes its turn.
    #[arg(long, default_value_t = 3)]
    turns: u32,
}

impl Bench {
    /// Measures, and writes the report where nothing was left out.
    pub(crate) fn run(&self) -> Result<()> {
        let mut report = Report::new();
        let kafka = Kafka::find(&mut report)?;
        let python = env::ensure()?;
        let packages = packages(&python)?;
        println!("building the release build");
        tools::run(serving().arg("--no-run"))?;
        self.serve(&python, &packages)?;
        if self.is_whole() {
            swap(&python, &kafka)?;
        }
        Ok(())
    }

    fn is_whole(&self) -> bool {
        self.workload.is_empty() && self.contestant.is_empty()
    }

    fn serve(&self, python: &Path, packages: &Path) -> Result<()> {
        let data = root().join("target/bench-kafka");
        let broker = Broker::prepare(PORT, &data)?;
        let authority = broker.secure(SECURED)?;
        let _kafka = Running::start("Kafka", broker.command().stdout(Stdio::null()))?;
        wait_for("Kafka", || TcpStream::connect(("127.0.0.1", PORT)).is_ok())?;
        let folder = if self.is_whole() { "benches" } else { "target/bench" };
        let report = root().join(folder).join("REPORT.md");
        fs::create_dir_all(root().join(folder)).with_context(|| format!("can't make {folder}"))?;
        let mut bench = serving();
        bench
            .env("MAKINAGE_BENCH_BROKER", format!("127.0.0.1:{PORT}"))
            .env("MAKINAGE_BENCH_SECURED", format!("127.0.0.1:{SECURED}"))
            .env("MAKINAGE_BENCH_AUTHORITY", &authority)
            .env("MAKINAGE_BENCH_PACKAGES", packages)
            .env("MAKINAGE_BENCH_REPORT", &report)
            .env("MAKINAGE_BENCH_TURNS", self.turns.to_string())
            .env("MAKINAGE_TEST_PYTHON", python);
        for (variable, names) in [("WORKLOADS", &self.workload), ("CONTESTANTS", &self.contestant)] {
            if !names.is_empty() {
                bench.env(format!("MAKINAGE_BENCH_{variable}"), names.join(","));
            }
        }
        if let Some(against) = &self.against {
            let against = against.canonicalize().with_context(|| format!("can't find {}", against.display()))?;
            bench.env("MAKINAGE_BENCH_AGAINST", against);
        }
        let outcome = tools::run(&mut bench);
        fs::remove_dir_all(&data).with_context(|| format!("can't remove {}", data.display()))?;
        outcome
    }
}

fn swap(python: &Path, kafka: &Kafka) -> Result<()> {
    println!(
        "\na model that takes ten seconds to load takes over, under 1,200 events a second: p50, p99 and max from an event's \
         production to its output's arrival on the broker"
    );
    let mut test = cargo("test");
    test.args(["--release", "--test", "it", "--", "--quiet", "--nocapture", "--exact", SWAP]);
    test.env("MAKINAGE_TEST_PYTHON", python);
    kafka.tell(&mut test);
    // The service's log would hide the figures.
    tools::run_lines(test.stderr(Stdio::null()), |_| ())
}

/// What the scripts need beside the tests' environment, in a folder of its own.
fn packages(python: &Path) -> Result<PathBuf> {
    let folder = root().join("target/bench-python");
    let lock = root().join("python/requirements-bench.lock");
    let stamp = Stamp::new(&folder.join("makinage.stamp"), tools::read(&lock)?);
    if !stamp.is_current() {
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("can't remove {}", folder.display()))?;
        }
        let mut install = tools::command(python);
        install.args(["-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check", "--target"]);
        tools::run(install.arg(&folder).arg("-r").arg(&lock))?;
        stamp.write()?;
    }
    Ok(folder)
}

fn serving() -> Command {
    let mut cargo = cargo("bench");
    cargo.args(["--bench", "serving"]);
    cargo
}

fn cargo(command: &str) -> Command {
    let mut cargo = tools::command("cargo");
    cargo.args([command, "--locked", "--package", "makinage"]);
    cargo
}
