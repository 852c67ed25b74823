//! What people can make a service do while it runs: read its configuration again, go back to an earlier model, read no
//! more events, read on.
//!
//! Each takes as long as it takes, on the thread of whoever asks for it; of reloads and of rollbacks there is one at a
//! time. What came of it is a line of the log, and is kept to be shown. Who may ask is not decided here.

mod earlier;
mod pausing;
mod reloading;
mod rolling_back;
#[cfg(test)]
pub(crate) mod testing;

use std::{fmt, sync::Arc};

use crossbeam_channel::Sender;
use parking_lot::Mutex;

pub(crate) use self::earlier::{Earlier, TopicAndStore};
use crate::{
    reload::request::Request,
    source::pause::{Asked, Pause},
    telemetry::{
        Telemetry,
        interventions::{Act, Outcome},
    },
};

/// What somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wish {
    /// The configuration is to be read again.
    Reload,
    /// This model, or the one before, is to serve again.
    Rollback(Option<String>),
    /// The same, but nothing is to be done yet: which model would that be?
    LookBack(Option<String>),
    /// No more events are to be read.
    Pause,
    /// Events are to be read again.
    Resume,
}

impl Wish {
    /// What it is called.
    pub(crate) fn act(&self) -> Act {
        match self {
            Self::Reload => Act::Reload,
            Self::Rollback(_) | Self::LookBack(_) => Act::Rollback,
            Self::Pause => Act::Pause,
            Self::Resume => Act::Resume,
        }
    }
}

/// What came of a wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    /// In a word.
    pub outcome: Outcome,
    /// In a sentence, with what to do next.
    pub message: String,
    /// The model that is meant, by its name and its SHA-256.
    pub model: Option<(String, String)>,
}

impl Report {
    fn new(outcome: Outcome, message: impl Into<String>) -> Self {
        Self { outcome, message: message.into(), model: None }
    }
}

/// Does what people want.
pub(crate) struct Interventions {
    pause: Arc<Pause>,
    /// Where the configuration is read again, where it can be.
    reloads: Option<Sender<Request>>,
    earlier: Box<dyn Earlier>,
    telemetry: Arc<Telemetry>,
    reloading: Mutex<()>,
    rolling_back: Mutex<()>,
}

impl fmt::Debug for Interventions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interventions")
    }
}

impl Interventions {
    /// On this service.
    pub(crate) fn new(
        pause: &Arc<Pause>,
        reloads: Option<Sender<Request>>,
        earlier: impl Earlier + 'static,
        telemetry: &Arc<Telemetry>,
    ) -> Self {
        let (pause, telemetry, earlier) = (Arc::clone(pause), Arc::clone(telemetry), Box::new(earlier));
        Self { pause, reloads, earlier, telemetry, reloading: Mutex::default(), rolling_back: Mutex::default() }
    }

    /// Does it, for whoever has this address.
    pub(crate) fn act(&self, wish: &Wish, by: &str) -> Report {
        let report = match wish {
            Wish::Reload => self.reload(),
            Wish::Rollback(version) => self.roll_back(version.as_deref()),
            Wish::LookBack(version) => self.look_back(version.as_deref()),
            Wish::Pause => self.pause(by),
            Wish::Resume => self.resume(),
        };
        let Report { outcome, message, .. } = &report;
        if *outcome != Outcome::Planned {
            let act = wish.act();
            tracing::info!("{}, which {by} asked for: {}: {message}", act.name(), outcome.name());
            self.telemetry.interventions.add(act, by, *outcome, message);
        }
        report
    }

    /// Who has paused the service, where somebody has.
    pub(crate) fn paused(&self) -> Option<Asked> {
        self.pause.asked()
    }
}

#[cfg(test)]
mod tests;
