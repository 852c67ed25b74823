//! Workers whose memory grows and grows, so that the log tells before a limit or the machine's end does. Pure.
//!
//! The rule is that of the alert `MakinageWorkerMemoryGrows`: half as much again as a quarter of an hour ago, and 256
//! MB more at least, in a process that serves.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use super::stream::WorkerSeen;

/// Between two looks.
const LOOK: Duration = Duration::from_mins(1);
/// What is compared with is so old.
const BEFORE: Duration = Duration::from_mins(15);
/// Bytes that are no growth to speak of.
const LITTLE: u64 = 256_000_000;

/// What workers used, look by look.
#[derive(Debug, Default)]
pub(crate) struct Growth {
    looked: Option<Instant>,
    /// By the number of the process.
    processes: BTreeMap<u32, Process>,
}

#[derive(Debug, Default)]
struct Process {
    /// The oldest first.
    used: VecDeque<(Instant, u64)>,
    is_told: bool,
}

/// A worker that has grown, which is said once of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grown {
    /// Its generation.
    pub generation: u64,
    /// Its place among that generation's.
    pub slot: usize,
    /// Bytes that it used a quarter of an hour ago.
    pub before: u64,
    /// Bytes that it uses now.
    pub now: u64,
}

impl Growth {
    /// Looks at these workers, unless that was done a moment ago; `used` says how many bytes a process uses.
    pub(crate) fn look(
        &mut self,
        workers: &[WorkerSeen],
        now: Instant,
        used: impl Fn(u32) -> Option<u64>,
    ) -> Vec<Grown> {
        if self.looked.is_some_and(|looked| now.saturating_duration_since(looked) < LOOK) {
            return vec![];
        }
        self.looked = Some(now);
        let mut before = std::mem::take(&mut self.processes);
        let mut grown = vec![];
        for worker in workers.iter().filter(|worker| worker.state == "serving") {
            let Some((pid, bytes)) = worker.pid.and_then(|pid| Some((pid, used(pid)?))) else { continue };
            let mut process = before.remove(&pid).unwrap_or_default();
            if let Some(before) = process.grows(bytes, now) {
                grown.push(Grown { generation: worker.generation, slot: worker.slot, before, now: bytes });
            }
            self.processes.insert(pid, process);
        }
        grown
    }
}

impl Process {
    /// Takes in what it uses now; what it used, where it has grown and that wasn't told yet.
    fn grows(&mut self, bytes: u64, now: Instant) -> Option<u64> {
        self.used.push_back((now, bytes));
        let is_old = |at: &Instant| now.saturating_duration_since(*at) >= BEFORE;
        // The youngest of the old ones is what is compared with.
        while self.used.get(1).is_some_and(|(at, _)| is_old(at)) {
            self.used.pop_front();
        }
        let (_, before) = *self.used.front().filter(|(at, _)| is_old(at))?;
        if self.is_told || bytes <= before + before / 2 || bytes <= before + LITTLE {
            return None;
        }
        self.is_told = true;
        Some(before)
    }
}

#[cfg(test)]
mod tests;
