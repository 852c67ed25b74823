//! Single events, for whoever looks on: each listener gets those that it asks for, and only so many a second. The
//! stream never waits for one, and pays a look at a number where there is none.
//!
//! What events had after each step is asked of workers before anybody knows what becomes of them: of a sample for who
//! wants any, and of those whose input has the text that somebody looks for.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::tapped::{Became, Tapped, place, shown};
use crate::event::Event;

/// Listeners at a time.
const MOST: usize = 8;
/// Events that a listener gets in a second, at most.
const RATE: u32 = 100;
/// Events that are searched for a listener's text in a second, at most: of a stream that is faster it is a sample.
const LOOKS: u32 = 10_000;
/// Events of a batch that a worker is asked for, at most.
const ASKED: usize = 256;

/// Which events a listener asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Only those that failed.
    pub failed: bool,
    /// Only those that were skipped by, or failed in, this step.
    pub step: Option<String>,
    /// Only those with this text in their place, key, input, output or error, as far as these are shown.
    pub contains: Option<String>,
}

/// What is known of an event before it is made to be shown.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Glimpse<'a> {
    /// It failed.
    pub failed: bool,
    /// The step of the user's that had to do with what became of it.
    pub step: Option<&'a str>,
    /// It is known what it had after some steps.
    pub has_steps: bool,
}

impl Filter {
    /// Whether it takes such events, as far as that says. Who wants any gets a sample: of those that workers were asked
    /// for, and those that failed.
    fn takes_what(&self, Glimpse { failed, step, has_steps }: Glimpse<'_>) -> bool {
        let is_told = has_steps || failed || *self != Self::default();
        is_told && (failed || !self.failed) && self.step.as_deref().is_none_or(|wanted| step == Some(wanted))
    }

    fn takes(&self, event: &Tapped) -> bool {
        let (more, error) = match &event.became {
            Became::Output { output } => (Some(output), None),
            Became::Skipped { .. } => (None, None),
            Became::Failed { error, message, .. } => (Some(message), Some(error)),
        };
        self.finds([Some(&event.place), event.key.as_ref(), event.input.as_ref(), more, error])
    }

    /// Whether it takes an event whatever becomes of it.
    fn takes_before(&self, topics: &[String], event: &Event) -> bool {
        let topic = topics.get(usize::from(event.source)).map_or("?", String::as_str);
        let (key, input) = (event.key().map(shown), event.value().map(shown));
        self.finds([Some(&place(topic, event)), key.as_ref(), input.as_ref(), None, None])
    }

    fn finds(&self, texts: [Option<&String>; 5]) -> bool {
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

/// How many events there may be in a second, and how many may be looked at for that.
struct Second {
    since: Instant,
    used: u32,
    looked_at: u32,
}

impl Second {
    fn new() -> Self {
        Self { since: Instant::now(), used: 0, looked_at: 0 }
    }

    /// Whether another one has begun.
    fn renew(&mut self, now: Instant) -> bool {
        let is_over = now.saturating_duration_since(self.since) >= Duration::from_secs(1);
        if is_over {
            *self = Self { since: now, used: 0, looked_at: 0 };
        }
        is_over
    }

    fn has_room(&self) -> bool {
        self.used < RATE && self.looked_at < LOOKS
    }
}

struct Place {
    filter: Filter,
    listener: Box<dyn Listener>,
    /// What has been given to it.
    given: Second,
    /// What workers were asked for it.
    asked: Second,
}

impl Place {
    fn has_room(&self, glimpse: Glimpse<'_>) -> bool {
        self.given.has_room() && self.filter.takes_what(glimpse)
    }

    /// The places of events that it will want, as far as that can be known before.
    fn asks(&mut self, now: Instant, topics: &[String], events: &[Event]) -> Vec<usize> {
        let Self { filter, asked, .. } = self;
        asked.renew(now);
        // What an event had that ends early is told without asking.
        if filter.failed || filter.step.is_some() {
            return vec![];
        }
        let left = (RATE - asked.used) as usize;
        let wanted = if filter.contains.is_none() {
            spread(left, events.len())
        } else {
            let looks = ((LOOKS - asked.looked_at) as usize).min(events.len());
            asked.looked_at += u32::try_from(looks).unwrap_or(LOOKS);
            let found = (0..looks).filter(|place| filter.takes_before(topics, &events[*place]));
            found.take(left).collect()
        };
        asked.used += u32::try_from(wanted.len()).unwrap_or(RATE);
        wanted
    }
}

/// So many places, or all, evenly spread.
fn spread(wanted: usize, of: usize) -> Vec<usize> {
    let wanted = wanted.min(of);
    (0..wanted).map(|place| place * of / wanted).collect()
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
            places.push(Place { filter, listener, given: Second::new(), asked: Second::new() });
        }
        self.count.store(places.len(), Ordering::Relaxed);
        has_room
    }

    /// Whether anybody does: only then is an event worth showing.
    pub(crate) fn is_on(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 0
    }

    /// The places of those of a batch's events, which are of these topics, of which it is to be told what they have
    /// after each step. They ascend. `None` where nobody listens: nothing is to be told then, of events that end early
    /// neither.
    pub(crate) fn asks(&self, now: Instant, topics: &[String], events: &[Event]) -> Option<Vec<u32>> {
        if !self.is_on() {
            return None;
        }
        let mut places = self.places.lock();
        let there = places.iter_mut().filter(|place| place.listener.is_there());
        let wanted: BTreeSet<usize> = there.flat_map(|place| place.asks(now, topics, events)).collect();
        Some(wanted.into_iter().take(ASKED).filter_map(|place| u32::try_from(place).ok()).collect())
    }

    /// Shows an event to those who ask for such. It is made only where one of them may have more in this second.
    pub(crate) fn show(&self, now: Instant, glimpse: Glimpse<'_>, event: impl FnOnce() -> Tapped) {
        let mut places = self.places.lock();
        let mut is_over = false;
        for place in places.iter_mut() {
            is_over |= place.given.renew(now);
        }
        if is_over {
            places.retain(|place| place.listener.is_there());
            self.count.store(places.len(), Ordering::Relaxed);
        }
        if !places.iter().any(|place| place.has_room(glimpse)) {
            return;
        }
        let event = event();
        for place in places.iter_mut().filter(|place| place.has_room(glimpse)) {
            place.given.looked_at += 1;
            if place.filter.takes(&event) {
                place.given.used += 1;
                place.listener.take(event.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests;
