//! Fetches the models that the loader asks for, one at a time, on a thread of its own: a download may take hours, and
//! meanwhile a configuration, a complaint or a newer model must not wait. Which model is fetched is the loader's
//! choice.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::{
    mailbox::{Fetched, Mailbox},
    models::Models,
};
use crate::{model::RecordPlace, panics};

#[derive(Debug)]
struct Asked {
    number: u64,
    place: RecordPlace,
}

/// The loader's end: asking for one model gives up the one before.
#[derive(Debug)]
pub(crate) struct Asks {
    sender: Sender<Asked>,
    latest: Arc<AtomicU64>,
}

/// The end that works.
#[derive(Debug)]
pub(crate) struct Fetcher<T> {
    models: Arc<T>,
    mailbox: Arc<Mailbox>,
    asked: Receiver<Asked>,
    latest: Arc<AtomicU64>,
}

/// Both ends; what is fetched goes to the mailbox.
pub(crate) fn fetcher<T: Models>(models: Arc<T>, mailbox: Arc<Mailbox>) -> (Asks, Fetcher<T>) {
    // Of what is asked only the last is of use, so that it never grows.
    let (sender, asked) = unbounded();
    let latest = Arc::<AtomicU64>::default();
    (Asks { sender, latest: Arc::clone(&latest) }, Fetcher { models, mailbox, asked, latest })
}

impl Asks {
    /// Asks for the model in this place. The answer has the number that is returned.
    pub(crate) fn ask(&self, place: RecordPlace) -> u64 {
        let number = self.latest.fetch_add(1, Ordering::SeqCst) + 1;
        // The fetcher is gone only when the service is ending.
        let _ = self.sender.send(Asked { number, place });
        number
    }
}

impl<T: Models> Fetcher<T> {
    /// Works until the loader is gone or the mailbox closed.
    pub(crate) fn run(self) {
        while let Ok(asked) = self.asked.recv() {
            panics::point("fetch");
            if self.mailbox.is_closed() {
                return;
            }
            self.fetch(asked.number, &asked.place);
        }
    }

    /// Fetches what has been asked for by now, on the caller's thread. Says whether there was anything.
    #[cfg(test)]
    pub(super) fn work_off(&self) -> bool {
        let asked: Vec<Asked> = self.asked.try_iter().collect();
        for asked in &asked {
            self.fetch(asked.number, &asked.place);
        }
        !asked.is_empty()
    }

    fn fetch(&self, number: u64, place: &RecordPlace) {
        let is_overtaken = || self.latest.load(Ordering::SeqCst) != number;
        if is_overtaken() {
            return;
        }
        let outcome = self.models.fetch(place, &|| is_overtaken() || self.mailbox.is_closed());
        // Where it was overtaken, its number says so.
        self.mailbox.fetched(Fetched { number, outcome });
    }
}

#[cfg(test)]
mod tests;
