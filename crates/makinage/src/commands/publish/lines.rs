//! What the publisher shows: lines of results, problems with their place in the file, progress.

use std::{fmt::Display, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};

use super::prepare::Prepared;
use crate::config::{PublishConfig, PublishModel};

/// What there is to say of a model, after the verb and, where it is on the topic, its place.
pub(super) fn result(verb: &str, Prepared { model, archive, .. }: &Prepared<'_>, place: Option<(i32, i64)>) -> String {
    let place = place.map(|(partition, offset)| format!(" partition={partition} offset={offset}")).unwrap_or_default();
    let mut line = format!(
        "{verb} {}: topic={}{place} bytes={} sha256={} flavor={}",
        model.source, model.topic, archive.bytes, archive.sha256, archive.flavor
    );
    for (key, value) in [("name", &archive.name), ("version", &archive.version)] {
        if let Some(value) = value {
            line = if value.contains([' ', '"', '=']) {
                format!("{line} {key}={value:?}")
            } else {
                format!("{line} {key}={value}")
            };
        }
    }
    line
}

/// A problem of one model, with its line in the configuration.
pub(super) fn located(config: &PublishConfig, model: &PublishModel, error: &dyn Display) -> String {
    format!("{}:{}: {}: {error}", config.file.display(), model.line, model.source)
}

pub(super) fn spinner(message: String) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(message);
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}

/// Bytes that have left this machine; that they arrived only the acknowledgement says. Hidden where stderr is no terminal.
pub(in crate::commands) fn progress_bar(topic: &str, bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} [{bar:40}] {bytes}/{total_bytes} {bytes_per_sec}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(bytes).with_style(style).with_message(format!("publishing on {topic}"))
}
