//! The real service, on a thread of this process.

use std::{
    path::Path,
    thread::{self, JoinHandle},
};

use anyhow::{Context, bail};

use crate::{app, commands::configuration::configuration, stop::Stop};

/// The running service.
#[derive(Debug)]
pub(super) struct Service {
    thread: JoinHandle<anyhow::Result<bool>>,
}

impl Service {
    /// Reads the file and serves what it says.
    pub(super) fn start(file: &Path, stop: &Stop) -> anyhow::Result<Self> {
        let Some(config) = configuration(file) else {
            bail!("the demo's own configuration has the problems above; this is a bug");
        };
        let stop = stop.clone();
        let thread = thread::Builder::new()
            .name("service".into())
            .spawn(move || app::serve(&config, None, &stop))
            .context("service")?;
        Ok(Self { thread })
    }

    /// Whether it has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for its end, and says how it was.
    pub(super) fn join(self) -> anyhow::Result<()> {
        let served = self.thread.join().map_err(|_| anyhow::anyhow!("the service's thread panicked; this is a bug"))?;
        if served.context("the service failed")? { Ok(()) } else { bail!("the service did not end cleanly") }
    }
}
