//! Runs another program to its end, or until the demo is to end.

use std::{
    collections::VecDeque,
    io::{self, BufRead, BufReader},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use rustix::process::{Pid, Signal, kill_process_group};

use super::screen::Screen;
use crate::stop::Stop;

/// How often it is looked whether the demo is to end.
const TICK: Duration = Duration::from_millis(100);
/// Last lines of its output that tell why a program failed.
const LAST_LINES: usize = 6;

/// Why a program did not do what it was started for.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// The demo is to end.
    #[error("stopped")]
    Stopped,
    /// It could not be started, or waited for.
    #[error("it can't be run: {0}")]
    System(#[from] io::Error),
    /// It ended with an error.
    #[error("it ended with {status}; its last lines:\n{}", .output.trim_end())]
    Failed {
        /// How it ended.
        status: ExitStatus,
        /// The end of what it printed.
        output: String,
    },
}

impl ChildError {
    /// The last line that it printed, which is where Python names an exception, or else the whole.
    pub fn in_a_line(&self) -> String {
        let last = match self {
            Self::Failed { output, .. } => output.trim_end().lines().last(),
            Self::Stopped | Self::System(_) => None,
        };
        last.map_or_else(|| self.to_string(), str::to_owned)
    }
}

/// Runs `command`, with `doing` and the line that it printed last on the screen.
pub fn run(mut command: Command, doing: &str, screen: &Screen, stop: &Stop) -> Result<(), ChildError> {
    screen.busy(doing);
    let (printed, stdout) = io::pipe()?;
    let stderr = stdout.try_clone()?;
    // In a group of its own: what it starts ends with it, and a terminal's Ctrl-C is the demo's to answer.
    let mut child = command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).process_group(0).spawn()?;
    // It holds the writing end, without which the lines never end.
    drop(command);
    let (sender, lines) = bounded(1);
    thread::Builder::new().name("output".into()).spawn(move || {
        // Bytes, not `lines()`: what is printed need not be UTF-8.
        for line in BufReader::new(printed).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    })?;
    let followed = follow(&lines, |line| screen.busy(&format!("{doing}: {line}")), stop);
    screen.busy(doing);
    if followed.is_none() {
        end(&mut child)?;
    }
    let status = child.wait()?;
    let output = followed.ok_or(ChildError::Stopped)?;
    if status.success() { Ok(()) } else { Err(ChildError::Failed { status, output }) }
}

/// The last lines, or `None` when the demo is to end before they do.
fn follow(lines: &Receiver<String>, show: impl Fn(&str), stop: &Stop) -> Option<String> {
    let mut last = VecDeque::with_capacity(LAST_LINES);
    while !stop.requested() {
        match lines.recv_timeout(TICK) {
            Ok(line) => {
                show(line.trim());
                if last.len() == LAST_LINES {
                    last.pop_front();
                }
                last.push_back(line);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Some(Vec::from(last).join("\n")),
        }
    }
    None
}

fn end(child: &mut Child) -> io::Result<()> {
    kill_process_group(Pid::from_child(child), Signal::KILL).map_err(io::Error::from)
}
