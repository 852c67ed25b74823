//! Producers that have been replaced: they are listened to until they have reported all that they held.
//!
//! What is on its way to a broker may be taken there, so it is waited for, however long that takes: the client's own
//! time-outs bound it. Only what was never sent is asked back, again and again, since what a broker refuses for what
//! came before it goes back into the queue.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{carrier::Carrier, producer::Producer};

/// Those that may be waited for at a time.
const MOST: usize = 8;
/// The first time that it is asked for what it has not sent. Kafka's client purges its queue by itself at each fatal
/// error (and gives up a connection on which a request is half sent then); this is for what goes back into the queue
/// afterwards, which takes a moment.
const GRACE: Duration = Duration::from_millis(20);
/// The pauses between two times: first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

struct One<P> {
    carrier: Carrier<P>,
    ask_at: Instant,
    pause: Duration,
}

/// Producers that have been replaced and still hold outputs.
pub(super) struct Retiring<P>(Vec<One<P>>);

impl<P> Default for Retiring<P> {
    fn default() -> Self {
        Self(vec![])
    }
}

impl<P: Producer> Retiring<P> {
    /// Whether no other may be replaced now.
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= MOST
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Carrier<P>> {
        self.0.iter().map(|one| &one.carrier)
    }

    /// A producer that takes nothing any more.
    pub(super) fn push(&mut self, carrier: Carrier<P>, now: Instant) {
        self.0.push(One { carrier, ask_at: now + GRACE, pause: FIRST_PAUSE });
    }

    /// Those that have reported everything, which has been taken; the others are asked for what they have not sent.
    pub(super) fn tend(&mut self, now: Instant) -> Vec<Arc<P>> {
        for one in self.0.iter_mut().filter(|one| one.ask_at <= now) {
            one.carrier.producer.purge();
            one.ask_at = now + one.pause;
            one.pause = (2 * one.pause).min(LONGEST_PAUSE);
        }
        // Of one that has nothing under way all reports have come; afterwards there are no news but those.
        let over =
            |one: &mut One<P>| one.carrier.producer.under_way() == 0 && !one.carrier.producer.reports().has_news();
        self.0.extract_if(.., over).map(|one| one.carrier.producer).collect()
    }

    /// When [`Retiring::tend`] has something to do.
    pub(super) fn next_look(&self) -> Option<Instant> {
        self.0.iter().map(|one| one.ask_at).min()
    }
}
