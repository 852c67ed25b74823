//! What each subcommand does, one file each; their arguments are in [`crate::cli`].

pub(crate) mod check;
mod checklist;
mod configuration;
pub(crate) mod dead_letter;
pub(crate) mod demo;
pub(crate) mod init;
pub(crate) mod model;
pub(crate) mod predict;
mod progress;
pub(crate) mod publish;
pub(crate) mod run;
mod table;

use std::io::{self, IsTerminal};

use tracing_subscriber::{EnvFilter, fmt};

use crate::log;

/// Exit code for bad usage or configuration.
pub(crate) const BAD_CONFIG: u8 = 2;

/// Writes a line to standard error, behind what was logged. Nobody has to read it: `eprintln!` panics once its reader
/// has gone.
pub(crate) fn tell(line: impl std::fmt::Display) {
    use std::io::Write;
    if !log::add(&line) {
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

/// Logs to standard error from a thread that does nothing else: `RUST_LOG` where it is set, else `level` and above.
fn log_beside(level: tracing::Level) -> io::Result<()> {
    log_to(&level.to_string(), log::start()?.clone());
    Ok(())
}

/// Logs to standard error: `RUST_LOG` where it is set, else `level` and above.
fn log_to_stderr(level: tracing::Level) {
    log_to(&level.to_string(), io::stderr);
}

/// Logs to `writer`, which ends on standard error: what `RUST_LOG` chooses, or where it isn't set `filter`.
fn log_to<W>(filter: &str, writer: W)
where
    W: for<'w> fmt::MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    let subscriber = fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        // Else a line that can't be written is told to standard error, which panics in whatever thread had something to
        // log.
        .log_internal_errors(false);
    // A second initialisation is a test's.
    let _ = subscriber.try_init();
}
