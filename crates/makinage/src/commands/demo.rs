//! stub
use std::process::ExitCode;
/// stub
#[derive(Debug, clap::Args)]
pub struct Demo {}
impl Demo {
    /// stub
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        anyhow::bail!("not yet")
    }
}
