//! `makinage dead-letter show`: one letter, with its headers, key and value. Nothing in it reaches the terminal but as
//! text.

use std::{
    fmt::Write as _,
    io::{self, Write},
    ops::ControlFlow,
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, bail};
use kafka_headers::iter;
use rdkafka::Message;

use super::{opened, opened::Opened, progress};
use crate::{
    commands::BAD_CONFIG,
    letters::reading::{letter::Letter, shown, source::Source, time},
    replay::letters::{Letters, Read},
};

/// Shows the letter in this place, or all letters of the event in this place; `as_value` writes the value alone, as it
/// is.
pub(crate) fn run(file: &Path, place: &Source, as_value: bool) -> anyhow::Result<ExitCode> {
    let Some(opened) = opened::open(file) else { return Ok(BAD_CONFIG.into()) };
    opened.stop.listen_without_timeout()?;
    let mut count = 0_u64;
    let mut written = Ok(());
    let mut out = io::stdout().lock();
    find(&opened, place, |read| {
        count += 1;
        written = if as_value {
            out.write_all(read.message.payload().unwrap_or_default())
        } else {
            out.write_all(page(&opened.topic, &read).as_bytes())
        };
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    written.context("can't write to stdout")?;
    if count == 0 {
        bail!(
            "there is no dead letter at {place}, and none of an event there, on {}; it may have been deleted (retention.ms): see what there is with: makinage dead-letter list",
            opened.topic
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn find(opened: &Opened, place: &Source, mut each: impl FnMut(Read<'_>) -> ControlFlow<()>) -> anyhow::Result<()> {
    let mut letters = opened.letters()?;
    if place.topic == opened.topic {
        return one(&letters, place, each);
    }
    let stretches = letters.stretches()?;
    let reading = progress::watch(&mut letters, &stretches, 1);
    for (partition, offsets) in stretches {
        letters.read(partition, offsets, |read| {
            if read.letter.source == *place { reading.aside(|| each(read)) } else { ControlFlow::Continue(()) }
        })?;
    }
    Ok(())
}

fn one(letters: &Letters<'_>, place: &Source, mut each: impl FnMut(Read<'_>) -> ControlFlow<()>) -> anyhow::Result<()> {
    let stretches = letters.stretches()?;
    let there = stretches.get(&place.partition).is_some_and(|offsets| offsets.contains(&place.offset));
    if there {
        letters.read(place.partition, place.offset..place.offset + 1, |read| {
            if read.place.offset == place.offset { each(read) } else { ControlFlow::Break(()) }
        })?;
    }
    Ok(())
}

fn page(topic: &str, read: &Read<'_>) -> String {
    let Read { place, written, letter, message } = read;
    let mut page = format!("dead letter {topic}/{place}\n");
    for (name, value) in about(letter, *written) {
        let _ = writeln!(page, "  {name:<13}{}", value.replace('\n', &format!("\n{:15}", "")));
    }
    let headers = message.headers().map(|headers| iter(headers).take(letter.original).collect::<Vec<_>>());
    let headers = headers.unwrap_or_default();
    let _ = writeln!(page, "headers ({})", headers.len());
    for (name, value) in headers {
        let _ = writeln!(page, "  {}: {}", shown::bytes(Some(name)), shown::bytes(value));
    }
    let _ = writeln!(page, "key\n  {}", shown::bytes(message.key()));
    let _ = write!(page, "value ({})\n{}", shown::kind(message.payload()), shown::value(message.payload()));
    page
}

fn about(letter: &Letter<'_>, written: Option<i64>) -> Vec<(&'static str, String)> {
    let when = |time: Option<i64>| time.map_or_else(|| "-".to_owned(), time::shown);
    let event = format!("{} of {}", shown::line(&letter.source.to_string()), when(letter.source_timestamp));
    let mut about = vec![
        ("event", event),
        ("failed at", when(letter.failed_at.or(written))),
        ("attempt", letter.attempt.to_string()),
        ("step", shown::line(&letter.step)),
        ("error", shown::line(&letter.class)),
        ("message", shown::lines(&letter.message)),
        ("where", shown::line(letter.location.as_deref().unwrap_or("-"))),
        ("model", shown::line(letter.model.as_deref().unwrap_or("-"))),
        ("operator", shown::line(&letter.operator)),
        ("application", shown::line(&letter.application)),
    ];
    about.extend(letter.lacks.map(|lack| ("lacks", lack.to_string())));
    about
}
