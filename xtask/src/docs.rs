//! README's tables, the commented example, the JSON schemas and the examples' lines that name them, the lists of log
//! lines and of metrics, written from what the program says of them.
//!
//! The program's own tests do that: they hold the files to it, and write them when they are asked to.

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
        "http::names::tests",
    ]);
    tools::run(tests.env("MAKINAGE_WRITE_DOCS", "1"))
}
