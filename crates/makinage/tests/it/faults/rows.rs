//! The table of rows: what is injected, what must hold, and which code or tests look.
//!
//! Numbers are those of the fault matrix that the project keeps for Kafka services; `P` rows are faults that this
//! service has had, or might have.

mod brokers;
mod service;

use super::play::Run;

pub(crate) struct Row {
    pub id: &'static str,
    pub injected: &'static str,
    pub holds: &'static str,
    pub how: How,
    /// Whether it runs with all tests.
    pub brief: bool,
}

#[derive(Clone, Copy)]
pub(crate) enum How {
    /// A function that plays it with a seed.
    Plays(fn(&mut Run)),
    /// Tests of the test command, by name.
    Tests(&'static [&'static str]),
    /// It can't be run, and why.
    NotHere(&'static str),
}

const fn row(id: &'static str, injected: &'static str, holds: &'static str, how: How) -> Row {
    Row { id, injected, holds, how, brief: false }
}

const fn brief(id: &'static str, injected: &'static str, holds: &'static str, play: fn(&mut Run)) -> Row {
    Row { id, injected, holds, how: How::Plays(play), brief: true }
}

use How::{NotHere, Plays, Tests};

/// All rows.
pub(crate) const ROWS: &[Row] = &[
    brief("1", "kill -9 of the service at random moments", "no loss, order, committed ≤ finished", service::kill_9),
    row("2", "SIGTERM under load, again and again", "no loss, nothing repeated", Plays(service::sigterm)),
    row(
        "3",
        "second signal, and a stop that a hanging worker holds up",
        "exits at once, or at the time-out; no loss",
        Tests(&["a_stop_that_a_wedged_worker_holds_up_ends_at_the_second_signal_or_the_timeout_and_loses_nothing"]),
    ),
    brief("4", "a broker of two stopped, then killed, while the other leads", "no loss, order", brokers::bounce),
    row("9", "the answer to EndTxn lost", "", NotHere("transactions are not in this version")),
];
