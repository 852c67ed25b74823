//! A log for unit tests.

use std::{
    io::{self, Write},
    sync::Arc,
};

use parking_lot::Mutex;
use tracing::Level;
use tracing_subscriber::fmt;

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
        let subscriber = fmt().with_max_level(level).with_ansi(false).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, what)
    }

    /// All that was said.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock()).into_owned()
    }

    /// The lines, without times and places.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.text().lines().map(|line| line.split(": ").skip(1).collect::<Vec<_>>().join(": ")).collect()
    }

    /// How often something was said.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.text().matches(text).count()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
