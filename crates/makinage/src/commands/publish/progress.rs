//! What moves on the screen while the publisher works.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Shows that something is under way.
pub(super) fn spinner(message: String) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(message);
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}

/// Bytes that have left this machine; that they arrived only the acknowledgement says. Hidden where stderr is no
/// terminal.
pub(in crate::commands) fn progress_bar(topic: &str, bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} [{bar:40}] {bytes}/{total_bytes} {bytes_per_sec}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(bytes).with_style(style).with_message(format!("publishing on {topic}"))
}
