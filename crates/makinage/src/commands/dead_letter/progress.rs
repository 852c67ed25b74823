//! How far the reading of letters is.

use crate::{
    commands::progress::progress,
    progress::{Amount, Progress},
    replay::letters::{Letters, Stretches},
};

/// Shows how far the letters are read, so many times over.
pub(super) fn watch(letters: &mut Letters<'_>, stretches: &Stretches, times: u64) -> Progress {
    let offsets: u64 = stretches.values().map(|offsets| (offsets.end - offsets.start).unsigned_abs()).sum();
    let reading = progress(format!("reading {}", letters.name()), Amount::Records(offsets * times));
    let counter = reading.counter();
    letters.progress = Box::new(move |more| counter.add(more));
    reading
}
