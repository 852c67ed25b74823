//! What the loader is told: facts from the model topic, models that were fetched, the newest configuration, complaints.
//! Nothing here decides.

use std::{fmt, mem, time::Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};

use super::{Arrived, Trouble, models::NotHad};
use crate::{config::Config, model::RecordPlace};

/// Records that wait for the loader; of more, the history knows.
const MOST_SEEN: usize = 256;

/// A model's record has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Where it is.
    pub place: RecordPlace,
    /// Its bytes are elsewhere: it is the manifest of a large model, or a reference.
    pub is_promise: bool,
}

/// What became of fetching a model.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// The number of the request.
    pub number: u64,
    /// The model, or why there is none.
    pub outcome: Result<Arrived, NotHad>,
}

/// All that has come by one moment.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// A topic is read from now on: the first, or one that was made anew.
    pub read: bool,
    /// Records of the topic that is read, in the order in which they came.
    pub seen: Vec<Seen>,
    /// The model that was asked for last.
    pub fetched: Option<Fetched>,
    /// The newest configuration.
    pub config: Option<Box<Config>>,
    /// A generation that is to be taken back.
    pub trouble: Option<Trouble>,
}

impl News {
    fn is_empty(&self) -> bool {
        !self.read && self.seen.is_empty() && self.fetched.is_none() && self.config.is_none() && self.trouble.is_none()
    }
}

#[derive(Debug, Default)]
struct State {
    news: News,
    closed: bool,
    /// Ends what runs until the mailbox is closed.
    end: Option<End>,
}

struct End(Box<dyn FnOnce() + Send>);

impl fmt::Debug for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("End")
    }
}

/// Holds what the loader hasn't heard yet.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    state: Mutex<State>,
    changed: Condvar,
}

impl Mailbox {
    /// A topic is read from now on. What was seen in another one says nothing any more.
    pub(crate) fn read(&self) {
        self.change(|news| {
            news.read = true;
            news.seen.clear();
        });
    }

    /// A model's record has come.
    pub(crate) fn seen(&self, seen: Seen) {
        self.change(|news| {
            news.seen.push(seen);
            if news.seen.len() > MOST_SEEN {
                news.seen.remove(0);
            }
        });
    }

    /// A model was fetched, or can't be.
    pub(crate) fn fetched(&self, fetched: Fetched) {
        self.change(|news| news.fetched = Some(fetched));
    }

    /// The configuration has changed.
    pub(crate) fn configure(&self, config: Config) {
        self.change(|news| news.config = Some(Box::new(config)));
    }

    /// A generation should be taken back.
    pub(crate) fn complain(&self, trouble: Trouble) {
        self.change(|news| news.trouble = Some(trouble));
    }

    /// Nobody listens any more, and nobody is to wait.
    pub(crate) fn close(&self) {
        let end = {
            let mut state = self.lock();
            state.closed = true;
            state.end.take()
        };
        self.changed.notify_all();
        if let Some(End(end)) = end {
            end();
        }
    }

    /// Does something that takes long, and is ended by `end` when the mailbox is closed meanwhile, or was before.
    pub(crate) fn run_until_closed<R>(&self, end: impl FnOnce() + Send + 'static, run: impl FnOnce() -> R) -> R {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            end();
        } else {
            state.end = Some(End(Box::new(end)));
            drop(state);
        }
        let result = run();
        self.lock().end = None;
        result
    }

    /// Whether nobody listens any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Whether the mailbox is closed by this time; waits for that.
    pub(crate) fn closes_by(&self, due: Instant) -> bool {
        let mut state = self.lock();
        while !state.closed {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            self.changed.wait_for(&mut state, left);
        }
        state.closed
    }

    /// Waits for news, but not longer than until `due`, and takes all of it; `None` once the mailbox is closed.
    pub(crate) fn wait(&self, due: Option<Instant>) -> Option<News> {
        let mut state = self.lock();
        while state.news.is_empty() && !state.closed {
            match due.map(|due| due.saturating_duration_since(Instant::now())) {
                Some(left) if left.is_zero() => break,
                Some(left) => drop(self.changed.wait_for(&mut state, left)),
                None => self.changed.wait(&mut state),
            }
        }
        (!state.closed).then(|| mem::take(&mut state.news))
    }

    fn change(&self, change: impl FnOnce(&mut News)) {
        change(&mut self.lock().news);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

#[cfg(test)]
mod tests;
