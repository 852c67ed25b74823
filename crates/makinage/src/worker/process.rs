//! One worker process: start, talk to, end.

use std::{
    io::{self, BufRead, BufReader, PipeReader, Read, Write},
    os::unix::{net::UnixStream, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Condvar, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use crate::{
    child::group::{Group, Mark},
    wire::protocol::{Frame, Kind, LogLine, read_frame, write_frame},
};
use crate::{config::withhold_secrets, panics};

const BOOTSTRAP: &str = include_str!("../../../../python/bootstrap.py");
const PACKAGE: &str = include_str!(concat!(env!("OUT_DIR"), "/worker_package.json"));
/// How long an interpreter may take to read the package: what doesn't is no Python, or one that hangs on its own disk.
const START_TIMEOUT: Duration = Duration::from_mins(1);
/// The longest wait for the exit of a process whose socket is closed.
const LAST_MOMENT: Duration = Duration::from_millis(200);
/// A model's printed line is cut here; what prints more without a line end gets several lines.
const LONGEST_LINE: u64 = 8 * 1024;

/// A running worker. Dropping it kills the process, and all that it started.
#[derive(Debug)]
pub struct Process {
    group: Group,
    socket: UnixStream,
    /// Held open though another thread reads it: without a reader `print` would raise in the model's code.
    _printed: PipeReader,
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
    /// Starts a worker and hands it the package. Call it from a thread that lives as long as the worker: the kernel kills the child when the
    /// thread that started it ends (`PR_SET_PDEATHSIG`).
    pub fn start(python: &Path, name: &str) -> Result<Self, ProcessError> {
        let failed = |source| ProcessError::Start { python: python.to_owned(), source };
        let (socket, theirs) = UnixStream::pair().map_err(failed)?;
        let (printed, stdout) = io::pipe().map_err(failed)?;
        let stderr = stdout.try_clone().map_err(failed)?;
        let mut command = Command::new(python);
        command
            .arg("-c")
            .arg(BOOTSTRAP)
            .stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
            .stdout(stdout)
            .stderr(stderr)
            // A terminal's Ctrl-C goes to the whole group, and must not end a worker that still has a batch.
            .process_group(0);
        withhold_secrets(&mut command);
        let mark = Mark::new(&mut command);
        let child = command.spawn().map_err(failed)?;
        // The command holds the other ends of the socket and the pipe.
        drop(command);
        let group = socket.try_clone().and_then(|socket| Group::of((child, mark), name, socket)).map_err(failed)?;
        let mut process = Self { group, socket, _printed: printed.try_clone().map_err(failed)? };
        let (relaying, relayed) = (Relaying::begin(), name.to_owned());
        let relay = move || {
            relay(&relayed, printed);
            drop(relaying);
        };
        thread::Builder::new().name(format!("{name} output")).spawn(relay).map_err(failed)?;
        process.socket.set_write_timeout(Some(START_TIMEOUT)).map_err(failed)?;
        match process.hand_over_package() {
            Ok(()) => Ok(process),
            Err(error) if timed_out(&error) => Err(ProcessError::Silent(START_TIMEOUT)),
            Err(error) => Err(process.ended(&error)),
        }
    }

    fn hand_over_package(&mut self) -> io::Result<()> {
        let length = u32::try_from(PACKAGE.len()).map_err(io::Error::other)?;
        self.socket.write_all(&length.to_le_bytes())?;
        self.socket.write_all(PACKAGE.as_bytes())
    }

    /// Sends a request and waits for its answer; log lines that come before it are logged.
    pub fn ask(&mut self, kind: Kind, payload: &[u8], timeout: Duration) -> Result<Frame, ProcessError> {
        let deadline = Instant::now() + timeout;
        self.socket.set_write_timeout(Some(timeout)).map_err(|error| self.ended(&error))?;
        match write_frame(&mut self.socket, kind, 0, payload) {
            Ok(()) => {}
            Err(error) if timed_out(&error) => return Err(ProcessError::Silent(timeout)),
            Err(error) => return Err(self.ended(&error)),
        }
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ProcessError::Silent(timeout));
            }
            self.socket.set_read_timeout(Some(left)).map_err(|error| self.ended(&error))?;
            match read_frame(&mut self.socket) {
                Ok(Some(frame)) if frame.kind == Kind::Log => log_line(&frame.payload),
                Ok(Some(frame)) if frame.kind == Kind::Progress => {}
                Ok(Some(frame)) => {
                    return match self.socket.set_read_timeout(None).and_then(|()| self.socket.set_write_timeout(None)) {
                        Ok(()) => Ok(frame),
                        Err(error) => Err(self.ended(&error)),
                    };
                }
                Ok(None) => return Err(self.ended(&io::Error::from(io::ErrorKind::UnexpectedEof))),
                Err(error) if timed_out(&error) => return Err(ProcessError::Silent(timeout)),
                Err(error) => return Err(self.ended(&error)),
            }
        }
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.group.id()
    }

    /// The service's end of the socket pair.
    pub fn socket(&self) -> &UnixStream {
        &self.socket
    }

    /// Ends the process, with all that it started, and says how it had ended, where it had by itself.
    pub fn end(&mut self) -> String {
        // A worker that closed its socket is about to exit: its own status tells more than our signal would.
        let ended = self.group.ended_within(LAST_MOMENT);
        self.group.kill();
        ended.unwrap_or_else(|| "it no longer answered and was killed".to_owned())
    }

    fn ended(&mut self, error: &io::Error) -> ProcessError {
        tracing::debug!(%error, "worker socket");
        ProcessError::Ended(self.end())
    }
}

fn timed_out(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// Logs a `log` frame's line.
pub fn log_line(payload: &[u8]) {
    match serde_json::from_slice::<LogLine>(payload) {
        Ok(line) if line.level == "error" => tracing::error!("{}", line.message),
        Ok(line) => tracing::warn!("{}", line.message),
        Err(error) => tracing::warn!("a worker's log line can't be read: {error}"),
    }
}

/// How many workers' outputs are being passed on.
static RELAYS: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

/// One of them, for as long as there may be something to pass on.
struct Relaying;

impl Relaying {
    fn begin() -> Self {
        *RELAYS.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Self
    }
}

impl Drop for Relaying {
    fn drop(&mut self) {
        *RELAYS.0.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        RELAYS.1.notify_all();
    }
}

/// Waits until all that ended workers have printed is logged; not longer than `timeout`.
pub fn wait_for_output(timeout: Duration) {
    let relays = RELAYS.0.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = RELAYS.1.wait_timeout_while(relays, timeout, |relays| *relays > 0);
}

/// Re-emits what a model or a hook prints, as log lines with the worker's name. Bytes that aren't UTF-8 are replaced.
fn relay(name: &str, printed: PipeReader) {
    let mut lines = BufReader::new(printed);
    let mut line = Vec::new();
    loop {
        panics::point("worker output");
        line.clear();
        match lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(0) => return,
            Ok(_) => tracing::info!(target: "worker", "{name}: {}", String::from_utf8_lossy(&line).trim_end()),
            Err(error) => {
                tracing::warn!("{name}: its output can't be read any more: {error}");
                return;
            }
        }
    }
}
