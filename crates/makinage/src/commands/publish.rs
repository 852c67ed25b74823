//! stub
use std::{path::Path,process::ExitCode};
/// stub
pub fn run_file(_file: &Path) -> anyhow::Result<ExitCode> { anyhow::bail!("not yet") }
