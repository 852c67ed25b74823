//! `makinage dead-letter replay`: events go back to the topics that they came from, each once.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, bail};

use super::{Selection, opened, opened::Opened, progress, sentences};
use crate::{
    commands::{BAD_CONFIG, progress::progress, table::aligned, tell},
    letters::reading::{
        plan::{LeftOut, Outcome},
        shown,
    },
    progress::Amount,
    replay::run::{Asked, Replay, Sent},
};

/// How a replay is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    /// It isn't: what would be done is said.
    DryRun,
    /// The user is asked on the terminal.
    Ask,
    /// The user has said yes.
    Given,
}

/// Replays the letters that are asked for. Exit code 0 when all that can go back have, 1 where some haven't.
pub(crate) fn run(file: &Path, selection: Selection, consent: Consent) -> anyhow::Result<ExitCode> {
    let Some(opened) = opened::open(file) else { return Ok(BAD_CONFIG.into()) };
    if consent == Consent::Ask && !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        tell(
            "error: a replay writes to the topics that the events came from; look first with --dry-run, then say --yes (only a terminal is asked)",
        );
        return Ok(BAD_CONFIG.into());
    }
    let filter = selection.of(opened.application());
    let topics: Vec<String> = opened.config.operator.data.iter().map(|topic| topic.name.clone()).collect();
    let mut letters = opened.letters()?;
    let stretches = letters.stretches()?;
    let reading = progress::watch(&mut letters, &stretches, 2);
    let asked = Asked { filter: &filter, topics: &topics };
    let replay = Replay::plan(&opened.cluster, &letters, &asked)?;
    drop(reading);
    tell_of(&opened, &replay)?;
    let Outcome { summary, targets, .. } = &replay.choice.outcome;
    let (count, to) = (summary.count(), sentences::by_topic(targets));
    if count == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    if consent == Consent::DryRun {
        said(format_args!("would replay {}: {to}", sentences::count(count, "event")))?;
        return Ok(ExitCode::SUCCESS);
    }
    if consent == Consent::Ask && !agreed(&format!("replay {}: {to}?", sentences::count(count, "event")))? {
        tell("nothing is replayed");
        return Ok(ExitCode::SUCCESS);
    }
    // Before this a signal ends the program at once, the question too.
    opened.stop.listen_without_timeout()?;
    let replaying = progress(format!("replaying {}", opened.topic), Amount::Records(count));
    let counter = replaying.counter();
    let sent = replay.send(&|more| counter.add(more));
    drop(replaying);
    report(&opened, count, sent)
}

/// What is to go back, and what isn't.
fn tell_of(opened: &Opened, replay: &Replay<'_, '_>) -> anyhow::Result<()> {
    let (topic, outcome) = (&opened.topic, &replay.choice.outcome);
    if outcome.summary.count() > 0 {
        let table = aligned(&sentences::rows(topic, &outcome.summary));
        io::stdout().write_all(table.as_bytes()).context("can't write to stdout")?;
    } else {
        said(format_args!("there is nothing to replay on {topic}"))?;
    }
    left_out(topic, &outcome.left_out).iter().for_each(tell);
    sentences::others(topic, &replay.choice.others).iter().for_each(tell);
    Ok(())
}

fn left_out(topic: &str, left_out: &LeftOut) -> Vec<String> {
    let LeftOut { replayed, doubles, lacking, lacks, astray } = left_out;
    let mut lines = Vec::new();
    if *replayed > 0 {
        lines.push(format!("left out: {} replayed before", sentences::count(*replayed, "letter")));
    }
    if *doubles > 0 {
        lines.push(format!("left out: {} whose event has another letter", sentences::count(*doubles, "letter")));
    }
    if *lacking > 0 {
        lines.push(format!(
            "left out: {} that can't be replayed, being not whole",
            sentences::count(*lacking, "letter")
        ));
    }
    for (place, event, lack) in lacks {
        lines.push(format!("  {topic}/{place}, the event {}, lacks {lack}", shown::line(&event.to_string())));
    }
    if *lacking > lacks.len() as u64 {
        lines.push("  …".to_owned());
    }
    for (other, count) in astray {
        lines.push(format!(
            "left out: {} from {}, which isn't there, or is no data topic of this configuration",
            sentences::count(*count, "letter"),
            shown::short(other, 249)
        ));
    }
    lines
}

fn agreed(question: &str) -> anyhow::Result<bool> {
    let mut stderr = io::stderr();
    write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush()).context("can't write to the terminal")?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).context("can't read from the terminal")?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn report(opened: &Opened, planned: u64, sent: Sent) -> anyhow::Result<ExitCode> {
    let Sent { tally, by_another, ended } = sent;
    let (count, refused) = (tally.count(), &tally.refused);
    if count > 0 {
        said(format_args!("replayed {}: {}", sentences::count(count, "event"), sentences::by_topic(&tally.topics)))?;
    }
    for refused in refused {
        tell(format_args!("not replayed: {}/{}: {}", opened.topic, refused.letter, refused.why));
    }
    let gone = planned.saturating_sub(count + refused.len() as u64 + by_another);
    if let Some(error) = ended {
        let planned = sentences::count(planned, "event");
        bail!("{error}; {count} of {planned} replayed: the same command goes on with the others");
    }
    if by_another > 0 {
        tell(format_args!("{} replayed meanwhile by another", sentences::count(by_another, "letter")));
    }
    if gone > 0 {
        tell(format_args!("{} deleted from {} meanwhile", sentences::count(gone, "letter"), opened.topic));
    }
    Ok(if refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn said(line: impl std::fmt::Display) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{line}").context("can't write to stdout")
}
