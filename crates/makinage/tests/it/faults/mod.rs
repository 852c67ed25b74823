//! The fault suite: one row a fault, each with a load that flows, a witness who watches, and one oracle.
//!
//! `cargo xtask faults` says which rows run; the test command runs the brief ones. A row is given a seed, and makes its
//! random choices from it alone, so that it can be played again.

mod asked;
mod cluster;
mod load;
mod oracle;
mod play;
mod proxy;
mod report;
mod rows;
mod sampler;
mod witness;

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use self::{
    asked::Asked,
    play::Run,
    report::Outcome,
    rows::{How, ROWS, Row},
};

#[test]
#[ignore = "takes minutes: `cargo xtask faults` runs it, and the test command the brief rows"]
fn the_rows_that_were_asked_for_hold() {
    let asked = Asked::read();
    let mut outcomes = Vec::new();
    for row in ROWS.iter().filter(|row| asked.wants(row)) {
        let How::Plays(play) = row.how else { continue };
        let outcome = run(row, play, &asked);
        println!("{}", report::table(std::slice::from_ref(&outcome)));
        outcomes.push(outcome);
        // After each, so that a run that is cut short leaves what it has found.
        if let Some((path, when)) = &asked.report {
            report::keep(path, &outcomes, when);
        }
    }
    println!("{}", report::table(&outcomes));
    assert!(!outcomes.is_empty(), "nothing plays what was asked for: docs/faults.md says why");
    let broken: Vec<_> = outcomes.iter().filter(|outcome| !outcome.held).map(|outcome| outcome.id).collect();
    assert!(broken.is_empty(), "these rows didn't hold: {broken:?}");
}

fn run(row: &Row, play: fn(&mut Run), asked: &Asked) -> Outcome {
    let seed = asked.seed();
    println!("\nrow {}: {} (seed {seed})", row.id, row.injected);
    let mut run = Run::new(seed, asked.brief);
    let begin = Instant::now();
    let end = catch_unwind(AssertUnwindSafe(|| play(&mut run)));
    let why = end.as_ref().err().map(|panic| words(panic.as_ref()));
    let held = end.is_ok() && run.broken().is_none();
    let told = [Some(run.figures()), run.broken(), why].into_iter().flatten().filter(|told| !told.is_empty());
    let told = told.collect::<Vec<_>>().join("; ");
    Outcome { id: row.id, held, told, seed, seconds: begin.elapsed().as_secs() }
}

/// What a row said when it failed, cut to what a table holds.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it panicked").replace('\n', " ").chars().take(300).collect()
}
