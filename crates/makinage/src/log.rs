//! The service's log on its way to standard error: nobody who logs waits for whoever reads it.
//!
//! Lines wait in memory for a thread that writes them. While standard error is a pipe that nobody empties (`2>&1 | less`)
//! there is room for some; those beyond are dropped and counted, and that is told once there is room again. Whoever ends
//! the program calls [`flush`].

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
    let log = STARTED.get_or_init(Log::default);
    let dropped = |lines| {
        tracing::warn!(
            "{lines} log lines were dropped: standard error isn't read, or too slowly; nothing else waited for that. \
             To lose none, read it all the time or write it to a file (2> makinage.log)"
        );
    };
    thread::Builder::new().name("log".into()).spawn(move || log.write_to(io::stderr(), dropped))?;
    Ok(log)
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
mod tests {
    use std::{
        io::{self, Read, Write, pipe},
        thread,
        time::Duration,
    };

    use crossbeam_channel::{Sender, unbounded};

    use super::{Log, MOST};

    const LONG: Duration = Duration::from_mins(1);

    /// Fails, and says so.
    struct Gone(Sender<()>);

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            let _ = self.0.send(());
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_waits_for_a_reader_who_has_stopped_and_what_was_dropped_is_counted_where_it_is_missing() {
        let (log, (mut reader, writer)) = (Log::default(), pipe().expect("a pipe"));
        let (writing, telling) = (log.clone(), log.clone());
        thread::spawn(move || {
            writing.write_to(writer, move |lines| telling.append(format!("{lines} dropped\n").as_bytes()));
        });
        let line = format!("{}\n", "x".repeat(1023));
        let lines = 4 * MOST / line.len();
        for _ in 0..lines {
            log.append(line.as_bytes());
        }
        log.wait_until_written(Duration::from_millis(1));
        let (mut read, mut all) = ([0; 4096], String::new());
        while !all.ends_with(" dropped\n") {
            let count = reader.read(&mut read).expect("it is read");
            all.push_str(std::str::from_utf8(&read[..count]).expect("text"));
        }
        let kept = all.matches(&line).count();
        assert!(all.ends_with(&format!("\n{} dropped\n", lines - kept)), "{kept} of {lines}");
        assert!((MOST / line.len()..2 * MOST / line.len()).contains(&kept), "{kept} lines waited");
        log.append(b"again\n");
        log.wait_until_written(LONG);
        let count = reader.read(&mut read).expect("it is read");
        assert_eq!(&read[..count], b"again\n");
    }

    #[test]
    fn a_line_that_is_longer_than_all_that_may_wait_is_written_all_the_same() {
        let (log, (mut reader, writer)) = (Log::default(), pipe().expect("a pipe"));
        log.append(&vec![b'x'; 2 * MOST]);
        log.append(b"one too many");
        thread::spawn({
            let log = log.clone();
            move || log.write_to(writer, |_| {})
        });
        reader.read_exact(&mut vec![0; 2 * MOST]).expect("all of it");
        log.wait_until_written(LONG);
        log.append(b"more");
        let mut rest = [0; 4];
        reader.read_exact(&mut rest).expect("what comes next");
        assert_eq!(&rest, b"more");
    }

    #[test]
    fn a_reader_who_has_gone_ends_nothing() {
        let (log, (failed, failures)) = (Log::default(), unbounded());
        thread::spawn({
            let log = log.clone();
            move || log.write_to(Gone(failed), |_| {})
        });
        for _ in 0..2 {
            log.append(b"line\n");
            failures.recv_timeout(LONG).expect("it was tried");
        }
        log.wait_until_written(LONG);
    }
}
