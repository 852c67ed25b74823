//! What ran, how long it took, how many tests passed.

use std::time::{Duration, Instant};

use anyhow::Result;

/// The steps of one command, in their order.
pub(crate) struct Report {
    steps: Vec<Step>,
}

struct Step {
    name: &'static str,
    time: Duration,
    tests: Tests,
    ok: bool,
}

/// Tests counted from what their runners print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tests {
    pub passed: u32,
    pub failed: u32,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self { steps: Vec::new() }
    }

    /// Runs a step that has no tests to count.
    pub(crate) fn step(&mut self, name: &'static str, work: impl FnOnce() -> Result<()>) -> Result<()> {
        self.tests(name, |_| work())
    }

    /// Runs a step that counts its tests into what it is given.
    pub(crate) fn tests(&mut self, name: &'static str, work: impl FnOnce(&mut Tests) -> Result<()>) -> Result<()> {
        println!("\n== {name}");
        let start = Instant::now();
        let mut tests = Tests::default();
        let outcome = work(&mut tests);
        self.steps.push(Step { name, time: start.elapsed(), tests, ok: outcome.is_ok() });
        outcome
    }

    /// Prints a line a step, and the sum of the tests on a line of its own when there were any.
    pub(crate) fn print(&self) {
        println!("\n{:<28} {:>8}  {:>6}", "step", "seconds", "tests");
        let mut all = Tests::default();
        for Step { name, time, tests, ok } in &self.steps {
            let seconds = time.as_secs_f64();
            let count = tests.passed + tests.failed;
            let count = if count == 0 { String::new() } else { count.to_string() };
            println!("{name:<28} {seconds:>8.1}  {count:>6}{}", if *ok { "" } else { "  FAILED" });
            all.passed += tests.passed;
            all.failed += tests.failed;
        }
        if all != Tests::default() {
            println!("\n{} passed, {} failed", all.passed, all.failed);
        }
    }
}

impl Tests {
    /// Adds what a closing line of cargo's or pytest's test runner says; other lines say nothing.
    pub(crate) fn read(&mut self, line: &str) {
        let closing = line.starts_with("test result:") || (line.starts_with("==") && line.contains(" in "));
        let short = line.contains(" in ") && line.ends_with('s') && line.starts_with(|c: char| c.is_ascii_digit());
        if closing || short {
            self.passed += count_before(line, "passed");
            self.failed += count_before(line, "failed") + count_before(line, "error") + count_before(line, "errors");
        }
    }
}

/// The number before `word`: 12 for `passed` in `test result: ok. 12 passed; 0 failed;`.
fn count_before(line: &str, word: &str) -> u32 {
    let words: Vec<&str> = line.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.windows(2).filter(|pair| pair[1] == word).filter_map(|pair| pair[0].parse::<u32>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::Tests;

    fn read(line: &str) -> (u32, u32) {
        let mut tests = Tests::default();
        tests.read(line);
        (tests.passed, tests.failed)
    }

    #[test]
    fn counts_closing_lines_and_nothing_else() {
        assert_eq!(read("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; finished in 0.10s"), (12, 0));
        assert_eq!(read("test result: FAILED. 3 passed; 2 failed; 0 ignored"), (3, 2));
        assert_eq!(read("============ 2 failed, 40 passed, 1 skipped in 3.21s ============"), (40, 2));
        assert_eq!(read("40 passed, 1 warning in 3.21s"), (40, 0));
        assert_eq!(read("1 failed, 2 errors in 0.50s"), (0, 3));
        assert_eq!(read("test rows::splits_7_passed ... ok"), (0, 0));
        assert_eq!(read("7 passed the gate"), (0, 0));
    }
}
