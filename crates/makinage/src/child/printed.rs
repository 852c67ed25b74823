//! The last lines that a child program prints, kept for an error.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, PipeReader, Read},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A printed line is cut here.
const LONGEST_LINE: u64 = 4 * 1024;

/// The last lines of an output.
#[derive(Debug)]
pub struct Printed {
    /// How many of them.
    kept: usize,
    lines: Mutex<VecDeque<String>>,
}

impl Printed {
    /// Keeps so many lines.
    pub fn new(kept: usize) -> Self {
        Self { kept, lines: Mutex::default() }
    }

    /// Reads an output to its end; each line is handed to `log` too. Bytes that aren't UTF-8 are replaced.
    pub fn read(&self, output: PipeReader, log: impl Fn(&str)) {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while matches!(output.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line), Ok(bytes) if bytes > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            log(&text);
            let mut lines = self.lock();
            if lines.len() == self.kept {
                lines.pop_front();
            }
            lines.push_back(text);
            drop(lines);
            line.clear();
        }
    }

    /// What is kept.
    pub fn lines(&self) -> Vec<String> {
        self.lock().iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Write, pipe};

    use super::{LONGEST_LINE, Printed};

    #[test]
    fn the_last_lines_are_kept_whatever_their_bytes_and_a_long_one_is_cut() {
        let (output, mut program) = pipe().expect("a pipe");
        program.write_all(b"first\nsecond\n\xff\n").expect("it prints");
        let long = usize::try_from(LONGEST_LINE).expect("a size") + 1;
        program.write_all(&vec![b'x'; long]).expect("it prints");
        drop(program);
        let printed = Printed::new(3);
        printed.read(output, |_| ());
        assert_eq!(printed.lines(), ["\u{fffd}".to_owned(), "x".repeat(long - 1), "x".to_owned()]);
    }
}
