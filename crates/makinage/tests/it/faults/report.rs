//! The table of rows: printed at the end of a run, and kept in `docs/faults.md`, where a row's line is replaced when it
//! has run again.

use std::{collections::BTreeMap, fmt::Write, fs, path::Path};

use super::rows::{How, ROWS, Row};

/// What became of a row that ran.
pub(crate) struct Outcome {
    pub id: &'static str,
    pub held: bool,
    /// Figures, and what was broken.
    pub told: String,
    pub seed: u64,
    pub seconds: u64,
}

const HEADER: &str = "\
# The fault suite's last report

`cargo xtask faults` writes this table; `--row ROW --seed SEED` runs a row again with the faults at the same places.
Each line is that of the row's last run. A row whose check is a test of the test command names it. What is promised,
and what isn't, is in [delivery.md](delivery.md).

";

const COLUMNS: &str = "| row | what is injected | what must hold | held | figures | seed | seconds | when, version |\n\
                       |---|---|---|---|---|---|---|---|\n";

/// A line of the table, without its first three columns for rows that ran.
fn line(row: &Row, last: &str) -> String {
    format!("| {} | {} | {} | {last} |\n", row.id, row.injected, row.holds)
}

fn ran(outcome: &Outcome, when: &str) -> String {
    let held = if outcome.held { "yes" } else { "**no**" };
    // A column ends at this sign.
    let told = outcome.told.replace('|', "/");
    format!("{held} | {told} | {} | {} | {when}", outcome.seed, outcome.seconds)
}

/// The rows that ran, for the terminal.
pub(crate) fn table(outcomes: &[Outcome]) -> String {
    let mut text = format!("\n{:<11} {:>7}  {:<4}  {}\n", "row", "seconds", "held", "figures");
    for outcome in outcomes {
        let held = if outcome.held { "yes" } else { "NO" };
        let _ = writeln!(text, "{:<11} {:>7}  {held:<4}  {}", outcome.id, outcome.seconds, outcome.told);
    }
    let broken: Vec<_> = outcomes.iter().filter(|outcome| !outcome.held).collect();
    for outcome in broken {
        let again = format!("cargo xtask faults --row {} --seed {}", outcome.id, outcome.seed);
        let _ = writeln!(text, "{} didn't hold; run it again: {again}", outcome.id);
    }
    text
}

/// Puts what ran into the file, and leaves the other rows' last runs as they are.
pub(crate) fn keep(path: &Path, outcomes: &[Outcome], when: &str) {
    let before = fs::read_to_string(path).unwrap_or_default();
    fs::create_dir_all(path.parent().expect("a folder"))
        .and_then(|()| fs::write(path, merged(&before, outcomes, when)))
        .expect("the report can be written");
}

fn merged(before: &str, outcomes: &[Outcome], when: &str) -> String {
    let old: BTreeMap<&str, &str> = before.lines().filter_map(last_run).collect();
    let mut text = format!("{HEADER}{COLUMNS}");
    for row in ROWS {
        let outcome = outcomes.iter().rfind(|outcome| outcome.id == row.id);
        let last = match (&row.how, outcome) {
            (_, Some(outcome)) => ran(outcome, when),
            (How::Tests(tests), _) => format!("by tests | {} | | |", code(tests)),
            (How::NotHere(why), _) => format!("not run | {why} | | |"),
            (How::Plays(_), None) => old.get(row.id).map_or("not yet | | | |".to_owned(), |last| (*last).to_owned()),
        };
        text.push_str(&line(row, &last));
    }
    text
}

fn code(tests: &[&str]) -> String {
    tests.iter().map(|test| format!("`{test}`")).collect::<Vec<_>>().join(", ")
}

/// A row's id and its columns from `held` on.
fn last_run(line: &str) -> Option<(&str, &str)> {
    let mut columns = line.strip_prefix("| ")?.splitn(4, " | ");
    let id = columns.next()?;
    let last = columns.nth(2)?.strip_suffix(" |")?;
    Some((id, last))
}

#[cfg(test)]
mod tests {
    use super::{Outcome, merged};

    fn outcome(id: &'static str, told: &str) -> Outcome {
        Outcome { id, held: true, told: told.to_owned(), seed: 7, seconds: 12 }
    }

    #[test]
    fn a_row_that_runs_again_replaces_its_line_and_leaves_the_others() {
        let first = merged("", &[outcome("1", "first"), outcome("2", "a | b")], "monday");
        let second = merged(&first, &[outcome("1", "second")], "tuesday");
        let of = |id: &str| second.lines().find(|line| line.starts_with(&format!("| {id} |"))).unwrap();
        assert!(of("1").ends_with("yes | second | 7 | 12 | tuesday |"), "{}", of("1"));
        assert!(of("2").ends_with("yes | a / b | 7 | 12 | monday |"), "{}", of("2"));
        assert_eq!(merged(&second, &[], "later"), second);
    }
}
