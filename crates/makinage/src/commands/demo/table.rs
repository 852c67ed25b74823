//! The events as rows, and what they have in common (pure).

use std::{collections::VecDeque, time::Duration};

/// Rows of the panel.
const ROWS: usize = 10;
/// Latencies that the percentiles are of.
const WINDOW: usize = 1000;

/// The names of the columns.
pub(super) fn heading() -> String {
    format!("{:>7}  {:<22}  {:<12}  {:<12}  {:>10}", "event", "input", "prediction", "model", "latency")
}

/// One event and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// Its number, where it is the demo's own.
    pub number: Option<u64>,
    /// The event, as JSON.
    pub input: String,
    /// The class's name, or the prediction as JSON.
    pub prediction: String,
    /// Which model scored it.
    pub model: String,
    /// From produce to the prediction's arrival; only known of the demo's own.
    pub latency: Option<Duration>,
}

impl Row {
    /// The row as a line below [`heading`].
    pub(super) fn line(&self) -> String {
        let number = self.number.map_or_else(|| "other".to_owned(), |number| number.to_string());
        let latency = self.latency.map_or_else(|| "-".to_owned(), milliseconds);
        format!("{number:>7}  {:<22}  {:<12}  {:<12}  {latency:>10}", self.input, self.prediction, self.model)
    }
}

/// The last rows, and the latencies of the last events.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: VecDeque<Row>,
    latencies: VecDeque<Duration>,
    scored: u64,
}

impl Table {
    /// Takes in one more row.
    pub(super) fn add(&mut self, row: Row) {
        if let Some(latency) = row.latency {
            self.scored += 1;
            push(&mut self.latencies, latency, WINDOW);
        }
        push(&mut self.rows, row, ROWS);
    }

    /// The demo's own events that have been scored.
    pub(super) fn scored(&self) -> u64 {
        self.scored
    }

    /// How many were scored, and how fast.
    pub(super) fn summary(&self) -> String {
        let mut sorted: Vec<Duration> = self.latencies.iter().copied().collect();
        sorted.sort_unstable();
        match (percentile(&sorted, 50), percentile(&sorted, 99)) {
            (Some(p50), Some(p99)) => {
                format!("{} events scored, latency p50 {}, p99 {}", self.scored, milliseconds(p50), milliseconds(p99))
            }
            _ => "no events scored".to_owned(),
        }
    }

    /// The rows below their headings.
    pub(super) fn text(&self) -> String {
        let lines: Vec<String> =
            [String::new(), heading()].into_iter().chain(self.rows.iter().map(Row::line)).collect();
        lines.join("\n")
    }

    /// The rows and the summary; always as many lines, so that nothing moves.
    pub(super) fn panel(&self) -> String {
        let missing = "\n".repeat(ROWS - self.rows.len());
        format!("{}{missing}\n\n  {}   (Ctrl-C ends the demo)", self.text(), self.summary())
    }
}

fn push<T>(last: &mut VecDeque<T>, new: T, most: usize) {
    if last.len() == most {
        last.pop_front();
    }
    last.push_back(new);
}

/// The nearest rank.
fn percentile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests;
