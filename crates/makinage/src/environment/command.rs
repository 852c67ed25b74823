//! Running one command of a build: bounded in time, on one processor while something serves, gone with the service.

use std::{ffi::OsStr, io, path::Path, time::Instant};

use super::{EnvironmentError, LONGEST};
use crate::child::{confine, supervised::Supervised};

/// What a build has to mind.
pub struct Surroundings<'a> {
    /// Whether a generation serves meanwhile, whose processors are not to be taken.
    pub beside_another: bool,
    /// Whether the service ends.
    pub stopping: &'a dyn Fn() -> bool,
}

/// Why a command is not waited for any more.
enum Ended {
    Stopped,
    TooLong,
}

/// Runs a command and gives back the last lines that it printed. `supervisor` is any Python.
pub(super) fn run(
    supervisor: &Path,
    program: &Path,
    arguments: &[&OsStr],
    folder: Option<&Path>,
    surroundings: &Surroundings<'_>,
) -> Result<String, EnvironmentError> {
    let shown = || {
        let words = arguments.iter().map(|argument| argument.to_string_lossy());
        format!("{} {}", program.display(), words.collect::<Vec<_>>().join(" "))
    };
    let failed = |how: String, output: String| EnvironmentError::Command { command: shown(), how, output };
    let not_started = |error: io::Error| failed(format!("can't be run ({error})"), String::new());
    let command = Supervised::start(supervisor, (program, arguments), |command| {
        // They name the operator's environment, and this is another.
        command.env_remove("VIRTUAL_ENV").env_remove("PYTHONHOME");
        if let Some(folder) = folder {
            // Where the model's list names its own files.
            command.current_dir(folder);
        }
    });
    let command = command.map_err(not_started)?;
    if surroundings.beside_another
        && let Err(error) = confine::confine(command.id())
    {
        tracing::debug!("the build may take processor time from the generation that serves: {error}");
    }
    let deadline = Instant::now() + LONGEST;
    let ended = command.wait(|| match Instant::now() {
        _ if (surroundings.stopping)() => Some(Ended::Stopped),
        now if now > deadline => Some(Ended::TooLong),
        _ => None,
    });
    match ended {
        Ok((Ok(status), output)) if status.success() => Ok(output),
        Ok((Ok(status), output)) => Err(failed(format!("failed ({status})"), output)),
        Ok((Err(error), output)) => Err(failed(format!("failed ({error})"), output)),
        Err(Ended::Stopped) => Err(EnvironmentError::Stopped),
        Err(Ended::TooLong) => {
            Err(failed(format!("took more than {} min", LONGEST.as_secs() / 60), "it was ended".to_owned()))
        }
    }
}
