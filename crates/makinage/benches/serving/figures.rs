//! What is measured of one contestant in one turn.

use std::collections::BTreeMap;

/// What a figure is of, in the order of the report: a backlog's, and those of each pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Of {
    /// Microseconds of processor time an event, of all its processes, while a backlog is scored.
    Processor,
    /// Thousands of events a second, while a backlog is scored.
    Rate,
    /// The rate as a share of that of so many models as there are workers.
    OwnRate,
    /// Milliseconds to the first byte of an answer to a probe meanwhile: the median.
    Probe,
    /// The same: the longest.
    LongestProbe,
    /// Microseconds of processor time that the model's call alone takes beside it, for a row among many.
    OwnBatched,
    /// The same for a single row.
    OwnSingle,
    /// MiB at most: the process that was started.
    Memory,
    /// MiB at most: the largest process that it has started.
    Worker,
    /// MiB at most: all processes that it has started.
    Workers,
    /// Seconds from the start to the first output.
    Start,
    /// Of these, until the service has found the model.
    Found,
    /// Then until a worker has imported what it needs, and has loaded it.
    Loaded,
    /// Then until that has warmed up, and takes over.
    Over,
    /// Then until the first output.
    Answer,
    /// Seconds that a fresh interpreter takes beside it: to import MLflow.
    OwnImport,
    /// Then to load the model.
    OwnLoad,
    /// Then to answer a row.
    OwnAnswer,
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
    /// Hundredths of a processor that the driver itself takes.
    Driver,
}

/// Which table a figure stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    /// What scoring a backlog costs.
    Backlog,
    /// Memory.
    Memory,
    /// Where a start's time goes.
    Start,
    /// What comes at so many events a second.
    Pace(u32),
}

impl Of {
    /// The table that it stands in.
    pub(crate) fn table(self) -> Table {
        match self {
            Self::Processor
            | Self::Rate
            | Self::OwnRate
            | Self::Probe
            | Self::LongestProbe
            | Self::OwnBatched
            | Self::OwnSingle => Table::Backlog,
            Self::Memory | Self::Worker | Self::Workers => Table::Memory,
            Self::At(pace, _) => Table::Pace(pace),
            _ => Table::Start,
        }
    }

    /// A column's head.
    pub(crate) fn head(self) -> String {
        match self {
            Self::Rate => "k events/s".to_owned(),
            Self::OwnRate => "of workers × the model's own rate".to_owned(),
            Self::Probe => "first byte of `/readyz`, p50 ms".to_owned(),
            Self::LongestProbe => "the longest, ms".to_owned(),
            Self::OwnBatched => "the model's call alone, µs/row".to_owned(),
            Self::OwnSingle => "of one row, µs".to_owned(),
            Self::Memory => "the service's own process".to_owned(),
            Self::Worker => "its largest other".to_owned(),
            Self::Workers => "all others".to_owned(),
            Self::Start => "start to first output".to_owned(),
            Self::Found => "model found".to_owned(),
            Self::Loaded => "+ import and load".to_owned(),
            Self::Over => "+ warm-up".to_owned(),
            Self::Answer => "+ first output".to_owned(),
            Self::OwnImport => "alone: interpreter and import".to_owned(),
            Self::OwnLoad => "+ load".to_owned(),
            Self::OwnAnswer => "+ first answer".to_owned(),
            Self::At(_, Paced::Driver) => "driver, % of a processor".to_owned(),
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
    /// That of these, if there are any.
    pub(crate) fn of(mut all: Vec<f64>) -> Option<Self> {
        all.sort_by(f64::total_cmp);
        let middle = [all.len().saturating_sub(1) / 2, all.len() / 2];
        let median = f64::midpoint(*all.get(middle[0])?, *all.get(middle[1])?);
        Some(Self { least: *all.first()?, median, most: *all.last()? })
    }

    /// What becomes of each, in the same order.
    pub(crate) fn each(self, each: impl Fn(f64) -> f64) -> Self {
        Self { least: each(self.least), median: each(self.median), most: each(self.most) }
    }
}
