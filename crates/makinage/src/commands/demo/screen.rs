//! What the demo shows: lines that stay, on a terminal with a panel below them that is drawn anew, and the service's
//! log past both.

use std::{
    io::{self, IsTerminal, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// The terminal, or a pipe or file, which gets lines only.
#[derive(Debug, Clone)]
pub(super) struct Screen {
    panel: ProgressBar,
    live: bool,
}

impl Screen {
    /// Standard output, as it is.
    pub(super) fn open() -> Self {
        let live = io::stdout().is_terminal();
        let target = if live { ProgressDrawTarget::stdout() } else { ProgressDrawTarget::hidden() };
        Self { panel: ProgressBar::with_draw_target(None, target).with_style(style("{msg}")), live }
    }

    /// Whether there is a panel.
    pub(super) fn is_live(&self) -> bool {
        self.live
    }

    /// Writes a line that stays.
    pub(super) fn line(&self, text: &str) -> anyhow::Result<()> {
        self.panel.suspend(|| writeln!(io::stdout(), "{text}")).context("can't write to standard output")
    }

    /// Turns the panel into a spinner that says what is being done.
    pub(super) fn busy(&self, doing: &str) {
        if self.live {
            self.panel.set_style(style("{spinner} {wide_msg}"));
            self.panel.set_message(doing.to_owned());
            self.panel.enable_steady_tick(Duration::from_millis(100));
        }
    }

    /// Turns the panel into this text.
    pub(super) fn show(&self, text: String) {
        self.panel.disable_steady_tick();
        self.panel.set_style(style("{msg}"));
        self.panel.set_message(text);
    }

    /// Takes the panel away.
    pub(super) fn clear(&self) {
        self.panel.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// The service's log: on standard error, past the panel.
#[derive(Debug, Clone)]
pub(super) struct Log {
    screen: Screen,
    failed: Arc<AtomicBool>,
}

impl Log {
    /// Nothing has been logged yet.
    pub(super) fn new(screen: &Screen) -> Self {
        Self { screen: screen.clone(), failed: Arc::default() }
    }

    /// Whether an error was logged.
    pub(super) fn has_error(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Past;

    fn make_writer(&'a self) -> Past {
        Past(self.screen.clone())
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Past {
        if *metadata.level() == Level::ERROR {
            self.failed.store(true, Ordering::Relaxed);
        }
        self.make_writer()
    }
}

/// Writes past the panel.
#[derive(Debug)]
pub(super) struct Past(Screen);

impl Write for Past {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.panel.suspend(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
