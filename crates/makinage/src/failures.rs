//! What becomes of events that could not be scored: the operator's `dead_letter` or `on_error`, and the log that stays
//! readable when all fail.

use std::time::{Duration, Instant};

use crate::{config::OnError, event::Failure};

/// Lines that are written in a window; the rest of it is counted.
const LINES: u32 = 10;
const WINDOW: Duration = Duration::from_secs(10);

/// Whether the service goes on after a failed event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The event is skipped: it counts as finished.
    Skip,
    /// The event goes to the dead letters, and the service goes on.
    Bury,
    /// The service ends; the event stays unfinished and is read again at the next start.
    Stop,
}

/// Logs failed events, at most ten lines in ten seconds unless all are to be named, and counts the others.
#[derive(Debug)]
pub(crate) struct FailedEvents {
    on_error: OnError,
    /// The topic of the dead letters.
    letters: Option<String>,
    /// Lines that are written in a window.
    lines: u32,
    window: Instant,
    written: u32,
    unwritten: u64,
    total: u64,
}

impl FailedEvents {
    /// All go to the topic of the dead letters, where there is one, else as the operator's `on_error` says.
    pub(crate) fn new(on_error: OnError, letters: Option<&str>, now: Instant) -> Self {
        let letters = letters.map(str::to_owned);
        Self { on_error, letters, lines: LINES, window: now, written: 0, unwritten: 0, total: 0 }
    }

    /// Every failed event is named, however many there are.
    pub(crate) fn name_all(&mut self) {
        self.lines = u32::MAX;
    }

    /// From now on this is what becomes of them.
    pub(crate) fn set_on_error(&mut self, on_error: OnError) {
        self.on_error = on_error;
    }

    /// An event failed. `place` is where it stands, `model` the one that scored it, if one did.
    pub(crate) fn failed(&mut self, place: &str, failure: &Failure, model: Option<&str>, now: Instant) -> Verdict {
        self.total += 1;
        let (topic, partition, offset) = coordinates(place);
        if self.letters.is_none() && self.on_error == OnError::Stop {
            tracing::error!(
                code = "E001",
                topic,
                partition,
                offset,
                step = failure.step.as_str(),
                model,
                "stopping at {place}: {failure}; it is read again at the next start: mend its cause, or set on_error: skip"
            );
            return Verdict::Stop;
        }
        self.tick(now);
        if self.written < self.lines {
            self.written = self.written.saturating_add(1);
            if let Some(letters) = &self.letters {
                tracing::warn!(
                    code = "E002",
                    topic,
                    partition,
                    offset,
                    step = failure.step.as_str(),
                    model,
                    "dead letter to {letters}: {place}: {failure}"
                );
            } else {
                tracing::warn!(
                    code = "E003",
                    topic,
                    partition,
                    offset,
                    step = failure.step.as_str(),
                    model,
                    "skipped {place}: {failure}"
                );
            }
        } else {
            self.unwritten += 1;
        }
        if self.letters.is_some() { Verdict::Bury } else { Verdict::Skip }
    }

    /// Writes the count of a window that is over.
    pub(crate) fn tick(&mut self, now: Instant) {
        if now.saturating_duration_since(self.window) < WINDOW {
            return;
        }
        self.window = now;
        self.written = 0;
        self.write_count();
    }

    /// When the count of the unwritten ones is due.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        (self.unwritten > 0).then(|| self.window + WINDOW)
    }

    fn write_count(&mut self) {
        if self.unwritten > 0 {
            let (more, seconds, total) = (self.unwritten, WINDOW.as_secs(), self.total);
            if let Some(topic) = &self.letters {
                tracing::warn!(
                    code = "E004",
                    "dead letters to {topic}: {more} more in {seconds} s ({total} since the start)"
                );
            } else {
                tracing::warn!(code = "E005", "skipped {more} more events in {seconds} s ({total} since the start)");
            }
            self.unwritten = 0;
        }
    }
}

/// The parts of `topic/partition/offset`, where it is that.
fn coordinates(place: &str) -> (Option<&str>, Option<i32>, Option<i64>) {
    let parts = || {
        let (rest, offset) = place.rsplit_once('/')?;
        let (topic, partition) = rest.rsplit_once('/')?;
        Some((topic, partition, offset))
    };
    let Some((topic, partition, offset)) = parts() else { return (None, None, None) };
    (Some(topic), partition.parse().ok(), offset.parse().ok())
}

impl Drop for FailedEvents {
    fn drop(&mut self) {
        self.write_count();
    }
}

#[cfg(test)]
mod tests;
