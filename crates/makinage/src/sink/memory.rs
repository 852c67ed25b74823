//! A sink of lines, for `makinage predict` and tests of the pipeline without a broker.

use std::{
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

use super::{Refused, Sink};
use crate::{
    event::{Event, Failure, Fate, Ticket},
    source::acks::Acks,
};

/// Writes each output as a line; the event counts as finished once that is out of the buffer.
#[derive(Debug)]
pub struct LineSink<W> {
    lines: W,
    acks: Arc<Acks>,
    buffered: Vec<Ticket>,
    failed: Option<io::Error>,
}

impl<W: Write> LineSink<W> {
    /// `lines` should be buffered: it is flushed whenever nothing more is there to write.
    pub fn new(lines: W, acks: Arc<Acks>) -> Self {
        Self { lines, acks, buffered: vec![], failed: None }
    }

    fn note(&mut self, outcome: io::Result<()>) {
        if let Err(error) = outcome
            && self.failed.is_none()
        {
            // A reader such as `head` that has seen enough is no failure worth a word.
            if error.kind() != io::ErrorKind::BrokenPipe {
                tracing::error!(code = "D002", "outputs can't be written any more: {error}");
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
        self.buffered.push(event.ticket);
        Ok(())
    }

    fn tend(&mut self) -> Vec<Refused> {
        if self.failed.is_none() {
            let flushed = self.lines.flush();
            self.note(flushed);
        }
        let fate = if self.failed.is_none() { Fate::Finished } else { Fate::Dropped };
        self.buffered.drain(..).for_each(|ticket| self.acks.settle(ticket, fate));
        vec![]
    }

    fn flush(&mut self, _timeout: Duration) -> bool {
        self.tend();
        self.failed.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{event::Place, source::offsets::Offsets};

    /// Takes so many bytes, and then is closed.
    struct Narrow(usize);

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            if taken == 0 { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(taken) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_output_that_could_not_be_written_does_not_count_as_one() {
        let acks = Arc::new(Acks::default());
        let mut sink = LineSink::new(io::BufWriter::new(Narrow(10)), Arc::clone(&acks));
        let mut offsets = Offsets::default();
        offsets.assign(0, 0);
        for offset in 0..4 {
            let ticket = offsets.received(0, 0, offset, 1).expect("a ticket");
            let event = Event::new(ticket, Place { source: 0, partition: 0, offset }, None, Some(b"1"));
            acks.received(1);
            sink.write(&event, b"1234", "model").expect("taken");
            assert_eq!(acks.counts().left(), 1 + u64::try_from(offset).expect("a number").saturating_sub(2));
            sink.tend();
        }
        assert_eq!(acks.counts().to_string(), "4 in, 2 out, 0 failed, 2 left");
        assert!(!sink.flush(Duration::ZERO));
    }
}
