//! The simulation: source, stream and sink whole, on one thread, under a virtual clock, from seed after seed.
//!
//! It is a unit test of the service's crate, which the test command runs with a number of seeds of its own. Here people
//! say how many, how long, or which one: a seed that failed is run again with its whole schedule printed.

use std::process::Command;

use anyhow::{Result, bail};
use clap::Args;

use crate::report::Tests;
use crate::tools;

/// The test that runs schedules.
const TEST: &str = "simulation::promises_hold_for_random_schedules";

/// What to simulate; the test's own number of seeds when nothing is said.
#[derive(Args)]
pub(crate) struct Simulate {
    /// How many seeds to run.
    #[arg(long)]
    seeds: Option<u64>,
    /// Run this seed alone, and print its whole schedule.
    #[arg(long, conflicts_with_all = ["seeds", "minutes"])]
    seed: Option<u64>,
    /// Go on with new seeds for so many minutes.
    #[arg(long, conflicts_with = "seeds")]
    minutes: Option<u64>,
}

impl Simulate {
    /// Runs it; what it prints goes to the terminal.
    pub(crate) fn run(&self) -> Result<()> {
        // A profile of its own would build every dependency once more, librdkafka too: minutes, for seconds saved.
        let mut tests = Tests::default();
        tools::run_lines(&mut self.command(), |line| tests.read(line))?;
        if tests == Tests::default() {
            bail!("there is no test {TEST}: the simulation has moved, and xtask/src/simulate.rs must follow it");
        }
        Ok(())
    }

    fn command(&self) -> Command {
        let mut cargo = tools::command("cargo");
        cargo.args(["test", "--locked", "--package", "makinage", "--lib", TEST, "--", "--exact", "--nocapture"]);
        let settings = [
            ("MAKINAGE_SIMULATE_SEEDS", self.seeds),
            ("MAKINAGE_SIMULATE_SEED", self.seed),
            ("MAKINAGE_SIMULATE_MINUTES", self.minutes),
        ];
        for (name, value) in settings {
            match value {
                Some(value) => cargo.env(name, value.to_string()),
                None => cargo.env_remove(name),
            };
        }
        cargo
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::Simulate;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        simulate: Simulate,
    }

    /// The variables that the test is given by a command line.
    fn settings(line: &[&str]) -> Vec<String> {
        let line = Line::try_parse_from([&["simulate"], line].concat()).unwrap();
        let command = line.simulate.command();
        let set = command.get_envs().filter_map(|(name, value)| {
            Some(format!("{}={}", name.to_string_lossy().trim_start_matches("MAKINAGE_SIMULATE_"), value?.to_str()?))
        });
        set.collect()
    }

    #[test]
    fn the_test_is_told_what_was_asked_for() {
        assert!(settings(&[]).is_empty());
        assert_eq!(settings(&["--seed", "17"]), ["SEED=17"]);
        assert_eq!(settings(&["--seeds", "5000"]), ["SEEDS=5000"]);
        assert_eq!(settings(&["--minutes", "3"]), ["MINUTES=3"]);
        assert!(Line::try_parse_from(["simulate", "--seeds", "5", "--minutes", "3"]).is_err());
        assert!(Line::try_parse_from(["simulate", "--seed", "1", "--minutes", "3"]).is_err());
    }
}
