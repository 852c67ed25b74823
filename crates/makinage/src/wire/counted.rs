//! `metrics`: what the user's code has counted since the worker told last. It is checked where it is added up.

use serde::Deserialize;

/// What a `metrics` frame holds.
#[derive(Debug, Deserialize)]
pub struct Counted {
    /// By metric; those of which there is nothing new are left out.
    pub metrics: Vec<CountedMetric>,
}

/// What is new of one metric.
#[derive(Debug, Deserialize)]
pub struct CountedMetric {
    /// Without what the exposition adds.
    pub name: String,
    /// What it is.
    #[serde(flatten)]
    pub shape: Shape,
    /// What it says.
    pub help: String,
    /// By labels.
    pub series: Vec<CountedSeries>,
}

/// What a metric of this name must be to be added to another one.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Shape {
    /// What it is.
    pub kind: CountedKind,
    /// Its labels' names.
    pub labels: Vec<String>,
    /// A histogram's upper bounds, each above the one before.
    #[serde(default)]
    pub bounds: Vec<f64>,
}

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CountedKind {
    /// Grows.
    Counter,
    /// Has the value that was set last.
    Gauge,
    /// Counts by size.
    Histogram,
}

/// What is new of one set of labels.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct CountedSeries {
    /// The labels' values, in the order of their names.
    pub labels: Vec<String>,
    /// So much more; a gauge's value; the sum of a histogram's new values.
    pub value: f64,
    /// A histogram's new values by bucket, the last one without a bound.
    #[serde(default)]
    pub counts: Vec<u64>,
}
