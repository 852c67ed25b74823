//! A look at a service, drawn.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Modifier, Style},
    text::{Line, Span},
    widgets::{Block, Borders, Paragraph, Row, Table, Wrap},
};
use serde_json::Value;

use super::{
    super::seconds::seconds,
    lists::{List, Lists},
    look::{Look, text},
};
use crate::{
    event::WORKER_STEPS,
    letters::reading::shown::{line, short},
};

/// Lines of the block of rates and times.
const NUMBERS: u16 = 7;
/// Lines at most that say why a service isn't well, and that say of its models.
const MOST_LINES: u16 = 5;
const DIM: Style = Style::new().add_modifier(Modifier::DIM);
const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);

/// Draws all of it.
pub(super) fn draw(frame: &mut Frame<'_>, look: &Look, lists: &Lists) {
    let width = frame.area().width;
    let (state, models) = (state(look), models(look));
    // With a line of those that have ended.
    let workers = rows(look.list("/stream/workers").len(), 2, 6);
    let partitions = rows(look.list("/group/partitions").len(), 2, 10);
    let places = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(height(&state, width)),
        Constraint::Length(1),
        Constraint::Length(NUMBERS),
        Constraint::Length(1 + height(&models, width)),
        Constraint::Length(workers),
        Constraint::Length(partitions),
        Constraint::Min(3),
    ]);
    let [name, state_lines, keys, numbers, model_lines, worker_table, partition_table, failures] =
        places.areas(frame.area());
    frame.render_widget(head(look), name);
    frame.render_widget(Paragraph::new(state).wrap(Wrap { trim: false }), state_lines);
    frame.render_widget(Line::styled("q ends this; ↑ ↓ move through a list, tab takes the next one", DIM), keys);
    draw_numbers(frame, numbers, look);
    let models = Paragraph::new(models).wrap(Wrap { trim: false });
    frame.render_widget(models.block(Block::new().borders(Borders::TOP).title(" models ")), model_lines);
    draw_workers(frame, worker_table, &Shown::of(List::Workers, look, lists));
    draw_partitions(frame, partition_table, &Shown::of(List::Partitions, look, lists));
    draw_failures(frame, failures, &Shown::of(List::Failures, look, lists));
}

/// So many lines of the screen these take, or a little less where words don't fill theirs; not more than there is room
/// for.
fn height(lines: &[Line<'_>], width: u16) -> u16 {
    let screen_lines = |line: &Line<'_>| line.width().div_ceil(usize::from(width.max(1))).max(1);
    let all = lines.iter().map(screen_lines).sum::<usize>();
    u16::try_from(all).unwrap_or(MOST_LINES).min(MOST_LINES)
}

/// What is to be shown of a list.
struct Shown<'l> {
    look: &'l Look,
    /// Its rows, from the first one that is to be seen.
    rows: &'l [Value],
    /// What its head says beside its name: where those begin among all, unless that is at the first.
    place: String,
    /// Keys move it.
    has_focus: bool,
}

impl<'l> Shown<'l> {
    fn of(list: List, look: &'l Look, lists: &Lists) -> Self {
        let (all, first) = (look.list(list.pointer()), lists.first(list, look));
        let place = if first > 0 { format!(" from {} of {}", first + 1, all.len()) } else { String::new() };
        Self { look, rows: &all[first..], place, has_focus: lists.focus() == list }
    }

    /// How its head looks.
    fn style(&self) -> Style {
        if self.has_focus { BOLD } else { DIM }
    }

    /// What its head says, of a list that is called so.
    fn head(&self, name: &str) -> String {
        let mark = if self.has_focus { "▸ " } else { "" };
        format!("{mark}{name}{}", self.place)
    }
}

/// Lines of a table with so many rows and a head.
fn rows(count: usize, head: u16, most: u16) -> u16 {
    head + u16::try_from(count.max(1)).unwrap_or(most).min(most)
}

fn head(look: &Look) -> Line<'_> {
    let name = format!("{} ({})", look.text("/application"), look.text("/operator"));
    let uptime = look.number("/uptime_seconds").map(duration).unwrap_or_default();
    Line::from(vec![
        Span::styled(line(&name), BOLD),
        Span::raw(format!("  makinage {}, up {uptime}  {}", line(look.text("/version")), look.url)),
    ])
}

/// How it is, the worst first, and what was done by hand last.
fn state(look: &Look) -> Vec<Line<'_>> {
    if let Some((since, why)) = &look.lost {
        let why = format!("can't be seen for {} s: {}", since.elapsed().as_secs(), line(why));
        return vec![Line::styled(why, Color::Red)];
    }
    let stuck = failing(look, "/live/latches").map(|why| Line::styled(format!("STUCK: {why}"), Color::Red));
    let paused = look.status.pointer("/paused").filter(|paused| !paused.is_null()).map(|paused| {
        let (since, by) = (text(paused, "/since"), line(text(paused, "/by")));
        let paused = format!(" PAUSED by hand since {since}, as {by} asked: no events are read ");
        Line::styled(paused, Style::new().fg(Color::Yellow).add_modifier(Modifier::REVERSED | Modifier::BOLD))
    });
    let lacking = failing(look, "/ready/latches").map(|why| Line::styled(format!("not ready: {why}"), Color::Yellow));
    let mut lines: Vec<Line<'_>> = stuck.chain(paused).chain(lacking).collect();
    if lines.is_empty() {
        lines.push(Line::styled("ready", Color::Green));
    }
    lines.extend(done_by_hand(look));
    lines
}

