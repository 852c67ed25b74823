//! One worker process: start, talk to, end.

use std::{
    io::{self, IoSlice, Write},
    mem::MaybeUninit,
    os::{fd::AsFd, unix::net::UnixStream},
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::{
    io::retry_on_intr,
    net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg},
};
use tracing::Level;

use super::{asking::At, level, page::Page, patient::Patient};
use crate::{
    child::{Ended, Lines, Program, Running},
    panics,
    wire::protocol::{Ending, Frame, Kind, LogLine, read_frame, write_frame},
};

#[cfg(test)]
mod tests;

const BOOTSTRAP: &str = include_str!("../../../../python/bootstrap.py");
const PACKAGE: &str = include_str!(concat!(env!("OUT_DIR"), "/worker_package.json"));
/// How long an interpreter may take to read the package: what doesn't is no Python, or one that hangs on its own disk.
const START_TIMEOUT: Duration = Duration::from_mins(1);
/// The longest wait for the exit of a process whose socket is closed.
const LAST_MOMENT: Duration = Duration::from_millis(200);

/// A running worker. Dropping it kills the process, and all that it started.
#[derive(Debug)]
pub struct Process {
    running: Running,
    /// Where it says what it is at; `None` where there was no page to be had.
    page: Option<Page>,
}

/// Why a worker could not be started or did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The interpreter can't be run.
    #[error(
        "cannot run the Python interpreter {python}: {source}; install Python 3.10 or later, or set operators.<name>.python to one"
    )]
    Start {
        /// The interpreter.
        python: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It ended.
    #[error("the worker ended ({0})")]
    Ended(String),
    /// It did not answer in time.
    #[error("the worker did not answer within {} s", .0.as_secs())]
    Silent(Duration),
}

impl Process {
    /// Starts a worker and hands it the package. Call it from a thread that lives as long as the worker: the kernel
    /// kills the child when the thread that started it ends (`PR_SET_PDEATHSIG`).
    pub fn start(python: &Path, name: &str) -> Result<Self, ProcessError> {
        let failed = |source| ProcessError::Start { python: python.to_owned(), source };
        Self::begin(Program::script(python, BOOTSTRAP), name).map_err(failed)?.with_package()
    }

    fn begin(program: Program, name: &str) -> io::Result<Self> {
        let called = name.to_owned();
        let running = program.named(name).start(move |lines| relay(&called, lines))?;
        let page = Page::new().inspect_err(|error| {
            tracing::warn!(
                code = "W010",
                worker = name,
                "{name}: it can't say which event it is at ({error}); a death of it takes longer to explain"
            );
        });
        Ok(Self { running, page: page.ok() })
    }

    fn with_package(self) -> Result<Self, ProcessError> {
        match self.hand_over_package() {
            Ok(()) => Ok(self),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(ProcessError::Silent(START_TIMEOUT)),
            Err(error) => Err(self.ended(&error)),
        }
    }

    fn hand_over_package(&self) -> io::Result<()> {
        let length = u32::try_from(PACKAGE.len()).map_err(io::Error::other)?;
        self.send_with_page(&length.to_le_bytes())?;
        Patient::new(self.socket(), START_TIMEOUT).write_all(PACKAGE.as_bytes())
    }

    /// The first bytes on the socket, which has room for them.
    fn send_with_page(&self, bytes: &[u8]) -> io::Result<()> {
        let Some(page) = &self.page else { return self.socket().write_all(bytes) };
        let descriptors = [page.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut attached = SendAncillaryBuffer::new(&mut space);
        attached.push(SendAncillaryMessage::ScmRights(&descriptors));
        let sent = retry_on_intr(|| sendmsg(self.socket(), &[IoSlice::new(bytes)], &mut attached, SendFlags::empty()))?;
        self.socket().write_all(&bytes[sent..])
    }

    /// Sends a request and waits for its answer; log lines that come before it are logged.
    pub fn ask(&mut self, kind: Kind, payload: &[u8], timeout: Duration) -> Result<Frame, ProcessError> {
        let failed = |error: &io::Error| {
            if error.kind() == io::ErrorKind::TimedOut { ProcessError::Silent(timeout) } else { self.ended(error) }
        };
        let mut socket = Patient::new(self.socket(), timeout);
        write_frame(&mut socket, kind, 0, payload).map_err(|error| failed(&error))?;
        loop {
            match read_frame(&mut socket) {
                Ok(Some(frame)) if frame.kind == Kind::Log => log_line(&frame.payload),
                // What a model counts while it warms up is nothing of an event's.
                Ok(Some(frame)) if matches!(frame.kind, Kind::Progress | Kind::Metrics) => {}
                Ok(Some(frame)) if frame.kind == Kind::Ending => return Err(self.ended_since(&frame.payload)),
                Ok(Some(frame)) => return Ok(frame),
                Ok(None) => return Err(self.ended(&io::Error::from(io::ErrorKind::UnexpectedEof))),
                Err(error) => return Err(failed(&error)),
            }
        }
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.running.id()
    }

    /// The service's end of the socket pair.
    pub fn socket(&self) -> &UnixStream {
        self.running.socket()
    }

    /// Ends the process, with all that it started, and says how it had ended, where it had by itself.
    pub fn end(&self) -> Option<Ended> {
        // A worker that closed its socket is about to exit: its own status tells more than our signal would.
        let ended = self.running.ended_within(LAST_MOMENT);
        self.running.end();
        ended
    }

    /// What it was at, once it has ended.
    pub(super) fn at(&self) -> Option<At> {
        self.page.as_ref()?.read()
    }

    fn ended_since(&self, payload: &[u8]) -> ProcessError {
        self.running.end();
        ProcessError::Ended(why_it_ends(payload))
    }

    fn ended(&self, error: &io::Error) -> ProcessError {
        tracing::debug!(%error, "worker socket");
        ProcessError::Ended(how(self.end().as_ref()))
    }
}

/// What an `ending` frame says.
pub(super) fn why_it_ends(payload: &[u8]) -> String {
    let ending = serde_json::from_slice::<Ending>(payload);
    ending.map_or_else(|error| format!("what it said of that can't be read: {error}"), |ending| ending.why)
}

/// How it ended, for people.
pub(super) fn how(ended: Option<&Ended>) -> String {
    ended.map_or_else(|| "it no longer answered and was killed".to_owned(), ToString::to_string)
}

/// Logs a `log` frame's line.
pub fn log_line(payload: &[u8]) {
    match serde_json::from_slice::<LogLine>(payload) {
        Ok(line) if line.level == "error" => tracing::error!(code = "W011", "{}", line.message),
        Ok(line) => tracing::warn!(code = "W012", "{}", line.message),
        Err(error) => tracing::warn!(code = "W013", "a worker's log line can't be read: {error}"),
    }
}

/// Re-emits what a model or a hook prints, as log lines with the worker's name, and with their own level where they
/// have one.
fn relay(name: &str, mut lines: Lines) {
    loop {
        panics::point("worker output");
        let Some(line) = lines.next() else { return };
        match level::of(&line) {
            Level::ERROR => tracing::error!(target: "worker", code = "W017", worker = name, "{name}: {line}"),
            Level::WARN => tracing::warn!(target: "worker", code = "W018", worker = name, "{name}: {line}"),
            _ => tracing::info!(target: "worker", worker = name, "{name}: {line}"),
        }
    }
}
