//! Changed configurations, and changed code of hooks and encoders, on their way to the loader.
//!
//! ```text
//!  file, every second ─┐
//!  Consul, follower ───┼─text─▶ watch: read, compare, check in Python ─Config─▶ the loader's mailbox
//!  SIGHUP, requests ───┘   hooks' files, every second ─┘
//! ```
//!
//! Nothing that is wrong gets past `watch`: what serves stays, with one message. What a change does to models and
//! workers is the loader's business.

mod look;
pub(crate) mod request;
pub(crate) mod source;
mod still;
mod taker;
mod watch;

use std::{io, sync::Arc, thread};

use crossbeam_channel::{Receiver, Sender, bounded};
use signal_hook::{consts::SIGHUP, iterator::Signals};

use self::{request::Request, source::Source, taker::ToLoader};
use crate::{config::Config, generation::mailbox::Mailbox, panics, preflight, telemetry::Telemetry};

/// Where changes come from.
#[derive(Debug)]
pub(crate) struct Changes {
    /// The configuration's place.
    source: Source,
    /// Requests to read it at once: of the system, which wants no answer, and of others.
    hangups: Receiver<()>,
    requests: (Sender<Request>, Receiver<Request>),
}

impl Changes {
    /// Changes of the configuration that is there, which is read again at a hangup.
    pub(crate) fn new(source: Source, hangups: Receiver<()>) -> Self {
        // Whoever asks waits for the answer to the one before.
        Self { source, hangups, requests: bounded(1) }
    }

    /// Where it can be asked for at any time that the configuration is read at once.
    pub(crate) fn requests(&self) -> Sender<Request> {
        self.requests.0.clone()
    }

    /// Watches from now on, on threads of its own. `running` is what the service began with; changes go to the loader's
    /// `mailbox`.
    pub(crate) fn watch(self, running: Config, mailbox: Arc<Mailbox>, telemetry: Arc<Telemetry>) -> io::Result<()> {
        let Self { source, hangups, requests: (_, requests) } = self;
        let (texts, origin) = source.follow(Arc::clone(&mailbox))?;
        let taker = ToLoader { mailbox, telemetry };
        let watch = watch::Watch::new(texts, origin, running, taker, preflight::add_imports);
        // Nobody waits for its end: it may be in a check in Python, and what it finds is of no use by then.
        thread::Builder::new().name("configuration".into()).spawn(move || watch.run(&hangups, &requests)).map(drop)
    }
}

/// SIGHUP from now on, which ends the program no more; several at once are one.
pub(crate) fn hangups() -> io::Result<Receiver<()>> {
    let mut signals = Signals::new([SIGHUP])?;
    let (asked, hangups) = bounded(1);
    thread::Builder::new().name("hangups".into()).spawn(move || {
        for _ in signals.forever() {
            panics::point("hangups");
            // One that waits already is enough.
            let _ = asked.try_send(());
        }
    })?;
    Ok(hangups)
}
