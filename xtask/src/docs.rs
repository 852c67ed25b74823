//! The tables of README, the commented example and the list of the log's lines, written from what the program says of
//! its keys and lines.
//!
//! The program's own tests do both: they hold the files to it, and write them when they are asked to.

use anyhow::Result;

use crate::tools;

/// Writes what differs.
pub(crate) fn run() -> Result<()> {
    let mut tests = tools::command("cargo");
    tests.args([
        "test",
        "--locked",
        "--package",
        "makinage",
        "--lib",
        "--",
        "config::tests::reference",
        "log::catalogue::tests",
    ]);
    tools::run(tests.env("MAKINAGE_WRITE_DOCS", "1"))
}
