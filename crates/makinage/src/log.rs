//! The service's log on its way to standard error: nobody who logs waits for whoever reads it.
//!
//! Lines wait in memory for a thread that writes them. While standard error is a pipe that nobody empties
//! (`2>&1 | less`) there is room for some; those beyond are dropped and counted, and that is told once there is room
//! again. Whoever ends the program calls [`flush`].
//!
//! `form` says what lines look like (`text`, `json`), `catalogue` which warnings and errors there are.

use std::{
    fmt,
    io::{self, Write},
    mem,
    sync::{Arc, OnceLock},
    thread,
    time::Duration,
};

use parking_lot::{Condvar, Mutex};
use tracing_subscriber::fmt::MakeWriter;

pub(crate) mod catalogue;
pub(crate) mod form;
pub(crate) mod json;
pub(crate) mod text;

/// Bytes of lines that may wait.
const MOST: usize = 1 << 20;
/// The longest that the program's end waits for the last lines to be taken.
const LAST_MOMENT: Duration = Duration::from_secs(1);

static STARTED: OnceLock<Log> = OnceLock::new();

/// Where lines go.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<u8>,
    /// Lines that had no room behind these.
    dropped: u64,
    /// Others are being written.
    writing: bool,
}

/// Starts the thread that writes to standard error, once for the program.
pub(crate) fn start() -> io::Result<&'static Log> {
    let log = Log::default();
    let dropped = |lines| {
        tracing::warn!(
            code = "S001",
            "{lines} log lines were dropped: standard error isn't read, or too slowly; nothing else waited for that. \
             To lose none, read it all the time or write it to a file (2> makinage.log)"
        );
    };
    let writing = log.clone();
    thread::Builder::new().name("log".into()).spawn(move || writing.write_to(io::stderr(), dropped))?;
    // Only now: what is added would wait for good.
    Ok(STARTED.get_or_init(|| log))
}

/// Adds a line of the program's own; `false` where the log hasn't been started.
pub(crate) fn add(line: &dyn fmt::Display) -> bool {
    STARTED.get().map(|log| log.append(format!("{line}\n").as_bytes())).is_some()
}

/// Waits until all lines have been written, but only for a moment: nobody may read them.
pub(crate) fn flush() {
    if let Some(log) = STARTED.get() {
        log.wait_until_written(LAST_MOMENT);
    }
}

impl Log {
    fn append(&self, line: &[u8]) {
        let mut state = self.0.state.lock();
        if state.lines.is_empty() || state.lines.len() + line.len() <= MOST {
            state.lines.extend_from_slice(line);
        } else {
            state.dropped += 1;
        }
        self.0.changed.notify_all();
    }

    fn write_to(&self, mut to: impl Write, tell_dropped: impl Fn(u64)) {
        let mut lines = Vec::new();
        loop {
            let mut state = self.0.state.lock();
            self.0.changed.wait_while(&mut state, |state| state.lines.is_empty());
            mem::swap(&mut state.lines, &mut lines);
            let dropped = mem::take(&mut state.dropped);
            state.writing = true;
            drop(state);
            // Its reader may have gone for good.
            let written = to.write_all(&lines);
            lines.clear();
            if dropped > 0 && written.is_ok() {
                tell_dropped(dropped);
            }
            self.0.state.lock().writing = false;
            self.0.changed.notify_all();
        }
    }

    fn wait_until_written(&self, longest: Duration) {
        let mut state = self.0.state.lock();
        self.0.changed.wait_while_for(&mut state, |state| state.writing || !state.lines.is_empty(), longest);
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = &'a Log;

    fn make_writer(&'a self) -> &'a Log {
        self
    }
}

/// A line comes whole.
impl Write for &Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.append(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