/// The latches that don't hold, but for that of a pause, which is told louder.
fn failing<'l>(look: &'l Look, latches: &str) -> impl Iterator<Item = String> + use<'l> {
    let failing = look.list(latches).iter().filter(|latch| latch["ok"] == false && latch["name"] != "reading");
    failing.map(|latch| {
        let [name, since, reason] = ["/name", "/since", "/reason"].map(|pointer| line(text(latch, pointer)));
        format!("{name}, since {since}: {reason}")
    })
}

/// What people had it do last.
fn done_by_hand(look: &Look) -> Option<Line<'_>> {
    let last = look.list("/interventions/past").first()?;
    let [at, act, by, outcome] = ["/at", "/act", "/by", "/outcome"].map(|pointer| line(text(last, pointer)));
    let message = short(text(last, "/message"), 100);
    Some(Line::styled(format!("last by hand: {at} {act} by {by}: {outcome}: {message}"), DIM))
}

fn draw_numbers(frame: &mut Frame<'_>, area: Rect, look: &Look) {
    let count = |pointer: &str| look.number(pointer).map_or_else(|| "-".to_owned(), |count| format!("{count:.0}"));
    let rate = |rate: f64| format!("{rate:.0}/s");
    let time = |pointer: &str| look.number(pointer).map_or_else(|| "-".to_owned(), seconds);
    let rates = look.rates;
    let late = look.list("/group/partitions").iter().filter_map(|partition| partition["lag_seconds"].as_f64());
    let late = late.reduce(f64::max).map_or_else(|| "-".to_owned(), seconds);
    let table = [
        ["in", &rate(rates.received), &count("/events/received"), "latency p50", &time("/recent/latency_seconds/p50")],
        ["out", &rate(rates.output), &count("/events/output"), "latency p99", &time("/recent/latency_seconds/p99")],
        ["skipped", &rate(rates.skipped), &format!("{:.0}", look.skipped()), "lag", &late],
        ["failed", &rate(rates.failed), &count("/events/failed"), "batch p50", &time("/recent/batch_seconds/p50")],
        ["waiting", "", &count("/stream/queued_events"), "batch p99", &time("/recent/batch_seconds/p99")],
        ["unacked", "", &count("/stream/unacknowledged_outputs"), "batch size", &count("/recent/batch_events/p50")],
    ]
    .map(|cells| cells.map(str::to_owned));
    // What a batch spends in each step.
    let step = |step: &str| [step.to_owned(), time(&format!("/recent/step_seconds/{step}/mean"))];
    let steps = WORKER_STEPS.map(step).into_iter().chain([[String::new(), String::new()]]);
    let lines = table.into_iter().zip(steps).map(|(cells, step)| Row::new(cells.into_iter().chain(step)));
    let widths = [7, 9, 13, 11, 8, 14, 8].map(Constraint::Length);
    let block = Block::new().borders(Borders::TOP).title(" events ");
    frame.render_widget(Table::new(lines, widths).block(block), area);
}

/// What serves, what comes, and what went wrong with the last that came.
fn models(look: &Look) -> Vec<Line<'static>> {
    let there = |pointer: &str| look.status.pointer(pointer).filter(|value| !value.is_null());
    let serving = there("/generations/serving").map_or_else(
        || "no model serves".to_owned(),
        |serving| {
            format!("generation {}: model {} since {}", serving["generation"], named(serving), text(serving, "/since"))
        },
    );
    let making = there("/generations/making")
        .map(|making| format!("on its way: model {}, {}", named(making), text(making, "/step")));
    let fetching = there("/generations/fetching").map(|fetching| {
        let (place, since) = (line(text(fetching, "/place")), text(fetching, "/since"));
        let why = fetching["why"].as_str().map(|why| format!("; it can't be had yet: {}", short(why, 200)));
        format!("being fetched since {since}: the model published at {place}{}", why.unwrap_or_default())
    });
    // What took over since has mended that.
    let past = look.list("/generations/past").first().filter(|past| past["outcome"] != "took_over");
    let past = past.map(|past| {
        let (outcome, why) = (text(past, "/outcome").replace('_', " "), short(text(past, "/why"), 200));
        format!("{} {outcome}: model {}: {why}", text(past, "/since"), named(past))
    });
    [Some(serving), making, fetching, past].into_iter().flatten().map(Line::from).collect()
}

