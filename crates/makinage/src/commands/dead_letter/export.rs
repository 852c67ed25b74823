//! `makinage dead-letter export`: values as lines that `makinage predict` reads, so that a failure can be looked at on
//! a laptop.

use std::{
    borrow::Cow,
    io::{self, BufWriter, IsTerminal, Write},
    ops::ControlFlow,
    path::Path,
    process::ExitCode,
};

use anyhow::Context;
use rdkafka::Message;

use super::{Selection, opened, opened::Opened, progress, sentences};
use crate::{
    commands::{BAD_CONFIG, tell},
    config::Encoder,
    letters::reading::{letter::Letter, line, shown},
    progress::Progress,
    replay::letters::{Others, Read},
};

/// Letters that are named, of those that can't be lines.
const NAMED: u64 = 20;

/// Writes a line for each letter.
pub(crate) fn run(file: &Path, selection: Selection) -> anyhow::Result<ExitCode> {
    let Some(opened) = opened::open(file) else { return Ok(BAD_CONFIG.into()) };
    opened.stop.listen_without_timeout()?;
    let filter = selection.of(opened.application());
    let (out, progress) = (BufWriter::new(io::stdout().lock()), Progress::silent());
    let mut export = Export { opened: &opened, out, progress, exported: 0, unfit: 0 };
    let mut letters = opened.letters()?;
    let stretches = letters.stretches()?;
    // On a terminal the lines show how far it is.
    if !io::stdout().is_terminal() {
        export.progress = progress::watch(&mut letters, &stretches, 1);
    }
    let (mut others, mut unasked) = (Others::default(), 0);
    for (partition, offsets) in &stretches {
        let mut written = Ok(());
        others.add(letters.read(*partition, offsets.clone(), |read| {
            if !filter.takes(&read.letter, read.written) {
                unasked += 1;
                return ControlFlow::Continue(());
            }
            written = export.write(&read);
            if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?);
        written.context("can't write to stdout")?;
    }
    export.out.flush().context("can't write to stdout")?;
    let (exported, unfit) = (export.exported, export.unfit);
    drop(export.progress);
    if exported + unfit == 0 {
        tell(sentences::nothing(&opened.topic, unasked));
    } else {
        let unfit = if unfit > 0 { format!("; {unfit} can't be lines") } else { String::new() };
        tell(format_args!("{}{unfit}", sentences::count(exported, "event")));
    }
    sentences::others(&opened.topic, &others).iter().for_each(tell);
    Ok(ExitCode::SUCCESS)
}

struct Export<'o, W> {
    opened: &'o Opened,
    out: W,
    progress: Progress,
    exported: u64,
    unfit: u64,
}

impl<W: Write> Export<'_, W> {
    fn write(&mut self, read: &Read<'_>) -> io::Result<()> {
        match self.line(&read.letter, read.message.payload()) {
            Ok(line) => {
                self.exported += 1;
                self.out.write_all(&line)?;
                self.out.write_all(b"\n")
            }
            Err(why) => {
                self.unfit += 1;
                let (topic, place, event) = (&self.opened.topic, read.place, &read.letter.source);
                if self.unfit <= NAMED {
                    let event = shown::line(&event.to_string());
                    let line = format!("{topic}/{place}, the event {event}, is left out: {why}");
                    self.progress.aside(|| tell(line));
                } else if self.unfit == NAMED + 1 {
                    self.progress.aside(|| tell("more are left out, and counted at the end"));
                }
                Ok(())
            }
        }
    }

    /// `predict` decodes as the first data topic's records are.
    fn line<'v>(&self, letter: &Letter<'_>, value: Option<&'v [u8]>) -> Result<Cow<'v, [u8]>, String> {
        if let Some(lack) = letter.lacks {
            return Err(format!("the letter lacks {lack}"));
        }
        let data = &self.opened.config.operator.data;
        let encoder = data.iter().find(|topic| topic.name == letter.source.topic).map(|topic| &topic.encoder);
        let first = data.first().map(|topic| &topic.encoder);
        if encoder.is_some() && encoder != first {
            return Err("`makinage predict` reads events as those of the first data topic are written".to_owned());
        }
        let line =
            if first == Some(&Encoder::Json) { line::of_json(value) } else { line::of(value).map(Cow::Borrowed) };
        line.map_err(|unfit| unfit.to_string())
    }
}
