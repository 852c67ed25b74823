//! Formatting and lints, of the Rust and of the Python.

use std::path::Path;

use anyhow::{Context, Result};

use crate::report::Report;
use crate::root::root;
use crate::tools;

/// Runs every lint, with the tools of the environment that `python` belongs to. Stops at the first that complains.
pub(crate) fn run(python: &Path, report: &mut Report) -> Result<()> {
    report.step("cargo fmt", || {
        tools::run(tools::command("cargo").args(["fmt", "--all", "--check"])).context("`cargo fmt --all` puts it right")
    })?;
    report.step("clippy", || {
        tools::run(tools::command("cargo").args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ]))
    })?;
    report.step("ruff", || {
        module(python, "ruff", &["check", "."])?;
        module(python, "ruff", &["format", "--check", "."]).context("`.venv/bin/ruff format python` puts it right")
    })?;
    report.step("mypy", || module(python, "mypy", &["makinage_worker"]))
}

/// Runs a tool of the environment in `python/`, where pyproject.toml has its settings.
fn module(python: &Path, name: &str, arguments: &[&str]) -> Result<()> {
    tools::run(tools::command(python).current_dir(root().join("python")).args(["-m", name]).args(arguments))
}
