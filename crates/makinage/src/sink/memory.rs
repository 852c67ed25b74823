//! A sink of lines, for `makinage predict` and tests of the pipeline without a broker.

use std::{
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

use super::{Refused, Sink};
use crate::{
    event::{Event, Failure},
    source::{acks::Acks, offsets::Fate},
};

/// Writes each output as a line; the event counts as finished with that.
#[derive(Debug)]
pub struct LineSink<W> {
    lines: W,
    acks: Arc<Acks>,
    failed: Option<io::Error>,
}

impl<W: Write> LineSink<W> {
    /// `lines` should be buffered: it is flushed whenever nothing more is there to write.
    pub fn new(lines: W, acks: Arc<Acks>) -> Self {
        Self { lines, acks, failed: None }
    }

    fn note(&mut self, outcome: io::Result<()>) {
        if let Err(error) = outcome
            && self.failed.is_none()
        {
            // A reader such as `head` that has seen enough is no failure worth a word.
            if error.kind() != io::ErrorKind::BrokenPipe {
                tracing::error!("outputs can't be written any more: {error}");
            }
            self.failed = Some(error);
        }
    }
}

impl<W: Write> Sink for LineSink<W> {
    fn write(&mut self, event: &Event, value: &[u8], _model: &str) -> Result<(), Failure> {
        if self.failed.is_none() {
            let written = self.lines.write_all(value).and_then(|()| self.lines.write_all(b"\n"));
            self.note(written);
        }
        self.acks.settle(event.ticket, Fate::Finished);
        Ok(())
    }

    fn tend(&mut self) -> Vec<Refused> {
        if self.failed.is_none() {
            let flushed = self.lines.flush();
            self.note(flushed);
        }
        vec![]
    }

    fn flush(&mut self, _timeout: Duration) -> bool {
        self.tend();
        self.failed.is_none()
    }
}
