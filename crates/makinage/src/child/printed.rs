//! What a child prints: line by line as it comes, and the last lines kept for an error.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, PipeReader, Read},
    sync::Arc,
    time::Duration,
};

use parking_lot::{Condvar, Mutex, MutexGuard};

/// A printed line is cut here; what prints more without a line end gets several lines.
const LONGEST_LINE: u64 = 8 * 1024;

/// How many children's outputs are being followed.
static FOLLOWED: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

/// Waits until all that ended children have printed has been passed on; not longer than `longest`.
pub(crate) fn wait_for_all_output(longest: Duration) {
    FOLLOWED.1.wait_while_for(&mut FOLLOWED.0.lock(), |followed| *followed > 0, longest);
}

/// The last lines of an output.
#[derive(Debug)]
pub(super) struct Printed {
    /// How many of them.
    kept: usize,
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: VecDeque<String>,
    ended: bool,
}

impl Printed {
    /// Keeps so many lines.
    pub(super) fn new(kept: usize) -> Self {
        Self { kept, state: Mutex::default(), ended: Condvar::new() }
    }

    /// What is kept.
    pub(super) fn lines(&self) -> Vec<String> {
        self.lock().lines.iter().cloned().collect()
    }

    /// Waits for the end of the output; not longer than `longest`.
    pub(super) fn wait_for_end(&self, longest: Duration) {
        self.ended.wait_while_for(&mut self.lock(), |state| !state.ended, longest);
    }

    fn keep(&self, line: &str) {
        if self.kept == 0 {
            return;
        }
        let mut state = self.lock();
        if state.lines.len() == self.kept {
            state.lines.pop_front();
        }
        state.lines.push_back(line.to_owned());
    }

    fn end(&self) {
        self.lock().ended = true;
        self.ended.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

/// The lines of an output as they come, up to its end. Bytes that aren't UTF-8 are replaced.
#[derive(Debug)]
pub(crate) struct Lines {
    name: String,
    output: BufReader<PipeReader>,
    printed: Arc<Printed>,
}

impl Lines {
    /// Those that the child `name` prints, of which `printed` keeps the last.
    pub(super) fn new(name: &str, output: PipeReader, printed: &Arc<Printed>) -> Self {
        *FOLLOWED.0.lock() += 1;
        Self { name: name.to_owned(), output: BufReader::new(output), printed: Arc::clone(printed) }
    }
}

impl Iterator for Lines {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let mut line = Vec::new();
        match self.output.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(0) => None,
            Ok(_) => {
                let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                self.printed.keep(&line);
                Some(line)
            }
            Err(error) => {
                tracing::warn!(code = "W016", "{}: its output can't be read any more: {error}", self.name);
                None
            }
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.printed.end();
        *FOLLOWED.0.lock() -= 1;
        FOLLOWED.1.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Write, pipe},
        sync::Arc,
        time::Duration,
    };

    use super::{LONGEST_LINE, Lines, Printed};

    #[test]
    fn the_last_lines_are_kept_whatever_their_bytes_and_a_long_one_is_cut() {
        let (output, mut program) = pipe().expect("a pipe");
        let long = usize::try_from(LONGEST_LINE).expect("a size") + 1;
        program.write_all(b"first\nsecond\n\xff\n").expect("it prints");
        program.write_all(&vec![b'x'; long]).expect("it prints");
        drop(program);
        let printed = Arc::new(Printed::new(3));
        let lines = Lines::new("test", output, &printed);
        assert_eq!(lines.count(), 5);
        printed.wait_for_end(Duration::MAX);
        assert_eq!(printed.lines(), ["\u{fffd}".to_owned(), "x".repeat(long - 1), "x".to_owned()]);
    }
}