fn named(generation: &Value) -> String {
    line(text(generation, "/model"))
}

fn draw_workers(frame: &mut Frame<'_>, area: Rect, shown: &Shown<'_>) {
    let row = |worker: &Value| {
        let memory = worker.pointer("/usage/resident_bytes").and_then(Value::as_f64);
        let cpu = worker.pointer("/usage/cpu_seconds").and_then(Value::as_f64);
        Row::new([
            format!("{}.{}", worker["generation"], worker["slot"]),
            worker["pid"].to_string(),
            text(worker, "/state").to_owned(),
            worker["batches"].to_string(),
            memory.map_or_else(|| "-".to_owned(), |bytes| format!("{:.0} MiB", bytes / f64::from(1 << 20))),
            cpu.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.0} s")),
        ])
    };
    let name = shown.head("worker");
    let head = Row::new([name.as_str(), "pid", "state", "batches now", "memory", "processor"]).style(shown.style());
    let widths = first_of([9, 10, 11, 11, 11]);
    let [table, ended] = Layout::vertical([Constraint::Min(1), Constraint::Length(1)]).areas(area);
    frame.render_widget(Table::new(shown.rows.iter().map(row), widths).header(head), table);
    frame.render_widget(ended_workers(shown.look), ended);
}

/// Those whose processes have ended though they should not have, and the events that may be to blame.
fn ended_workers(look: &Look) -> Line<'static> {
    let deaths = look.status.pointer("/stream/deaths").and_then(Value::as_object);
    let of = |(cause, count): (&String, &Value)| {
        count.as_u64().filter(|count| *count > 0).map(|count| format!("{count} by {cause}"))
    };
    let ended: Vec<String> = deaths.into_iter().flatten().filter_map(of).collect();
    if ended.is_empty() {
        return Line::default();
    }
    let suspects = look.list("/stream/suspects").iter().map(|suspect| line(text(suspect, "/place")));
    let suspects: Vec<String> = suspects.collect();
    let suspected = if suspects.is_empty() { String::new() } else { format!("; suspected: {}", suspects.join(", ")) };
    Line::styled(format!("ended: {}{suspected}", ended.join(", ")), Color::Yellow)
}

fn draw_partitions(frame: &mut Frame<'_>, area: Rect, shown: &Shown<'_>) {
    let whole = |value: &Value| value.as_f64().map_or_else(|| "-".to_owned(), |number| format!("{number:.0}"));
    let row = |partition: &Value| {
        let held = partition["held_seconds"].as_f64().unwrap_or_default();
        let stands = held > 10.0 || partition["paused"] == true;
        let row = Row::new([
            format!("{}/{}", line(text(partition, "/topic")), partition["partition"]),
            whole(&partition["position"]),
            whole(&partition["lag"]),
            partition["lag_seconds"].as_f64().map_or_else(|| "-".to_owned(), seconds),
            whole(&partition["open"]),
            if held > 1.0 { seconds(held) } else { String::new() },
            if partition["paused"] == true { "paused".to_owned() } else { String::new() },
        ]);
        if stands { row.style(Color::Yellow) } else { row }
    };
    let name = shown.head("partition");
    let head = Row::new([name.as_str(), "position", "lag", "late", "open", "held", ""]).style(shown.style());
    let widths = first_of([13, 10, 8, 7, 7, 6]);
    frame.render_widget(Table::new(shown.rows.iter().map(row), widths).header(head), area);
}

fn draw_failures(frame: &mut Frame<'_>, area: Rect, shown: &Shown<'_>) {
    let told = |failure: &Value| {
        let time = text(failure, "/at").get(11..19).unwrap_or_default();
        let place = line(text(failure, "/place"));
        let (step, error) = (text(failure, "/step"), line(text(failure, "/error")));
        let message = short(text(failure, "/message"), 200);
        Line::from(format!("{time} {place} {} in {step}: {error}: {message}", text(failure, "/became")))
    };
    let lines: Vec<Line<'_>> = shown.rows.iter().map(told).collect();
    let lines = if lines.is_empty() { vec![Line::styled("none", DIM)] } else { lines };
    let title = Span::styled(format!(" {} ", shown.head("last failed events")), shown.style());
    let failures = Paragraph::new(lines).wrap(Wrap { trim: false });
    frame.render_widget(failures.block(Block::new().borders(Borders::TOP).title(title)), area);
}

/// The first column has what those of these widths leave.
fn first_of<const N: usize>(others: [u16; N]) -> Vec<Constraint> {
    std::iter::once(Constraint::Fill(1)).chain(others.map(Constraint::Length)).collect()
}

/// `3d 4h`, `4h 5m`, `5m 6s`.
fn duration(seconds: f64) -> String {
    let seconds = std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default().as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes}m {}s", seconds % 60),
        (0, hours) => format!("{hours}h {minutes}m"),
        (days, hours) => format!("{days}d {hours}h"),
    }
}

#[cfg(test)]
mod tests;
