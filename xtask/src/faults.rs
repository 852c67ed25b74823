//! The fault suite: real services, workers and brokers, which are killed, frozen, cut off and fed with what breaks
//! them.
//!
//! It is an ignored test of the service's crate. Here people say which row, from which seed and against which build;
//! the rows are in `crates/makinage/tests/it/faults/rows.rs`. The last run of each row is kept in `docs/faults.md`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::report::{Report, Tests};
use crate::root::root;
use crate::test::Kafka;
use crate::{env, tools};

/// The test that runs rows.
const TEST: &str = "faults::the_rows_that_were_asked_for_hold";

/// Where each row's last run is kept.
const REPORT: &str = "docs/faults.md";

/// Which rows to run; all of them when nothing is said.
#[derive(Args, Default)]
pub(crate) struct Faults {
    /// Run this row, as `docs/faults.md` calls it; may be given again.
    #[arg(long)]
    row: Vec<String>,
    /// Make the random choices of an earlier run again.
    #[arg(long)]
    seed: Option<u64>,
    /// Mix all faults at random for so many minutes instead: the row `soak`.
    #[arg(long, conflicts_with = "row")]
    minutes: Option<u64>,
    /// Run against this build of `makinage` instead of this checkout's, and keep no report.
    #[arg(long)]
    binary: Option<PathBuf>,
    /// Run only the rows that the test command runs, as briefly as it does, and keep no report.
    #[arg(long)]
    brief: bool,
}

impl Faults {
    /// Those that the test command runs.
    pub(crate) fn brief() -> Self {
        Self { brief: true, ..Self::default() }
    }

    /// Brings what the tests need, and runs the rows.
    pub(crate) fn run(&self) -> Result<()> {
        let kafka = Kafka::find(&mut Report::new())?;
        self.run_with(&env::ensure()?, &kafka, &mut Tests::default())
    }

    /// Runs the rows; what services and brokers say goes into a file.
    pub(crate) fn run_with(&self, python: &Path, kafka: &Kafka, tests: &mut Tests) -> Result<()> {
        let log = root().join("target/faults.log");
        fs::create_dir_all(root().join("target")).context("can't make target")?;
        let file = File::create(&log).with_context(|| format!("can't write {}", log.display()))?;
        let mut cargo = self.command()?;
        cargo.env("MAKINAGE_TEST_PYTHON", python).stderr(file);
        kafka.tell(&mut cargo);
        println!("what the services say goes to {}", log.display());
        let before = *tests;
        tools::run_lines(&mut cargo, |line| tests.read(line))
            .with_context(|| format!("a row didn't hold, or nothing could run: {}", log.display()))?;
        if *tests == before {
            bail!("there is no test {TEST}: the suite has moved, and xtask/src/faults.rs must follow it");
        }
        Ok(())
    }

    fn command(&self) -> Result<Command> {
        let mut cargo = tools::command("cargo");
        cargo.args(["test", "--locked", "--package", "makinage", "--test", "it", TEST, "--"]);
        cargo.args(["--exact", "--ignored", "--nocapture"]);
        let rows = if self.minutes.is_some() { "soak".to_owned() } else { self.row.join(",") };
        let kept = self.binary.is_none() && !self.brief;
        let settings = [
            ("ROWS", Some(rows).filter(|rows| !rows.is_empty())),
            ("SEED", self.seed.map(|seed| seed.to_string())),
            ("MINUTES", self.minutes.map(|minutes| minutes.to_string())),
            ("BRIEF", self.brief.then(|| "yes".to_owned())),
            ("REPORT", kept.then(|| root().join(REPORT).to_string_lossy().into_owned())),
            ("VERSION", kept.then(version).transpose()?),
            ("BINARY", self.binary.as_deref().map(absolute).transpose()?),
        ];
        for (name, value) in settings {
            let name = format!("MAKINAGE_FAULTS_{name}");
            match value {
                Some(value) => cargo.env(name, value),
                None => cargo.env_remove(name),
            };
        }
        Ok(cargo)
    }
}

fn absolute(path: &Path) -> Result<String> {
    let path = path.canonicalize().with_context(|| format!("can't find {}", path.display()))?;
    Ok(path.to_string_lossy().into_owned())
}

/// The commit that is checked out, where there is one.
fn version() -> Result<String> {
    let commit = tools::answer(tools::command("git").args(["describe", "--always", "--dirty"]))?;
    Ok(commit.map_or_else(|| "no checkout".to_owned(), |commit| commit.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::Faults;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        faults: Faults,
    }

    /// The variables that the test is given by a command line, without what differs from checkout to checkout.
    fn settings(line: &[&str]) -> Vec<String> {
        let command = Line::try_parse_from([&["faults"], line].concat()).unwrap().faults.command().unwrap();
        let set = command.get_envs().filter_map(|(name, value)| {
            let (name, value) = (name.to_str()?.strip_prefix("MAKINAGE_FAULTS_")?, value?.to_str()?);
            let value = if matches!(name, "REPORT" | "VERSION") { "…" } else { value };
            Some(format!("{name}={value}"))
        });
        set.collect()
    }

    #[test]
    fn the_test_is_told_what_was_asked_for() {
        assert_eq!(
            settings(&["--row", "4", "--row", "P10", "--seed", "17"]),
            ["REPORT=…", "ROWS=4,P10", "SEED=17", "VERSION=…"]
        );
        assert_eq!(settings(&["--minutes", "3"]), ["MINUTES=3", "REPORT=…", "ROWS=soak", "VERSION=…"]);
        assert_eq!(settings(&["--brief"]), ["BRIEF=yes"]);
        assert_eq!(settings(&["--row", "4", "--binary", "/bin/sh"]).len(), 2);
        assert!(Line::try_parse_from(["faults", "--row", "1", "--minutes", "3"]).is_err());
    }
}
