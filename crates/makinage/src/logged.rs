//! A log for unit tests.

use std::{
    io::{self, Write},
    sync::Arc,
};

use parking_lot::Mutex;
use tracing::Level;
use tracing_subscriber::fmt;

use crate::log::{catalogue, text};

/// A log that is kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Keeps what is said meanwhile.
    pub(crate) fn keep<R>(&self, what: impl FnOnce() -> R) -> R {
        self.keep_from(Level::INFO, what)
    }

    /// Keeps what of this level and above is said meanwhile.
    pub(crate) fn keep_from<R>(&self, level: Level, what: impl FnOnce() -> R) -> R {
        let writer = self.clone();
        let subscriber = fmt()
            .with_max_level(level)
            .with_ansi(false)
            .fmt_fields(text::Fields)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, what)
    }

    /// All that was said.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock()).into_owned()
    }

    /// The lines, without times, places and codes.
    pub(crate) fn lines(&self) -> Vec<String> {
        let said = |line: &str| line.split(": ").skip(1).collect::<Vec<_>>().join(": ");
        self.text().lines().map(|line| without_code(&said(line)).to_owned()).collect()
    }

    /// How often something was said.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.text().matches(text).count()
    }
}

fn without_code(line: &str) -> &str {
    let code = line.rsplit_once(" [").and_then(|(rest, code)| Some((rest, code.strip_suffix(']')?)));
    let known = code.filter(|(_, code)| catalogue::entries().any(|entry| entry.code == *code));
    known.map_or(line, |(rest, _)| rest)
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
