//! The tests of the crates with `unsafe` code, under valgrind: memory that is read or freed wrongly, and memory that
//! nobody frees. `heap` isn't among them: it asks an allocator for something, and valgrind has one of its own.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::report::Tests;
use crate::root::root;
use crate::tools;

const CRATES: [&str; 2] = ["kafka-headers", "trees"];
const OPTIONS: [&str; 5] = [
    "--quiet",
    "--error-exitcode=99",
    "--leak-check=full",
    // What static variables still point to at the end is no leak.
    "--show-leak-kinds=definite",
    "--errors-for-leak-kinds=definite",
];

/// Where valgrind is, if it is there.
pub(crate) fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("valgrind")).find(|program| program.is_file())
}

/// Runs the tests, or says that valgrind is needed for it.
pub(crate) fn run() -> Result<()> {
    let valgrind =
        find().context("there is no valgrind on PATH: install it (Debian, Ubuntu: apt-get install valgrind)")?;
    run_with(&valgrind, &mut Tests::default())
}

/// Runs the tests, and counts them.
pub(crate) fn run_with(valgrind: &Path, tests: &mut Tests) -> Result<()> {
    // Cargo starts the test programs in their crate's folder.
    let suppressions = format!("--suppressions={}", root().join("crates/kafka-headers/valgrind.supp").display());
    let program = valgrind.display().to_string();
    let words: Vec<&str> = [program.as_str()].into_iter().chain(OPTIONS).chain([suppressions.as_str()]).collect();
    let mut cargo = tools::command("cargo");
    cargo.arg("--config").arg(format!("target.'cfg(unix)'.runner = {words:?}"));
    cargo.args(["test", "--locked", "--tests"]);
    cargo.args(CRATES.iter().flat_map(|name| ["--package", name]));
    tools::run_lines(&mut cargo, |line| tests.read(line))
}
