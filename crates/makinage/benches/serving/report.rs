//! The report: goals, tables, and plots.

use std::{fmt::Write, fs, path::Path, time::Duration};

use crate::{
    figures::{Figures, Of, Paced, Spread, Table},
    goals::{self, Bound, Goal},
    kinds::Kind,
    plot::{self, Group},
    prose::wrapped,
    results::{Results, Row, shares, spread},
    workloads::Made,
};

/// Who the contestants are, and what was found to be in the way of each.
const WHO: &str = "\
- `makinage`: this build with its defaults; `before`: another build; `dead-letters`, `tls`, `exactly-once` (100 ms) and
  `exactly-once-20ms`: this build with one setting.
- `loop`: a Rust loop on the same client with the same guarantees and headers, and no model.
- `strong`, `naive`: scripts of `benches/serving/scripts`: batches with a fast JSON library, offsets after delivery; and
  one event, one call of the model, one output.
- `passthrough`: no model, no guarantees, batches of confluent-kafka. `bare`: a reader of the events themselves.
- `maki-nage`: Maki Nage 0.8.0 (`python/requirements-bench-maki-nage.in` has the pins without which it doesn't start).
  Hooks make a table of a row, and a list of an array, which its JSON encoder refuses. Its outputs have no keys, so that
  they are held against the events by their order. It isn't given a backlog: that blocks its loop, outputs come once all
  of it is scored, and after ten seconds its group expels it and it begins anew.
- `quix`: Quix Streams, `apply` with the model's own object (not MLflow's wrapper). Its ways to batch are windows, which
  are per key: events with a key each can't be stacked.
- `mlserver`: MLServer with its Kafka listener and scikit-learn runtime, batches of up to 256 within 2 ms, no process of
  its own for the model, no line in the log for each event. It has no consumer group, and loses what comes before its
  model is loaded, so that events come once it answers. Events and outputs are in the Open Inference Protocol, with a
  header that names the model; outputs come in any order: their count, keys and predictions are verified, not the order.
- Latency is from an event's production to its output's arrival in one process. With transactions that is the commit.
  The driver sends what is due each millisecond, and reads with blocking calls: its own share of a processor is told.
";

/// What people have found out about goals that are missed; it stands behind them.
const LIMITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../benches/LIMITS.md");

/// Where it was measured, what, and for how long.
pub(crate) struct Report<'a> {
    pub machine: &'a str,
    /// How many each was to take.
    pub turns: usize,
    pub results: &'a Results,
    pub took: Duration,
}

