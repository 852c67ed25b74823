//! Programs that run beside a command, and end with it.

use std::fs;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::tools;

/// Model loading on a slow machine takes most of it.
const PATIENCE: Duration = Duration::from_mins(2);

/// Waits until something is so.
pub(crate) fn wait_for(what: &str, mut done: impl FnMut() -> bool) -> Result<()> {
    let start = Instant::now();
    while !done() {
        if start.elapsed() > PATIENCE {
            bail!("waited {} s for {what} in vain, see above", PATIENCE.as_secs());
        }
        sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// A program that doesn't outlive the value.
pub(crate) struct Running {
    name: &'static str,
    pub child: Child,
    /// The process to signal: `child` itself, or what runs in its container, which `buildah run` hands no signal to.
    program: u32,
}

impl Running {
    /// Starts it.
    pub(crate) fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let child = command.spawn().with_context(|| format!("can't start {name}"))?;
        let program = child.id();
        Ok(Self { name, child, program })
    }

    /// Waits until the process `name` runs below `child`; from then on that is the one to signal.
    pub(crate) fn wait_for_program(&mut self, name: &'static str) -> Result<()> {
        wait_for(name, || match descendant(self.child.id(), name) {
            Some(program) => {
                self.program = program;
                true
            }
            None => !matches!(self.child.try_wait(), Ok(None)),
        })?;
        self.name = name;
        Ok(())
    }

    /// Asks it to end, as `docker stop` would, and expects that it does so in order.
    pub(crate) fn stop(&mut self) -> Result<()> {
        tools::run(tools::command("kill").arg(self.program.to_string()))?;
        let status = self.child.wait().with_context(|| format!("can't wait for {}", self.name))?;
        if !status.success() {
            bail!("{} didn't end in order: {status}", self.name);
        }
        println!("{} ended in order", self.name);
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Once it was waited for, its number may be another process's.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = tools::run(tools::command("kill").args(["-KILL", &self.program.to_string()]));
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The process called `name` below the process `parent`.
fn descendant(parent: u32, name: &str) -> Option<u32> {
    // The children of each of its threads: which one started them is chance.
    let threads = fs::read_dir(format!("/proc/{parent}/task")).ok()?.flatten();
    let children: Vec<u32> = threads
        .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok())
        .flat_map(|listed| listed.split_whitespace().filter_map(|child| child.parse().ok()).collect::<Vec<u32>>())
        .collect();
    children.into_iter().find_map(|child| {
        let called = fs::read_to_string(format!("/proc/{child}/comm")).is_ok_and(|found| found.trim() == name);
        if called { Some(child) } else { descendant(child, name) }
    })
}
