//! Events from lines of text, for `makinage predict` and tests of the pipeline without a broker.

use std::{
    io::{self, BufRead, BufReader, Read},
    sync::Arc,
    time::Duration,
};

use crossbeam_channel::Sender;

use super::{
    Intake,
    acks::Acks,
    offsets::{Offsets, SLOT},
};
use crate::{
    clock::SystemClock,
    event::{Event, Place},
};

/// Bytes that open events may count for.
const MAX_HELD: usize = 8 * 1024 * SLOT;
/// Lines that are handed over at a time.
const PORTION: usize = 1024;

/// Reads newline-delimited events; the offset of an event is its line's number, from 0. Empty lines are no events.
#[derive(Debug)]
pub struct LineSource<R> {
    lines: BufReader<R>,
    acks: Arc<Acks>,
    intake: Sender<Intake>,
}

impl<R: Read> LineSource<R> {
    /// Reads `lines` to their end.
    pub fn new(lines: R, acks: Arc<Acks>, intake: Sender<Intake>) -> Self {
        Self { lines: BufReader::new(lines), acks, intake }
    }

    /// Hands all lines over, then says that there are no more; says how many of them were empty.
    pub fn run(mut self) -> io::Result<u64> {
        let mut offsets = Offsets::default();
        offsets.assign(0, 0);
        let (mut settled, mut portion, mut line) = (Vec::new(), Vec::new(), Vec::new());
        let (mut offset, mut empty) = (0, 0);
        loop {
            line.clear();
            let more = self.lines.read_until(b'\n', &mut line)? > 0;
            let text = line.strip_suffix(b"\n").unwrap_or(&line);
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            if text.is_empty() {
                empty += u64::from(more);
            } else if let Some(ticket) = offsets.received(0, 0, offset, text.len()) {
                portion.push(Event::new(ticket, Place { source: 0, partition: 0, offset }, None, Some(text)));
            }
            offset += 1;
            // Nothing is held back while the next line is waited for.
            let pauses = !self.lines.buffer().contains(&b'\n');
            if (portion.len() == PORTION || !more || pauses) && !portion.is_empty() {
                // The pipeline ends before its source only under `on_error: stop`.
                if self.intake.send(Intake::Events(std::mem::take(&mut portion))).is_err() {
                    return Ok(empty);
                }
            }
            while offsets.held() >= MAX_HELD {
                self.acks.wait(&SystemClock, Duration::from_secs(1));
                let grown = self.acks.collect(&mut settled);
                for (ticket, bytes) in grown {
                    offsets.grew(ticket, bytes);
                }
                for (ticket, fate) in settled.drain(..) {
                    offsets.settle(ticket, fate);
                }
            }
            if !more {
                let _ = self.intake.send(Intake::Finish);
                return Ok(empty);
            }
        }
    }
}
