//! The report: tables, and a plot.

use std::fmt::Write;

use crate::{
    figures::{Figures, Of, Spread, shares, spread},
    workloads::Workload,
};

/// All turns of one contestant at one workload.
pub(crate) struct Row {
    pub name: &'static str,
    pub turns: Vec<Figures>,
}

/// A workload's tables: figures, and shares of the first contestant's.
pub(crate) fn section(workload: &Workload, rows: &[Row]) -> String {
    let mut text = String::new();
    let [batched, single] = workload.own;
    let _ = write!(
        text,
        "\n## {}: {}\n\nThe model's call alone: {batched:.2} µs of processor time for a row among 1,024, {single:.0} µs for \
         one row. Backlog: {} events.\n",
        workload.kind.name, workload.kind.what, workload.kind.backlog
    );
    let columns = columns(rows);
    table(&mut text, &columns, rows.iter().map(|row| (row.name, &row.turns)), |turns, of| spread(turns, of));
    if let [first, others @ ..] = rows
        && !others.is_empty()
    {
        let _ = write!(text, "\nAs shares of `{}` in the same turn:\n", first.name);
        let others = others.iter().map(|row| (row.name, &row.turns));
        table(&mut text, &columns, others, |turns, of| shares(turns, &first.turns, of));
    }
    text
}

fn columns(rows: &[Row]) -> Vec<Of> {
    let mut all: Vec<Of> = rows.iter().flat_map(|row| &row.turns).flat_map(|turn| turn.keys().copied()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn table<'a>(
    text: &mut String,
    columns: &[Of],
    rows: impl Iterator<Item = (&'static str, &'a Vec<Figures>)>,
    figure: impl Fn(&[Figures], Of) -> Option<Spread>,
) {
    let heads: Vec<String> = columns.iter().map(|of| of.head()).collect();
    let _ = writeln!(text, "\n| | {} |\n|---|{}", heads.join(" | "), "---|".repeat(heads.len()));
    for (name, turns) in rows {
        let cells: Vec<String> = columns.iter().map(|of| figure(turns, *of).map_or_else(String::new, cell)).collect();
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
}

/// The median, and between which it lies.
fn cell(Spread { least, median, most }: Spread) -> String {
    let digits = if median < 10.0 {
        2
    } else if median < 100.0 {
        1
    } else {
        0
    };
    format!("**{median:.digits$}** ({least:.digits$}–{most:.digits$})")
}
