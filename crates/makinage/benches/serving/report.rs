//! The report: tables, and a plot.

use std::{fmt::Write, fs, process::Command, thread};

use crate::{
    figures::{Figures, Of, Spread, shares, spread},
    plot::Group,
    service::Place,
    workloads::Workload,
};

/// All turns of one contestant at one workload.
pub(crate) struct Row {
    pub name: &'static str,
    pub turns: Vec<Figures>,
}

/// The whole report around its sections: what was measured where.
pub(crate) fn whole(place: &Place, sections: &str) -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let versions = "import sys, mlflow, sklearn, numpy, confluent_kafka as kafka\n\
        print(f'Python {sys.version.split()[0]}, MLflow {mlflow.__version__}, scikit-learn {sklearn.__version__}, NumPy \\\n\
        {numpy.__version__}, confluent-kafka {kafka.__version__}')";
    let versions = Command::new(&place.python).args(["-c", versions]).env("PYTHONPATH", &place.packages).output();
    let versions = versions.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    format!(
        "# What serving costs\n\n\
         Written by `cargo xtask bench`. Contestants take turns on one broker, which shares the machine with them ({cores} \
         processors{}, rdkafka 0.39; {}). A cell is the median of the turns, and its least and most. Machines are noisy: \
         compare within a table, and shares rather than figures. Outputs were held against the model's own answers before a \
         figure counted, each event's once.\n\n\
         ![processor time an event](processor-time.svg)\n\n\
         - `makinage`: this build with its defaults; `dead-letters`, `tls`, `exactly-once` (100 ms) and `exactly-once-20ms` are \
         the same with one setting.\n\
         - `loop`: a Rust loop on the same client with the same guarantees and headers, and no model.\n\
         - `strong`, `naive`: scripts of `benches/serving/scripts`. `passthrough`: no model, no guarantees, batches of \
         confluent-kafka. `bare`: a reader of the events themselves.\n\
         - Latency is from an event's production to its output's arrival in one process. With transactions that is the commit.\n\
         {sections}",
        cpu.trim_start_matches([' ', '\t', ':']).trim().split_once('@').map_or(cpu, |(name, _)| name),
        versions.unwrap_or_default()
    )
}

/// The bars of a workload's plot.
pub(crate) fn bars(workload: &Workload, rows: &[Row]) -> Group {
    let bar = |row: &Row| Some((row.name, spread(&row.turns, Of::Processor)?.median));
    Group { name: workload.kind.name, bars: rows.iter().filter_map(bar).collect() }
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
    for columns in columns.chunk_by(|one, next| one.pace() == next.pace()) {
        let head = match columns[0].pace() {
            Some(pace) => format!("{pace} events a second"),
            None => "The backlog".to_owned(),
        };
        let _ = write!(text, "\n**{head}**\n");
        table(&mut text, columns, rows.iter().map(|row| (row.name, &row.turns)), spread);
        if let [first, others @ ..] = rows
            && !others.is_empty()
        {
            let _ = write!(text, "\nAs shares of `{}` in the same turn:\n", first.name);
            let others = others.iter().map(|row| (row.name, &row.turns));
            table(&mut text, columns, others, |turns, of| shares(turns, &first.turns, of));
        }
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
    let digits = match median {
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    format!("**{median:.digits$}** ({least:.digits$}–{most:.digits$})")
}
