//! What each subcommand does, one file each; their arguments are in [`crate::cli`].

pub mod check;
mod checklist;
pub mod predict;
pub mod preflight;
pub mod publish;
pub mod run;

/// Exit code for bad usage or configuration.
pub const BAD_CONFIG: u8 = 2;

/// Logs to standard error: `RUST_LOG` where it is set, else `level` and above.
fn log_to_stderr(level: tracing::Level) {
    use std::io::{self, IsTerminal};

    use tracing_subscriber::{EnvFilter, fmt};
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level.to_string()));
    let subscriber =
        fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(io::stderr().is_terminal()).with_target(false);
    // A second initialisation is a test's.
    let _ = subscriber.try_init();
}
