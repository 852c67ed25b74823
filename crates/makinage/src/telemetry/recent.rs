//! The events that failed last, for whoever looks later than the log is read.

use std::collections::VecDeque;

use parking_lot::Mutex;
use serde::Serialize;

use super::{moment::now, tapped::shown};
use crate::event::{Failure, WORKER_STEPS};

/// So many are kept.
const KEPT: usize = 50;
/// Characters of a failure's message that are kept: a traceback may be a book.
const LONGEST: usize = 1000;

/// An event that failed.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FailedEvent {
    /// When, as RFC 3339 has it.
    pub at: String,
    /// `topic/partition/offset`.
    pub place: String,
    /// The step that it failed in.
    pub step: String,
    /// The error's class.
    pub error: String,
    /// What happened.
    pub message: String,
    /// `file:line` in the user's code.
    pub location: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// The record's value, or its beginning.
    pub input: Option<String>,
    /// `skipped`, `dead letter`, `stopped`.
    pub became: &'static str,
}

/// The last ones, the newest first.
#[derive(Debug, Default)]
pub(crate) struct RecentFailures(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    kept: VecDeque<FailedEvent>,
    by_step: [u64; STEPS.len()],
}

/// The steps that an event may fail in, as messages and dead letters name them.
pub(crate) const STEPS: [&str; WORKER_STEPS.len() + 1] = {
    let mut steps = ["produce"; WORKER_STEPS.len() + 1];
    let mut step = 0;
    while step < WORKER_STEPS.len() {
        steps[step] = WORKER_STEPS[step];
        step += 1;
    }
    steps
};

impl RecentFailures {
    /// One more.
    pub(crate) fn add(&self, place: &str, failure: &Failure, input: Option<&[u8]>, became: &'static str) {
        let event = FailedEvent {
            at: now(),
            place: place.to_owned(),
            step: failure.step.clone(),
            error: failure.error.clone(),
            message: failure.message.chars().take(LONGEST).collect(),
            location: failure.location.clone(),
            attempts: failure.attempts,
            input: input.map(shown),
            became,
        };
        let mut state = self.0.lock();
        if let Some(step) = STEPS.iter().position(|step| *step == failure.step) {
            state.by_step[step] += 1;
        }
        state.kept.truncate(KEPT - 1);
        state.kept.push_front(event);
    }

    /// How many failed since the start, by step.
    pub(crate) fn by_step(&self) -> [(&'static str, u64); STEPS.len()] {
        let by_step = self.0.lock().by_step;
        std::array::from_fn(|step| (STEPS[step], by_step[step]))
    }

    /// All that are kept.
    pub(crate) fn all(&self) -> Vec<FailedEvent> {
        self.0.lock().kept.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_come_first_and_only_so_many_are_kept() {
        let recent = RecentFailures::default();
        for offset in 0..60 {
            let failure = Failure::new("predict", "ValueError", "x".repeat(5000));
            recent.add(&format!("data/0/{offset}"), &failure, Some(b"[1]"), "skipped");
        }
        let all = recent.all();
        assert_eq!((all.len(), all[0].place.as_str(), all[49].place.as_str()), (50, "data/0/59", "data/0/10"));
        assert_eq!((all[0].message.len(), all[0].input.as_deref()), (LONGEST, Some("[1]")));
        assert_eq!(recent.by_step()[2], ("predict", 60));
    }
}
