//! `makinage tap`: a running service's events as they pass, a line each, and one for each step that is known of.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal, Write},
    process::ExitCode,
    thread,
    time::Duration,
};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    BAD_CONFIG,
    port::{Port, Which},
    seconds::seconds,
    tell,
};
use crate::{
    config::may_have_colours,
    letters::reading::shown,
    log::json::harmless,
    telemetry::{
        tap::Filter,
        tapped::{Became, StepPassed, Tapped},
    },
};

/// Before a connection that has ended is made again: it need not have lasted for long.
const AGAIN: Duration = Duration::from_millis(100);
/// Characters of a key, an input or an output in a line.
const SHORT: usize = 60;

/// What is wanted of the events.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// Which of them.
    pub filter: Filter,
    /// As JSON.
    pub json: bool,
    /// How many.
    pub events: Option<u64>,
}

/// Shows events until Ctrl-C, or until there have been so many.
pub(crate) fn run(which: &Which, options: &Options) -> anyhow::Result<ExitCode> {
    let Some(port) = Port::of(which)? else { return Ok(BAD_CONFIG.into()) };
    let path = path(&options.filter);
    let (mut out, mut left) = (io::stdout().lock(), options.events);
    let colours = out.is_terminal() && may_have_colours();
    let mut lines = port.events(&path)?;
    if io::stderr().is_terminal() {
        tell(format_args!("events of {} as they pass, at most 100 a second; Ctrl-C ends this", port.url()));
    }
    let mut missed = false;
    while left != Some(0) {
        let Some(line) = lines.next() else {
            // A connection has its time; the service may have gone meanwhile.
            thread::sleep(AGAIN);
            lines = port.events(&path)?;
            continue;
        };
        if line == "event: missed" {
            missed = true;
        } else if let Some(data) = line.strip_prefix("data: ") {
            if std::mem::take(&mut missed) {
                tell(format_args!("{data} events were not shown: this was too slow for them"));
                continue;
            }
            let written = match serde_json::from_str(data) {
                Ok(event) if !options.json => {
                    let steps = |event: &Tapped| event.steps.iter().map(step).collect::<String>();
                    writeln!(out, "{}{}", human(&event, colours), steps(&event))
                }
                _ => writeln!(out, "{}", harmless(data)),
            };
            if written.and_then(|()| out.flush()).is_err() {
                // Who reads this has seen enough.
                break;
            }
            left = left.map(|left| left.saturating_sub(1));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn path(Filter { failed, step, contains }: &Filter) -> String {
    let mut path = format!("/api/events?failed={failed}");
    for (name, value) in [("step", step), ("contains", contains)] {
        if let Some(value) = value {
            let _ = write!(path, "&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
        }
    }
    path
}

/// One line. All that came from elsewhere is text in it, whatever is in it.
fn human(event: &Tapped, colours: bool) -> String {
    let text =
        |text: &Option<String>| text.as_deref().map_or_else(|| "null".to_owned(), |text| shown::short(text, SHORT));
    let time = event.at.get(11..19).unwrap_or_default();
    let (mark, became) = match &event.became {
        Became::Output { output } => ("→", shown::short(output, SHORT)),
        Became::Skipped { step } => ("∅", format!("None from {step}")),
        Became::Failed { step, error, message } => {
            ("✖", format!("{}: {}: {}", shown::line(step), shown::line(error), shown::short(message, 2 * SHORT)))
        }
    };
    let (red, plain) =
        if colours && matches!(event.became, Became::Failed { .. }) { ("\u{1b}[31m", "\u{1b}[0m") } else { ("", "") };
    let key = event.key.as_ref().map(|key| format!("{} ", shown::short(key, SHORT))).unwrap_or_default();
    let model = event.model.as_deref().map(|model| format!("  {}", shown::line(model))).unwrap_or_default();
    let took = event.milliseconds.map(|took| format!("  {took} ms")).unwrap_or_default();
    let input = text(&event.input);
    format!("{time} {}  {key}{input} {red}{mark} {became}{plain}{model}{took}", shown::line(&event.place))
}

/// What it had after a step, in a line below.
fn step(StepPassed { step, value, microseconds }: &StepPassed) -> String {
    let value = value.as_deref().map(|value| shown::short(value, 2 * SHORT)).unwrap_or_default();
    let took = microseconds.map(|took| seconds(took / 1e6)).unwrap_or_default();
    format!("\n         {:14} {took:>8}  {value}", shown::line(step)).trim_end().to_owned()
}

#[cfg(test)]
mod tests;
