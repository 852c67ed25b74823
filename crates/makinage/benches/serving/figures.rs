//! What is measured of one contestant in one turn.

use std::collections::BTreeMap;

/// What a figure is of, in the order of the report: a backlog's, and those of each pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Of {
    /// Microseconds of processor time an event, of all its processes, while a backlog is scored.
    Processor,
    /// Thousands of events a second, while a backlog is scored and its outputs are read.
    Rate,
    /// Seconds from the start to the first output.
    Start,
    /// MiB at most: the process that was started.
    Memory,
    /// MiB at most: what that has started.
    Workers,
    /// What is measured while so many events come in a second.
    At(u32, Paced),
}

/// What is measured of events that come one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Paced {
    /// Milliseconds from an event's production to its output's arrival: this percentile, in tenths.
    Latency { tenths: u16 },
    /// Microseconds of processor time an event.
    Processor,
}

impl Of {
    /// The pace, in events a second, of those that have one.
    pub(crate) fn pace(self) -> Option<u32> {
        if let Self::At(pace, _) = self { Some(pace) } else { None }
    }

    /// A column's head.
    pub(crate) fn head(self) -> String {
        match self {
            Self::Rate => "k events/s".to_owned(),
            Self::Start => "first output, s".to_owned(),
            Self::Memory => "MiB".to_owned(),
            Self::Workers => "workers' MiB".to_owned(),
            Self::Processor | Self::At(_, Paced::Processor) => "CPU µs/event".to_owned(),
            Self::At(_, Paced::Latency { tenths: 1000 }) => "max ms".to_owned(),
            Self::At(_, Paced::Latency { tenths }) if tenths % 10 == 0 => format!("p{} ms", tenths / 10),
            Self::At(_, Paced::Latency { tenths }) => format!("p{}.{} ms", tenths / 10, tenths % 10),
        }
    }
}

/// The figures of one turn.
pub(crate) type Figures = BTreeMap<Of, f64>;

/// Of several turns: smallest, median, largest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    pub least: f64,
    pub median: f64,
    pub most: f64,
}

impl Spread {
    fn of(mut all: Vec<f64>) -> Option<Self> {
        all.sort_by(f64::total_cmp);
        Some(Self { least: *all.first()?, median: all[all.len() / 2], most: *all.last()? })
    }
}

/// A figure's spread over turns.
pub(crate) fn spread(turns: &[Figures], of: Of) -> Option<Spread> {
    Spread::of(turns.iter().filter_map(|turn| turn.get(&of).copied()).collect())
}

/// A figure as a share of another contestant's in the same turn, since the machine changes meanwhile.
pub(crate) fn shares(turns: &[Figures], others: &[Figures], of: Of) -> Option<Spread> {
    let share = |(one, other): (&Figures, &Figures)| Some(one.get(&of)? / other.get(&of)?);
    Spread::of(turns.iter().zip(others).filter_map(share).collect())
}
