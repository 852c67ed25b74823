//! What the stream says of itself: what waits, what is under way and with whom, how batches went.

use std::{collections::BTreeMap, time::Duration};

use parking_lot::Mutex;
use serde::Serialize;

use super::{
    beat::Beat,
    histogram::{Histogram, Range},
};
use crate::event::{Place, Took, WORKER_STEPS};

/// A worker's process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct WorkerSeen {
    /// Its generation.
    pub generation: u64,
    /// Its place among that generation's.
    pub slot: usize,
    /// Its process, where there is one.
    pub pid: Option<u32>,
    /// `serving`, `draining`, `replacing`, `gone`.
    pub state: &'static str,
    /// Batches that it holds.
    pub batches: usize,
    /// For how many milliseconds it has been at one without a sign of life.
    pub silent_ms: Option<u64>,
}

/// An event that a worker died on, and that may be to blame for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SuspectSeen {
    /// Where it stands.
    pub place: Place,
    /// Workers that died on it alone.
    pub deaths: u8,
    /// When the first did, so long ago.
    pub age: Duration,
}

/// What is under way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct StreamSeen {
    /// Events that no worker has been given yet.
    pub queued_events: usize,
    /// Events that workers have been given and have not answered.
    pub unanswered_events: usize,
    /// The generation that takes what is new.
    pub generation: Option<u64>,
    /// All workers.
    pub workers: Vec<WorkerSeen>,
    /// Events that may be to blame for deaths.
    pub suspects: Vec<SuspectSeen>,
}

/// Why a worker's process ended that should not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Death {
    /// It had no memory left, or may have.
    Memory,
    /// It was silent on a batch for longer than `predict_timeout`.
    Timeout,
    /// The service ended it to see whether another process does better.
    Replaced,
    /// Another fault, or its exit.
    Crash,
}

impl Death {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Memory, Self::Timeout, Self::Replaced, Self::Crash];

    /// As it is shown.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Timeout => "timeout",
            Self::Replaced => "replaced",
            Self::Crash => "crash",
        }
    }
}

/// What the stream says of itself.
#[derive(Debug)]
pub(crate) struct StreamTelemetry {
    /// The thread that it runs on.
    pub beat: Beat,
    /// Events of a batch.
    pub batch_events: Histogram,
    /// What a batch takes in the worker, in seconds.
    pub batch_seconds: Histogram,
    /// How much of that in each step, where it takes any: in the order of [`WORKER_STEPS`].
    pub step_seconds: [Histogram; WORKER_STEPS.len()],
    seen: Mutex<StreamSeen>,
    deaths: Mutex<BTreeMap<Death, u64>>,
}

impl Default for StreamTelemetry {
    fn default() -> Self {
        Self {
            beat: Beat::default(),
            batch_events: Histogram::new(Range::NUMBERS),
            batch_seconds: Histogram::new(Range::SECONDS),
            step_seconds: WORKER_STEPS.map(|_| Histogram::new(Range::SECONDS)),
            seen: Mutex::default(),
            deaths: Mutex::default(),
        }
    }
}

impl StreamTelemetry {
    /// A batch was answered whole, which took so long in all and in each step.
    pub(crate) fn answered(&self, events: usize, Took { whole: took, steps }: Took) {
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        self.batch_events.observe(events as f64, 1);
        self.batch_seconds.observe(took.as_secs_f64(), 1);
        for (histogram, step) in self.step_seconds.iter().zip(steps).filter(|(_, step)| !step.is_zero()) {
            histogram.observe(step.as_secs_f64(), 1);
        }
    }

    /// A worker's process ended.
    pub(crate) fn died(&self, death: Death) {
        *self.deaths.lock().entry(death).or_default() += 1;
    }

    /// What is under way now.
    pub(crate) fn is(&self, seen: StreamSeen) {
        *self.seen.lock() = seen;
    }

    /// What was under way when that was said last.
    pub(crate) fn seen(&self) -> StreamSeen {
        self.seen.lock().clone()
    }

    /// How many workers' processes ended since the start, for each reason.
    pub(crate) fn deaths(&self) -> BTreeMap<Death, u64> {
        let deaths = self.deaths.lock();
        Death::ALL.into_iter().map(|death| (death, deaths.get(&death).copied().unwrap_or_default())).collect()
    }
}
