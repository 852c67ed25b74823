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

/// Where environments of what it compares with are made.
const ENVIRONMENTS: &str = "target/bench-environments";

/// What it compares with of other projects: each has an environment of its own, since their needs exclude each other.
pub(crate) const OTHERS: [&str; 3] = ["maki-nage", "quix", "mlserver"];

/// What a quick look measures.
const QUICK: [&str; 2] = ["W1,W2,W6,W7x2", "makinage,loop,strong,bare"];

/// What is measured.
#[derive(Args)]
pub(crate) struct Bench {
    /// Another build of `makinage`, measured too.
    #[arg(long)]
    against: Option<PathBuf>,
    /// Only these: W1 to W5, W1apart, W6, W6f, W6s, W7x1 to W7x4, W1p12, W1p200, W1probed, W1t10, W1e8 (only where it
    /// is named), F40, F400, F4000.
    #[arg(long, value_delimiter = ',')]
    workload: Vec<String>,
    /// Only these; figures of the others are also told as shares of the first one's.
    #[arg(long, value_delimiter = ',')]
    contestant: Vec<String>,
    /// How often each takes its turn: 3, or 1 of a quick look.
    #[arg(long)]
    turns: Option<u32>,
    /// Events a second, of workloads whose latency is measured (W1, W2).
    #[arg(long, value_delimiter = ',')]
    paces: Vec<u32>,
    /// At most so many different events of each workload: to see that all of it runs.
    #[arg(long)]
    events: Option<usize>,
    /// Some workloads and contestants, one turn, one pace: five minutes.
    #[arg(long)]
    quick: bool,
}

impl Bench {
    /// Measures, and writes the report where nothing was left out.
    pub(crate) fn run(&self) -> Result<()> {
        let mut report = Report::new();
        let kafka = Kafka::find(&mut report)?;
        let python = env::ensure()?;
        let packages = packages(&python)?;
        let others = OTHERS.iter().filter(|name| self.is_whole() || self.contestant.iter().any(|one| one == *name));
        for name in others.clone() {
            env::make(&format!("{ENVIRONMENTS}/{name}"), &format!("python/requirements-bench-{name}.lock"))?;
        }
        println!("building the release build");
        tools::run(serving().arg("--no-run"))?;
        self.serve(&python, &packages, others.count() > 0)?;
        if self.is_whole() {
            swap(&python, &kafka)?;
        }
        Ok(())
    }

    fn is_whole(&self) -> bool {
        let is_cut = self.quick || self.events.is_some();
        self.workload.is_empty() && self.contestant.is_empty() && self.paces.is_empty() && !is_cut
    }

    fn serve(&self, python: &Path, packages: &Path, has_others: bool) -> Result<()> {
        let data = root().join("target/bench-kafka");
        // A run that was cut short has left its topics.
        if data.exists() {
            fs::remove_dir_all(&data).with_context(|| format!("can't remove {}", data.display()))?;
        }
        let broker = Broker::prepare(PORT, &data)?;
        let authority = broker.secure(SECURED)?;
        let kafka = Running::start("Kafka", broker.command().stdout(Stdio::null()))?;
        wait_for("Kafka", || TcpStream::connect(("127.0.0.1", PORT)).is_ok())?;
        let folder = if self.is_whole() { "benches" } else { "target/bench" };
        let report = root().join(folder).join("REPORT.md");
        fs::create_dir_all(root().join(folder)).with_context(|| format!("can't make {folder}"))?;
        let mut bench = serving();
        bench
            .env("MAKINAGE_BENCH_BROKER", format!("127.0.0.1:{PORT}"))
            .env("MAKINAGE_BENCH_BROKER_PROCESS", kafka.child.id().to_string())
            .env("MAKINAGE_BENCH_KAFKA_VERSION", broker.version()?)
            .env("MAKINAGE_BENCH_SECURED", format!("127.0.0.1:{SECURED}"))
            .env("MAKINAGE_BENCH_AUTHORITY", &authority)
            .env("MAKINAGE_BENCH_PACKAGES", packages)
            .env("MAKINAGE_BENCH_REPORT", &report)
            .env("MAKINAGE_TEST_PYTHON", python);
        for (variable, names) in self.chosen() {
            bench.env(format!("MAKINAGE_BENCH_{variable}"), names);
        }
        if has_others {
            bench.env("MAKINAGE_BENCH_ENVIRONMENTS", root().join(ENVIRONMENTS));
        }
        if let Some(events) = self.events {
            bench.env("MAKINAGE_BENCH_EVENTS", events.to_string());
        }
        if let Some(against) = &self.against {
            let against = against.canonicalize().with_context(|| format!("can't find {}", against.display()))?;
            bench.env("MAKINAGE_BENCH_AGAINST", against);
        }
        let outcome = tools::run(&mut bench);
        drop(kafka);
        fs::remove_dir_all(&data).with_context(|| format!("can't remove {}", data.display()))?;
        println!("the report is {}", report.display());
        outcome
    }

    /// What is said to the benchmark, by the names of its variables.
    fn chosen(&self) -> Vec<(&'static str, String)> {
        let [workloads, mut contestants] = QUICK.map(str::to_owned);
        if self.against.is_some() {
            contestants.push_str(",before");
        }
        let (turns, paces) = if self.quick { ("1", vec![1_000]) } else { ("3", vec![]) };
        let all = [
            ("WORKLOADS", self.workload.join(","), workloads),
            ("CONTESTANTS", self.contestant.join(","), contestants),
        ];
        let mut chosen = vec![("TURNS", self.turns.map_or(turns.to_owned(), |turns| turns.to_string()))];
        for (name, named, quick) in all {
            chosen.push((name, if named.is_empty() && self.quick { quick } else { named }));
        }
        let paces = if self.paces.is_empty() { paces } else { self.paces.clone() };
        chosen.push(("PACES", paces.iter().map(u32::to_string).collect::<Vec<_>>().join(",")));
        chosen.retain(|(_, text)| !text.is_empty());
        chosen
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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::Bench;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        bench: Bench,
    }

    fn bench(line: &str) -> Bench {
        Line::parse_from(["bench"].into_iter().chain(line.split_whitespace())).bench
    }

    /// What is said of one variable.
    fn said(line: &str, variable: &str) -> Option<String> {
        bench(line).chosen().into_iter().find_map(|(name, text)| (name == variable).then_some(text))
    }

    #[test]
    fn a_quick_look_is_short_and_what_is_named_goes_before_it() {
        assert_eq!(said("", "TURNS").as_deref(), Some("3"));
        assert_eq!(said("", "WORKLOADS"), None);
        assert_eq!(said("--quick", "TURNS").as_deref(), Some("1"));
        assert_eq!(said("--quick", "PACES").as_deref(), Some("1000"));
        assert_eq!(said("--quick --turns 2 --workload W3", "TURNS").as_deref(), Some("2"));
        assert_eq!(said("--quick --turns 2 --workload W3", "WORKLOADS").as_deref(), Some("W3"));
        assert_eq!(said("--quick --against x", "CONTESTANTS").as_deref(), Some("makinage,loop,strong,bare,before"));
    }

    #[test]
    fn only_a_run_that_nobody_chose_from_is_the_whole() {
        assert!(bench("").is_whole());
        assert!(bench("--turns 5 --against x").is_whole());
        for chosen in ["--quick", "--workload W1", "--contestant bare", "--paces 200", "--events 9"] {
            assert!(!bench(chosen).is_whole(), "{chosen}");
        }
    }
}
