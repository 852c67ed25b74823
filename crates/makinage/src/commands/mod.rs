//! What each subcommand does, one file each; their arguments are in [`crate::cli`].

pub(crate) mod check;
mod checklist;
mod configuration;
pub(crate) mod dead_letter;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod init;
pub(crate) mod model;
pub(crate) mod port;
pub(crate) mod predict;
mod progress;
pub(crate) mod publish;
pub(crate) mod run;
mod seconds;
mod table;
pub(crate) mod tap;
pub(crate) mod top;

use std::{
    env,
    io::{self, IsTerminal},
};

use tracing_subscriber::{EnvFilter, fmt};

use crate::{
    config::{self, LogFormat},
    log::{
        self,
        form::{self, Form, Lines},
        text,
    },
};

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

/// The same of a warning or an error of the service's, in the form of its log.
fn tell_as(level: tracing::Level, code: &str, text: &str) {
    tell(form::line(level, code, text));
}

/// Tells of the error that ends a program.
pub(crate) fn tell_error(error: &anyhow::Error) {
    tell_as(tracing::Level::ERROR, "S006", &format!("{error:#}"));
}

/// The form of a service's lines: what its configuration says, else the environment, else text on a terminal alone.
fn set_form(configured: LogFormat) -> Result<(), String> {
    let format = match configured {
        LogFormat::Auto => config::log_format()?,
        format => format,
    };
    let form = match format {
        LogFormat::Text => Form::Text,
        LogFormat::Auto if io::stderr().is_terminal() => Form::Text,
        LogFormat::Json | LogFormat::Auto => Form::Json,
    };
    form.set();
    Ok(())
}

/// The form of a service's lines until its configuration has been read; `false` where the environment asks for one that
/// there isn't, which has been told then.
fn set_first_form() -> bool {
    set_form(LogFormat::Auto).inspect_err(|wrong| tell(format_args!("error: {wrong}"))).is_ok()
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
    // A variable that is set to nothing, as Compose does it, asks for nothing.
    let asked = env::var(EnvFilter::DEFAULT_ENV).ok().filter(|asked| !asked.trim().is_empty());
    let asked = asked.and_then(|asked| EnvFilter::try_new(asked).ok());
    let filter = asked.unwrap_or_else(|| EnvFilter::new(filter));
    let subscriber = fmt()
        .with_ansi(io::stderr().is_terminal() && config::may_have_colours())
        // Else a line that can't be written is told to standard error, which panics in whatever thread had something to
        // log.
        .log_internal_errors(false)
        .event_format(Lines::new())
        .fmt_fields(text::Fields)
        .with_env_filter(filter)
        .with_writer(writer);
    // A second initialisation is a test's.
    let _ = subscriber.try_init();
}
