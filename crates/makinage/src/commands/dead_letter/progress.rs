//! How far a command is, on a terminal.

use indicatif::{ProgressBar, ProgressStyle};

use crate::replay::letters::{Letters, Stretches};

/// A bar of so many records or events; hidden where stderr is no terminal.
pub(super) fn bar(what: String, count: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} [{bar:40}] {human_pos}/{human_len} {per_sec}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(count).with_style(style).with_message(what)
}

/// Shows how far the letters are read, so many times over.
pub(super) fn watch(letters: &mut Letters<'_>, stretches: &Stretches, times: u64) -> ProgressBar {
    let offsets: u64 = stretches.values().map(|offsets| (offsets.end - offsets.start).unsigned_abs()).sum();
    let bar = bar(format!("reading {}", letters.name()), offsets * times);
    let shown = bar.clone();
    letters.progress = Box::new(move |more| shown.inc(more));
    bar
}
