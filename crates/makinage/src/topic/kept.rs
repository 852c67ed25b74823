//! The consumer that has read a stretch, kept for a moment for the next one: a model that was found is fetched at once,
//! and another connection to the brokers would take longer than most models do to be read.

use std::time::{Duration, Instant};

use kafka_headers::tokens::Supplied;
use parking_lot::Mutex;
use rdkafka::consumer::{BaseConsumer, Consumer};

use crate::kafka::{forwarding::Context, renewal::MadeWith};

/// A consumer of the model topic.
pub(super) type ModelConsumer = Supplied<BaseConsumer<Context<()>>>;

/// How long one is kept.
const KEPT: Duration = Duration::from_secs(5);

/// A consumer that nobody uses.
pub(super) struct Spare {
    pub consumer: ModelConsumer,
    /// The certificates that it was made with.
    pub files: MadeWith,
}

/// At most one.
#[derive(Default)]
pub(super) struct Kept {
    spare: Mutex<Option<(Spare, Instant)>>,
}

impl Kept {
    /// Takes it, where it is of use still.
    pub(super) fn take(&self, now: Instant) -> Option<Spare> {
        // It isn't closed under the lock.
        let kept = self.spare.lock().take();
        kept.filter(|(spare, since)| !is_over(*since, now) && !spare.files.is_out_of_date()).map(|(spare, _)| spare)
    }

    /// Keeps it from now on, in another's place.
    pub(super) fn put(&self, spare: Spare, now: Instant) {
        // What it would go on to fetch, nobody reads.
        if spare.consumer.unassign().is_ok() {
            let other = self.spare.lock().replace((spare, now));
            drop(other);
        }
    }

    /// Closes it, where it was kept for long enough.
    pub(super) fn let_go(&self, now: Instant) {
        let over = self.spare.lock().take_if(|(_, since)| is_over(*since, now));
        drop(over);
    }

    /// Closes it: the topic may be another one.
    pub(super) fn forget(&self) {
        let known = self.spare.lock().take();
        drop(known);
    }
}

fn is_over(since: Instant, now: Instant) -> bool {
    now.saturating_duration_since(since) >= KEPT
}

#[cfg(test)]
mod tests;
