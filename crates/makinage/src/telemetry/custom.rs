//! What the user's code counts, added up over all workers. It is what hooks say, and so it is checked, and bounded.

use std::collections::{BTreeMap, BTreeSet};

use parking_lot::Mutex;

use crate::wire::counted::{Counted, CountedKind, CountedMetric, CountedSeries, Shape};

/// Metrics at most.
const MOST_METRICS: usize = 100;
/// Sets of labels' values that a metric may have.
const MOST_SERIES: usize = 500;
/// Labels and buckets that one may have.
const MOST_LABELS: usize = 8;
const MOST_BUCKETS: usize = 50;
/// Bytes of names, of values of labels, and of what a metric says of itself.
const LONGEST_NAME: usize = 100;
const LONGEST_VALUE: usize = 1000;
const LONGEST_HELP: usize = 4000;
/// How names of the service's own begin.
const OURS: [&str; 2] = ["makinage_", "process_"];

/// One metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CustomMetric {
    /// The generation whose hooks counted it last.
    generation: u64,
    /// What it says.
    pub help: String,
    /// What it is.
    pub shape: Shape,
    /// By the labels' values.
    pub series: BTreeMap<Vec<String>, CustomValue>,
}

/// One value.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct CustomValue {
    /// A count, a gauge's value, or the sum of a histogram's values.
    pub value: f64,
    /// Of a histogram by bucket, the last one without a bound.
    pub counts: Vec<u64>,
}

#[derive(Debug, Default)]
struct State {
    metrics: BTreeMap<String, CustomMetric>,
    /// Those of which it has been said that they aren't shown.
    refused: BTreeSet<String>,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct CustomMetrics(Mutex<State>);

impl CustomMetrics {
    /// Adds what a worker of this generation has counted.
    pub(crate) fn take(&self, generation: u64, counted: Counted) {
        let mut state = self.0.lock();
        for metric in counted.metrics {
            let name = shown(&metric.name);
            let Err(why) = state.add(generation, metric) else { continue };
            // As many as there may be metrics: what is hostile doesn't fill the log.
            if state.refused.len() < MOST_METRICS && state.refused.insert(name.clone()) {
                tracing::warn!(
                    code = "W019",
                    metric = name,
                    "the metric {name}, or some of it, isn't shown: {why}; change it where hooks or the model declare it"
                );
            }
        }
    }

    /// What has been counted, by name.
    pub(crate) fn seen(&self) -> BTreeMap<String, CustomMetric> {
        self.0.lock().metrics.clone()
    }
}

impl State {
    fn add(&mut self, generation: u64, metric: CountedMetric) -> Result<(), String> {
        let CountedMetric { name, shape, help, series } = metric;
        check(&name, &shape, &help)?;
        let there = self.metrics.get(&name).map(|there| (there.generation, there.shape == shape));
        match there {
            Some((_, true)) => {}
            Some((newest, false)) if generation <= newest => {
                return Err("workers disagree on its kind, labels or buckets".into());
            }
            // What counted it otherwise is on its way out.
            Some(_) => drop(self.metrics.remove(&name)),
            None => self.has_room(&name, shape.kind)?,
        }
        let metric = self.metrics.entry(name).or_insert_with(|| CustomMetric {
            generation,
            help: help.clone(),
            shape,
            series: BTreeMap::new(),
        });
        if generation > metric.generation {
            (metric.generation, metric.help) = (generation, help);
        }
        series.into_iter().try_for_each(|series| metric.add(series))
    }

    /// Whether one more may be shown, under lines that no other one has.
    fn has_room(&self, name: &str, kind: CountedKind) -> Result<(), String> {
        if self.metrics.len() >= MOST_METRICS {
            return Err(format!("there are {MOST_METRICS} metrics already"));
        }
        let wanted = lines(name, kind);
        let taken = self.metrics.iter().find(|(other, metric)| {
            let others = lines(other, metric.shape.kind);
            wanted.iter().any(|line| others.contains(line))
        });
        taken.map_or(Ok(()), |(other, _)| Err(format!("it would have lines of the same names as {other}")))
    }
}

impl CustomMetric {
    fn add(&mut self, CountedSeries { labels, value, counts }: CountedSeries) -> Result<(), String> {
        let buckets = if self.shape.kind == CountedKind::Histogram { self.shape.bounds.len() + 1 } else { 0 };
        let is_short = labels.iter().all(|label| label.len() <= LONGEST_VALUE);
        if labels.len() != self.shape.labels.len() || !is_short || counts.len() != buckets {
            return Err("a value of it has other labels or buckets than it says".into());
        }
        if !value.is_finite() || (self.shape.kind == CountedKind::Counter && value < 0.0) {
            return Err(format!("{value} is no value for it"));
        }
        if self.series.len() >= MOST_SERIES && !self.series.contains_key(&labels) {
            return Err(format!(
                "it has {MOST_SERIES} sets of labels already: a label must not say which event it was"
            ));
        }
        let there = self.series.entry(labels).or_default();
        if self.shape.kind == CountedKind::Gauge {
            there.value = value;
            return Ok(());
        }
        there.value = (there.value + value).clamp(f64::MIN, f64::MAX);
        there.counts.resize(buckets, 0);
        for (count, more) in there.counts.iter_mut().zip(counts) {
            *count = count.saturating_add(more);
        }
        Ok(())
    }
}

/// The names of its lines in the exposition.
fn lines(name: &str, kind: CountedKind) -> Vec<String> {
    let ends: &[&str] = match kind {
        CountedKind::Counter => &["", "_total"],
        CountedKind::Gauge => &[""],
        CountedKind::Histogram => &["", "_bucket", "_count", "_sum"],
    };
    ends.iter().map(|end| format!("{name}{end}")).collect()
}

fn check(name: &str, Shape { kind, labels, bounds }: &Shape, help: &str) -> Result<(), String> {
    if !is_name(name) || OURS.iter().any(|ours| name.starts_with(ours)) {
        return Err(format!(
            "it can't have this name: letters, digits and _, and not {} at its beginning",
            OURS.join(" or ")
        ));
    }
    let distinct: BTreeSet<&String> = labels.iter().collect();
    let may_be = |label: &String| is_name(label) && label != "le" && label != "quantile";
    if labels.len() > MOST_LABELS || distinct.len() < labels.len() || !labels.iter().all(may_be) {
        return Err(format!(
            "its labels can't have these names: {MOST_LABELS} different ones at most, not le or quantile"
        ));
    }
    let rise = bounds.is_sorted_by(|one, other| one < other) && bounds.iter().all(|bound| bound.is_finite());
    if (*kind == CountedKind::Histogram) == bounds.is_empty() || bounds.len() > MOST_BUCKETS || !rise {
        return Err(format!("its buckets are no {MOST_BUCKETS} rising bounds at most"));
    }
    if help.len() > LONGEST_HELP { Err("what it says of itself is too long".into()) } else { Ok(()) }
}

fn is_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

/// A name that may be anything, for the log.
fn shown(name: &str) -> String {
    name.chars().take(LONGEST_NAME).flat_map(char::escape_default).collect()
}

#[cfg(test)]
mod tests;
