//! Single events, for whoever looks on: each listener gets those that it asks for, and only so many a second. The
//! stream never waits for one, and pays a look at a number where there is none.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant, SystemTime},
};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::moment::date;
use crate::{clock::since_1970, event::Event};

/// Listeners at a time.
const MOST: usize = 8;
/// Events that a listener gets in a second, at most.
const RATE: u32 = 100;
/// Events that are searched for a listener's text in a second, at most: of a stream that is faster it is a sample.
const LOOKS: u32 = 10_000;
/// Bytes of a key or a value that are shown.
const SHOWN: usize = 2000;

/// One event, as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tapped {
    /// When, as RFC 3339 has it.
    pub at: String,
    /// `topic/partition/offset`.
    pub place: String,
    /// The record's key, or its beginning.
    pub key: Option<String>,
    /// The record's value, or its beginning.
    pub input: Option<String>,
    /// What became of it.
    #[serde(flatten)]
    pub became: Became,
    /// The model that it was given to.
    pub model: Option<String>,
    /// Milliseconds since the record's time.
    pub milliseconds: Option<i64>,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub(crate) enum Became {
    /// It has this output, or one with this beginning.
    Output {
        /// The output.
        output: String,
    },
    /// A step returned `None`.
    Skipped {
        /// The step.
        step: String,
    },
    /// It failed.
    Failed {
        /// The step.
        step: String,
        /// The error's class.
        error: String,
        /// What happened.
        message: String,
    },
}

impl Tapped {
    /// An event of this topic.
    pub(crate) fn of(topic: &str, event: &Event, model: Option<&str>, became: Became) -> Self {
        let now = SystemTime::now();
        Self {
            at: date(now),
            place: format!("{topic}/{}/{}", event.partition, event.offset),
            key: event.key().map(shown),
            input: event.value().map(shown),
            became,
            model: model.map(str::to_owned),
            milliseconds: event.timestamp().map(|time| since_1970(now).saturating_sub(time)),
        }
    }
}

/// Bytes as text, or their beginning.
pub(crate) fn shown(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]).into_owned();
    if bytes.len() > SHOWN {
        text.push('…');
    }
    text
}

/// Which events a listener asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Only those that failed.
    pub failed: bool,
    /// Only those that were skipped by, or failed in, this step.
    pub step: Option<String>,
    /// Only those with this text in their place, key, input or output.
    pub contains: Option<String>,
}

impl Filter {
    /// Whether it takes events of which this became, as far as that says.
    fn takes_what(&self, failed: bool, step: Option<&str>) -> bool {
        (failed || !self.failed) && self.step.as_deref().is_none_or(|wanted| step == Some(wanted))
    }

    fn takes(&self, event: &Tapped) -> bool {
        let more = match &event.became {
            Became::Output { output } => Some(output),
            Became::Skipped { .. } => None,
            Became::Failed { message, .. } => Some(message),
        };
        let texts = [Some(&event.place), event.key.as_ref(), event.input.as_ref(), more];
        self.contains.as_deref().is_none_or(|text| texts.into_iter().flatten().any(|found| found.contains(text)))
    }
}

/// Takes events.
pub(crate) trait Listener: Send {
    /// Whether anybody listens still.
    fn is_there(&self) -> bool;

    /// Takes one, or drops it where there is no room: it must not wait.
    fn take(&mut self, event: Tapped);
}

struct Place {
    filter: Filter,
    listener: Box<dyn Listener>,
    /// Since when so many have been given to it, and looked at for it.
    second: Instant,
    given: u32,
    looked_at: u32,
}

impl Place {
    fn has_room(&self, failed: bool, step: Option<&str>) -> bool {
        self.given < RATE && self.looked_at < LOOKS && self.filter.takes_what(failed, step)
    }
}

/// Who looks on.
#[derive(Default)]
pub(crate) struct Tap {
    count: AtomicUsize,
    places: Mutex<Vec<Place>>,
}

impl std::fmt::Debug for Tap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a tap with {} listeners", self.count.load(Ordering::Relaxed))
    }
}

impl Tap {
    /// One more listens; `false` where there are too many.
    pub(crate) fn listen(&self, filter: Filter, listener: impl Listener + 'static) -> bool {
        let mut places = self.places.lock();
        places.retain(|place| place.listener.is_there());
        let has_room = places.len() < MOST;
        if has_room {
            let listener = Box::new(listener);
            places.push(Place { filter, listener, second: Instant::now(), given: 0, looked_at: 0 });
        }
        self.count.store(places.len(), Ordering::Relaxed);
        has_room
    }

    /// Whether anybody does: only then is an event worth showing.
    pub(crate) fn is_on(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 0
    }

    /// Shows an event that has failed or not, where a step of the user's had to do with that, to those who ask for
    /// such. It is made only where one of them may have more in this second.
    pub(crate) fn show(&self, now: Instant, (failed, step): (bool, Option<&str>), event: impl FnOnce() -> Tapped) {
        let mut places = self.places.lock();
        let mut is_over = false;
        for place in places.iter_mut() {
            if now.saturating_duration_since(place.second) >= Duration::from_secs(1) {
                (place.second, place.given, place.looked_at) = (now, 0, 0);
                is_over = true;
            }
        }
        if is_over {
            places.retain(|place| place.listener.is_there());
            self.count.store(places.len(), Ordering::Relaxed);
        }
        if !places.iter().any(|place| place.has_room(failed, step)) {
            return;
        }
        let event = event();
        for place in places.iter_mut().filter(|place| place.has_room(failed, step)) {
            place.looked_at += 1;
            if place.filter.takes(&event) {
                place.given += 1;
                place.listener.take(event.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests;
