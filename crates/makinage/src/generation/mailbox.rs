//! What the loader is asked for next: the newest wish of each kind, so that a burst of models costs one load.

use std::{
    mem,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use super::{Offer, Trouble};
use crate::config::Config;

/// All that is wished for at one moment.
#[derive(Debug, Default)]
pub struct Wishes {
    /// The newest of what the model topic says.
    pub offer: Option<Offer>,
    /// The newest configuration.
    pub config: Option<Box<Config>>,
    /// A generation that is to be taken back.
    pub trouble: Option<Trouble>,
}

impl Wishes {
    fn is_empty(&self) -> bool {
        self.offer.is_none() && self.config.is_none() && self.trouble.is_none()
    }
}

#[derive(Debug, Default)]
struct State {
    wishes: Wishes,
    closed: bool,
}

/// Holds one wish of each kind for the loader.
#[derive(Debug, Default)]
pub struct Mailbox {
    state: Mutex<State>,
    changed: Condvar,
}

impl Mailbox {
    /// The model topic has something to say. A newer model takes the place of whatever waits; anything else waits only where nothing does.
    pub fn offer(&self, offer: Offer) {
        self.change(|wishes| {
            if wishes.offer.is_none() || matches!(offer, Offer::Newer(_)) {
                wishes.offer = Some(offer);
            }
        });
    }

    /// The configuration has changed.
    pub fn configure(&self, config: Config) {
        self.change(|wishes| wishes.config = Some(Box::new(config)));
    }

    /// A generation should be taken back.
    pub fn complain(&self, trouble: Trouble) {
        self.change(|wishes| wishes.trouble = Some(trouble));
    }

    /// Nobody listens any more, and nobody is to wait.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Whether nobody listens any more.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Waits for wishes and takes them all; `None` once the mailbox is closed.
    pub fn wait(&self) -> Option<Wishes> {
        let mut state = self
            .changed
            .wait_while(self.lock(), |state| state.wishes.is_empty() && !state.closed)
            .unwrap_or_else(PoisonError::into_inner);
        (!state.closed).then(|| mem::take(&mut state.wishes))
    }

    fn change(&self, change: impl FnOnce(&mut Wishes)) {
        change(&mut self.lock().wishes);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
