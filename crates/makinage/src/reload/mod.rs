//! Changed configurations, and changed code of hooks and encoders, on their way to the loader.
//!
//! ```text
//!  file, every second ─┐
//!  Consul, follower ───┼─text─▶ watch: read, compare, check in Python ─Config─▶ the loader's mailbox
//!  SIGHUP ─────────────┘   hooks' files, every second ─┘
//! ```
//!
//! Nothing that is wrong gets past `watch`: what serves stays, with one message. What a change does to models and
//! workers is the loader's business.

mod look;
pub(crate) mod source;
mod still;
mod taker;
mod watch;

use std::{io, sync::Arc, thread};

use crossbeam_channel::{Receiver, bounded};
use signal_hook::{consts::SIGHUP, iterator::Signals};

use self::source::Source;
use crate::{config::Config, generation::mailbox::Mailbox, panics, preflight};

/// Where changes come from.
#[derive(Debug)]
pub(crate) struct Changes {
    /// The configuration's place.
    pub source: Source,
    /// Requests to read it at once.
    pub hangups: Receiver<()>,
}

impl Changes {
    /// Watches from now on, on threads of its own. `running` is what the service began with; changes go to the loader's
    /// `mailbox`.
    pub(crate) fn watch(self, running: Config, mailbox: Arc<Mailbox>) -> io::Result<()> {
        let Self { source, hangups } = self;
        let (texts, origin) = source.follow(Arc::clone(&mailbox))?;
        let watch = watch::Watch::new(texts, origin, running, mailbox, preflight::add_imports);
        // Nobody waits for its end: it may be in a check in Python, and what it finds is of no use by then.
        thread::Builder::new().name("configuration".into()).spawn(move || watch.run(&hangups)).map(drop)
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
