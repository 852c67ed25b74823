//! `makinage dead-letter list`: what failed, summed up by step, error and model.

use std::{
    fmt::Write as _,
    io::{self, Write},
    ops::ControlFlow,
    path::Path,
    process::ExitCode,
};

use anyhow::Context;
use serde::Serialize;

use super::{Selection, opened, opened::Opened, progress, sentences};
use crate::{
    commands::{BAD_CONFIG, table::aligned, tell},
    letters::reading::{
        summary::{Entry, Kind, Summary},
        time,
    },
    replay::letters::Others,
};

/// Writes the table, or a JSON object.
pub(crate) fn run(file: &Path, selection: Selection, as_json: bool) -> anyhow::Result<ExitCode> {
    let Some(opened) = opened::open(file) else { return Ok(BAD_CONFIG.into()) };
    opened.stop.listen_without_timeout()?;
    let found = found(&opened, selection)?;
    let topic = &opened.topic;
    let text = if as_json { json(topic, &found)? } else { table(topic, &found) };
    io::stdout().write_all(text.as_bytes()).context("can't write to stdout")?;
    if !as_json {
        if found.of_others > 0 {
            let letters = sentences::count(found.of_others, "letter");
            tell(format_args!("{letters} of other applications left out; --all-applications shows them too"));
        }
        sentences::others(topic, &found.others).iter().for_each(tell);
    }
    Ok(ExitCode::SUCCESS)
}

/// What is on the topic.
#[derive(Default)]
struct Found {
    summary: Summary,
    /// Letters of other applications.
    of_others: u64,
    /// Letters that weren't asked for.
    unasked: u64,
    others: Others,
}

fn found(opened: &Opened, selection: Selection) -> anyhow::Result<Found> {
    let filter = selection.of(opened.application());
    let mut letters = opened.letters()?;
    let stretches = letters.stretches()?;
    let _progress = progress::watch(&mut letters, &stretches, 2);
    let survey = letters.survey(&stretches, opened.application())?;
    let mut found = Found::default();
    for (partition, offsets) in &stretches {
        let others = letters.read(*partition, offsets.clone(), |read| {
            if filter.is_of_another(&read.letter) {
                found.of_others += 1;
            } else if filter.takes(&read.letter, read.written) {
                let is_replayed = survey.is_replayed(read.place);
                found.summary.add(Entry::of(&read.letter, read.place, read.written), is_replayed);
            } else {
                found.unasked += 1;
            }
            ControlFlow::Continue(())
        })?;
        found.others.add(others);
    }
    Ok(found)
}

fn table(topic: &str, found: &Found) -> String {
    let summary = &found.summary;
    if summary.count() == 0 {
        return format!("{}\n", sentences::nothing(topic, found.unasked));
    }
    let mut text = aligned(&sentences::rows(topic, summary));
    if summary.others > 0 {
        let _ = writeln!(text, "… and {} of more kinds", sentences::count(summary.others, "letter"));
    }
    let all = sentences::count(summary.count(), "letter");
    let _ = writeln!(text, "{all}; look at one with: makinage dead-letter show TOPIC/PARTITION/OFFSET");
    text
}

#[derive(Serialize)]
struct Listed<'f> {
    topic: &'f str,
    letters: u64,
    kinds: Vec<ListedKind<'f>>,
    letters_of_more_kinds: u64,
    letters_of_other_applications: u64,
    letters_not_asked_for: u64,
    letters_unreadable: u64,
    other_records: u64,
}

#[derive(Serialize)]
struct ListedKind<'f> {
    #[serde(flatten)]
    kind: &'f Kind,
    letters: u64,
    replayed: u64,
    first: Option<String>,
    last: Option<String>,
    example: String,
    event: String,
}

fn json(topic: &str, found: &Found) -> anyhow::Result<String> {
    let kinds = found.summary.groups().into_iter().map(|(kind, group)| ListedKind {
        kind,
        letters: group.count,
        replayed: group.replayed,
        first: group.first.map(time::shown),
        last: group.last.map(time::shown),
        example: format!("{topic}/{}", group.example.0),
        event: group.example.1.to_string(),
    });
    let listed = Listed {
        topic,
        letters: found.summary.count(),
        kinds: kinds.collect(),
        letters_of_more_kinds: found.summary.others,
        letters_of_other_applications: found.of_others,
        letters_not_asked_for: found.unasked,
        letters_unreadable: found.others.unreadable,
        other_records: found.others.foreign,
    };
    Ok(format!("{}\n", serde_json::to_string(&listed)?))
}
