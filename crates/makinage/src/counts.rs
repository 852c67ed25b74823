//! What became of the events: each that comes in ends as an output, a `None` of a step, a failure, or is left to be
//! read again. Pure.

use std::fmt;

use crate::event::{Fate, Step};

/// Events since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    taken: u64,
    finished: u64,
    skipped: [u64; Step::ALL.len()],
    failed: u64,
    /// Of those that failed.
    dead_letters: u64,
    dropped: u64,
    lost: u64,
}

impl Counts {
    /// So many have come in.
    pub fn received(&mut self, events: usize) {
        self.taken += events as u64;
    }

    /// So many never came in: they were deleted before they were read. At most, as not every offset is an event.
    pub fn lost(&mut self, events: u64) {
        self.lost += events;
    }

    /// The fate of one is known.
    pub fn settle(&mut self, fate: Fate) {
        self.dead_letters += u64::from(fate == Fate::DeadLetter);
        *match fate {
            Fate::Finished => &mut self.finished,
            Fate::Skipped(step) => &mut self.skipped[step as usize],
            Fate::Failed | Fate::DeadLetter | Fate::Stopped => &mut self.failed,
            Fate::Dropped => &mut self.dropped,
        } += 1;
    }

    /// Those that came in.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Those whose output is acknowledged.
    pub fn finished(&self) -> u64 {
        self.finished
    }

    /// Those for which this step returned `None`.
    pub fn skipped_by(&self, step: Step) -> u64 {
        self.skipped[step as usize]
    }

    /// Those whose dead letter is acknowledged, of the ones that failed.
    pub fn dead_letters(&self) -> u64 {
        self.dead_letters
    }

    /// Those that were given up: they are read again.
    pub fn given_up(&self) -> u64 {
        self.dropped
    }

    /// Those that were deleted before they could be read, at most.
    pub fn deleted(&self) -> u64 {
        self.lost
    }

    /// Those that failed.
    pub fn failed(&self) -> u64 {
        self.failed
    }

    /// Those that were given up, or whose fate isn't known: whoever has their partitions next reads them again.
    pub fn left(&self) -> u64 {
        self.dropped + self.taken.saturating_sub(self.settled())
    }

    fn settled(&self) -> u64 {
        self.finished + self.skipped.iter().sum::<u64>() + self.failed + self.dropped
    }
}

/// `5 in, 2 out, 1 skipped by predict, 1 failed (1 dead letters), 1 left`; steps that skipped none, and that none is
/// left or lost, go without saying.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in, {} out", self.taken, self.finished)?;
        for step in Step::ALL {
            match self.skipped[step as usize] {
                0 => {}
                skipped => write!(f, ", {skipped} skipped by {step}")?,
            }
        }
        write!(f, ", {} failed", self.failed)?;
        match self.dead_letters {
            0 => {}
            dead_letters => write!(f, " ({dead_letters} dead letters)")?,
        }
        match self.left() {
            0 => {}
            left => write!(f, ", {left} left")?,
        }
        match self.lost {
            0 => Ok(()),
            lost => write!(f, ", up to {lost} lost to retention before they were read"),
        }
    }
}

#[cfg(test)]
mod tests;
