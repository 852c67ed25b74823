//! Running one command of a build: bounded in time, on one processor while something serves, gone with the service.

use std::{
    collections::VecDeque,
    ffi::OsStr,
    io::{self, BufRead, BufReader, PipeReader},
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{EnvironmentError, LONGEST};
use crate::worker::confine;

const SUPERVISE: &str = include_str!("../../../../python/supervise.py");
/// Printed lines that are kept for an error.
const KEPT: usize = 15;
const TICK: Duration = Duration::from_millis(100);

/// What a build has to mind.
pub struct Surroundings<'a> {
    /// Whether a generation serves meanwhile, whose processors are not to be taken.
    pub beside_another: bool,
    /// Whether the service ends.
    pub stopping: &'a dyn Fn() -> bool,
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
    let (printed, stdout) = io::pipe().map_err(not_started)?;
    let stderr = stdout.try_clone().map_err(not_started)?;
    let mut command = Command::new(supervisor);
    command
        .args(["-c", SUPERVISE])
        .arg(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(stdout)
        .stderr(stderr)
        // The whole group ends at once when the service or the time does.
        .process_group(0)
        // It names the operator's environment, and this is another.
        .env_remove("VIRTUAL_ENV")
        .env_remove("PYTHONHOME");
    if let Some(folder) = folder {
        // Where the model's list names its own files.
        command.current_dir(folder);
    }
    let mut child = command.spawn().map_err(not_started)?;
    // The command holds the other ends of the pipe.
    drop(command);
    if surroundings.beside_another
        && let Err(error) = confine::confine(child.id())
    {
        tracing::debug!("the build may take processor time from the generation that serves: {error}");
    }
    let lines = thread::spawn(move || last_lines(printed));
    let deadline = Instant::now() + LONGEST;
    let ended = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Ok(status),
            Err(error) => break Err(error.to_string()),
            Ok(None) if (surroundings.stopping)() => return Err(EnvironmentError::Stopped),
            Ok(None) if Instant::now() > deadline => {
                break Err(format!("took more than {} min", LONGEST.as_secs() / 60));
            }
            Ok(None) => thread::sleep(TICK),
        }
    };
    // The end of its standard input ends whatever is left of it.
    drop(child.stdin.take());
    let output = lines.join().unwrap_or_default();
    match ended {
        Ok(status) if status.success() => Ok(output),
        Ok(status) => Err(failed(format!("failed ({status})"), output)),
        Err(how) => {
            let _ = child.wait();
            Err(failed(how, output))
        }
    }
}

fn last_lines(printed: PipeReader) -> String {
    let mut kept = VecDeque::new();
    for line in BufReader::new(printed).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        tracing::debug!(target: "environment", "{line}");
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(line);
    }
    Vec::from(kept).join("\n")
}