impl Report<'_> {
    /// Writes it, and its plots beside it.
    pub(crate) fn write(&self, file: &Path) {
        let cost = "Processor time an event while a backlog is scored, µs (logarithmic)";
        let late = "p99 from an event's production to its output's arrival at 1,000 a second, ms (logarithmic)";
        let write = |name: &str, text: String| fs::write(file.with_file_name(name), text).expect("a file");
        write("processor-time.svg", plot::svg(cost, &self.bars(Of::Processor)));
        write("latency.svg", plot::svg(late, &self.bars(Of::At(1_000, Paced::Latency { tenths: 990 }))));
        fs::write(file, self.text()).expect("the report");
    }

    fn text(&self) -> String {
        let done = self.results.rows.iter().map(|row| row.turns.len()).min().unwrap_or_default();
        let turns = self.turns;
        let minutes = self.took.as_secs().div_ceil(60);
        let how = format!(
            "Written by `cargo xtask bench`: {done} of {turns} turns, in {minutes} minutes. Contestants take turns on one \
             broker, which shares the machine with them, and who begins changes. A cell is the median of the turns, and its \
             least and most. Machines are noisy: compare within a table, and shares rather than figures. Outputs were held \
             against the model's own answers before a figure counted, each event's once."
        );
        let mut text = format!("# What serving costs\n\n{}\n{}\n{WHO}", wrapped(&how), self.machine);
        self.goals(&mut text);
        text.push_str("\n![processor time an event](processor-time.svg)\n\n![latency](latency.svg)\n");
        for (place, (kind, made)) in self.results.kinds.iter().enumerate() {
            self.section(&mut text, place, (kind, made));
        }
        text
    }

    fn goals(&self, text: &mut String) {
        text.push_str("\n## Goals\n\n| | goal | measured | met |\n|---|---|---|---|\n");
        for Goal { what, bound, unit, measured } in goals::all(self.results) {
            let told = match bound {
                Bound::AtMost(most) => format!("≤ {} {unit}", short(most)),
                Bound::AtLeast(least) => format!("≥ {} {unit}", short(least)),
            };
            let (cell, met) = match measured {
                Some(measured) if bound.holds(measured.median) => (cell(measured), "yes"),
                Some(measured) => (cell(measured), "**no**"),
                None => (String::new(), "not measured"),
            };
            let _ = writeln!(text, "| {what} | {told} | {cell} | {met} |");
        }
        if let Ok(limits) = fs::read_to_string(LIMITS) {
            let _ = write!(text, "\n{limits}");
        }
    }

    /// The bars of a plot of this figure.
    fn bars(&self, of: Of) -> Vec<Group> {
        let group = |(place, (kind, _)): (usize, &(Kind, _))| {
            let bar = |(name, row): (_, &Row)| Some((name, spread(&row.turns, of)?.median));
            Group { name: kind.name, bars: self.results.of(place).filter_map(bar).collect() }
        };
        let groups = self.results.kinds.iter().enumerate().map(group);
        groups.filter(|group: &Group| !group.bars.is_empty()).collect()
    }

    /// A workload's tables: figures, and shares of the first contestant's.
    fn section(&self, text: &mut String, number: usize, (kind, made): (&Kind, &Made)) {
        let [batched, single] = made.own;
        let costs = format!(
            "The model's call alone: {} µs of processor time for a row among many, {} µs for one row. Backlog: {} events of \
             {:.0} bytes.",
            short(batched),
            short(single),
            kind.backlog(),
            made.bytes()
        );
        let _ = write!(text, "\n## {}: {}\n\n{}", kind.name, kind.what, wrapped(&costs));
        let rows: Vec<(&str, &Row)> = self.results.of(number).collect();
        for columns in columns(&rows).chunk_by(|one, next| one.table() == next.table()) {
            let (head, has_shares) = match columns[0].table() {
                Table::Backlog => ("The backlog".to_owned(), true),
                Table::Memory => ("Memory at most, MiB, each process by itself".to_owned(), false),
                Table::Start => ("Where the time to the first output goes, s".to_owned(), false),
                Table::Pace(pace) => (format!("{pace} events a second"), true),
            };
            let _ = write!(text, "\n**{head}**\n");
            let each = || rows.iter().map(|(name, row)| (*name, &*row.turns));
            table(text, columns, each(), spread);
            if let Some((first, turns)) = each().next()
                && has_shares
                && rows.len() > 1
            {
                let _ = write!(text, "\nAs shares of `{first}` in the same turn:\n");
                table(text, columns, each().skip(1), |others, of| shares(others, turns, of));
            }
        }
        for (name, row) in rows {
            for failure in &row.failures {
                let failure = wrapped(&format!("`{name}` failed, and has no figures for that: {failure}."));
                let _ = write!(text, "\n{failure}");
            }
        }
    }
}

fn columns(rows: &[(&str, &Row)]) -> Vec<Of> {
    let turns = rows.iter().flat_map(|(_, row)| &row.turns);
    let mut all: Vec<Of> = turns.flat_map(|turn| turn.keys().copied()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Rows that have none of the columns are left out.
fn table<'a>(
    text: &mut String,
    columns: &[Of],
    rows: impl Iterator<Item = (&'a str, &'a [Figures])>,
    figure: impl Fn(&[Figures], Of) -> Option<Spread>,
) {
    let heads: Vec<String> = columns.iter().map(|of| of.head()).collect();
    let _ = writeln!(text, "\n| | {} |\n|---|{}", heads.join(" | "), "---|".repeat(heads.len()));
    for (name, turns) in rows {
        let cells: Vec<String> = columns.iter().map(|of| figure(turns, *of).map_or_else(String::new, cell)).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
        }
    }
}

/// The median, and between which it lies.
fn cell(Spread { least, median, most }: Spread) -> String {
    if least.total_cmp(&most).is_eq() {
        return format!("**{}**", short(median));
    }
    let digits = digits(median);
    format!("**{median:.digits$}** ({least:.digits$}–{most:.digits$})")
}

fn short(figure: f64) -> String {
    format!("{figure:.*}", digits(figure))
}

fn digits(figure: f64) -> usize {
    match figure.abs() {
        ..10.0 => 2,
        10.0..100.0 => 1,
        _ => 0,
    }
}
