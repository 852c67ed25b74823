//! Runs the programs that make an environment: bounded in time, ended by a stop, gone with the service.

use std::{
    ffi::OsStr,
    io,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use super::CommandLine;
use crate::child::{Ended, Program, confine};

/// Printed lines that are kept for an error.
const KEPT: usize = 15;

/// Why a program did not do what it was run for.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Whoever waits for it is to end.
    #[error("stopped")]
    Stopped,
    /// It could not be started.
    #[error("it can't be run: {0}")]
    NotStarted(#[from] io::Error),
    /// It was ended.
    #[error("it took more than {} min", .0.as_secs() / 60)]
    TooLong(Duration),
    /// It ended with an error.
    #[error("it ended with {ended}; its last lines:\n{}", printed.join("\n").trim_end())]
    Failed {
        /// How it ended.
        ended: Ended,
        /// The last lines that it printed.
        printed: Vec<String>,
    },
}

impl RunError {
    /// The last line that it printed, which is where Python names an exception, or else the whole.
    pub fn in_a_line(&self) -> String {
        let last = match self {
            Self::Failed { printed, .. } => printed.iter().rfind(|line| !line.is_empty()),
            Self::Stopped | Self::NotStarted(_) | Self::TooLong(_) => None,
        };
        last.map_or_else(|| self.to_string(), Clone::clone)
    }
}

/// Gets each line that a program prints.
type Show = Arc<dyn Fn(&str) + Send + Sync>;

/// Runs programs one after the other.
pub struct Runner<'s> {
    stopping: &'s dyn Fn() -> bool,
    longest: Duration,
    confined: bool,
    show: Show,
}

impl<'s> Runner<'s> {
    /// Ends programs when `stopping` says so, or when one takes longer than `longest`.
    pub fn new(stopping: &'s dyn Fn() -> bool, longest: Duration) -> Self {
        let show = Arc::new(|line: &str| tracing::debug!(target: "program", "{line}"));
        Self { stopping, longest, confined: false, show }
    }

    /// Leaves the other processors to a generation that serves meanwhile.
    #[must_use]
    pub fn on_one_processor(self) -> Self {
        Self { confined: true, ..self }
    }

    /// Hands each line that a program prints to `show`.
    #[must_use]
    pub fn showing(self, show: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { show: Arc::new(show), ..self }
    }

    /// The most that a program may take.
    pub fn longest(&self) -> Duration {
        self.longest
    }

    /// Whether nothing more is to be run.
    pub fn is_stopping(&self) -> bool {
        (self.stopping)()
    }

    /// Runs a program to its end and gives back the last lines that it printed. `python`, whichever it is, starts it.
    pub fn run(&self, python: &Path, line: &CommandLine) -> Result<Vec<String>, RunError> {
        let arguments: Vec<&OsStr> = line.arguments.iter().map(AsRef::as_ref).collect();
        let mut program = Program::new(python, &line.program, &arguments).keeping(KEPT);
        // They name another environment than the one that is made.
        for variable in ["VIRTUAL_ENV", "PYTHONHOME"] {
            program = program.without(variable);
        }
        if let Some(folder) = &line.folder {
            program = program.within(folder);
        }
        let show = Arc::clone(&self.show);
        let running = program.start(move |lines| lines.for_each(|line| show(&line)))?;
        if self.confined
            && let Err(error) = confine::confine(running.id())
        {
            tracing::debug!("{line} may take processor time from the generation that serves: {error}");
        }
        let began = Instant::now();
        let ended = running.wait(|| match began.elapsed() {
            _ if self.is_stopping() => Some(RunError::Stopped),
            elapsed if elapsed > self.longest => Some(RunError::TooLong(self.longest)),
            _ => None,
        })?;
        let printed = running.printed();
        if ended.well() { Ok(printed) } else { Err(RunError::Failed { ended, printed }) }
    }
}

#[cfg(test)]
mod tests;
