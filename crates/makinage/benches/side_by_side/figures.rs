//! What is measured of one program in one turn.

use std::fmt;

/// One turn's figures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    /// Seconds from the program's start to the first model that takes over.
    pub start: f64,
    /// Microseconds of processor time an event, of the service and its worker, while a backlog is scored.
    pub processor: f64,
    /// Milliseconds from an event's production to its output's arrival at a consumer, at 1,000 events a second: the
    /// median.
    pub p50: f64,
    /// The same of the slowest hundredth.
    pub p99: f64,
}

impl Figures {
    fn values(self) -> [f64; 4] {
        [self.start, self.processor, self.p50, self.p99]
    }

    fn of([start, processor, p50, p99]: [f64; 4]) -> Self {
        Self { start, processor, p50, p99 }
    }

    /// Of each figure the median of all turns.
    pub(crate) fn median(turns: &[Self]) -> Self {
        let median = |figure: usize| {
            let mut all: Vec<f64> = turns.iter().map(|turn| turn.values()[figure]).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        };
        Self::of([median(0), median(1), median(2), median(3)])
    }

    /// Each figure as a share of another program's in the same turn.
    pub(crate) fn over(self, other: &Self) -> Self {
        let ratio = |figure: usize| self.values()[figure] / other.values()[figure];
        Self::of([ratio(0), ratio(1), ratio(2), ratio(3)])
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { start, processor, p50, p99 } = self;
        write!(f, "start {start:.2} s, {processor:.2} µs/event, p50 {p50:.2} ms, p99 {p99:.2} ms")
    }
}
