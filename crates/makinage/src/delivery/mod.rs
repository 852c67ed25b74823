//! What the pipeline hands its results to: outputs, and the fates of events that have none. A delivery owns both the
//! sink and what becomes of the events' offsets, so that nobody above it knows which promise is kept.
//!
//! - [`at_least_once`]: an event is settled once its output is acknowledged; the source commits what is settled.
//! - exactly once: outputs, dead letters and offsets are in one transaction; an event is settled once that is
//!   committed, and the source commits nothing.

pub mod at_least_once;
mod burying;
mod calls;
pub mod client;
mod denied;
mod ending;
mod entries;
pub mod exactly_once;
mod fences;
pub mod instance;
pub(crate) mod letters;
mod native;
mod pauses;
mod refusing;
mod sending;
#[cfg(test)]
mod testing;
pub mod transactional;
mod watchdog;

use std::time::Duration;

use crossbeam_channel::Receiver;

use crate::{
    event::{Event, Failure, Fate, Ticket},
    letters::Failed,
    sink::Refused,
};

/// Takes what became of events, of each partition in their order.
pub trait Delivery {
    /// Takes the output of an event, which is settled later, or at once. An error is this event's own: the output was
    /// not taken, and the event is not settled.
    fn write(&mut self, event: &Event, value: &[u8], model: &str) -> Result<(), Failure>;

    /// The topic that takes dead letters, where there is one.
    fn dead_letter_topic(&self) -> Option<&str> {
        None
    }

    /// Takes an event that failed: its dead letter is written, and it is settled later. `false` where there is no topic
    /// for it.
    fn bury(&mut self, _event: &Event, _failed: &Failed<'_>) -> bool {
        false
    }

    /// The same of an event whose output was refused.
    fn bury_refused(&mut self, _event: &Event, _failed: &Failed<'_>) -> bool {
        false
    }

    /// Takes an event that has no output, with its fate.
    fn settle(&mut self, event: &Event, fate: Fate);

    /// Takes the fate of an event whose output was refused.
    fn settle_refused(&mut self, ticket: Ticket, fate: Fate);

    /// Looks after what was taken: outputs that the destination refused for good are handed back.
    fn tend(&mut self) -> Vec<Refused>;

    /// Whether outputs that are written now would only wait for those that are under way. Where they would, the bell
    /// rings when that may have changed.
    fn is_busy(&mut self) -> bool {
        false
    }

    /// Somebody waits for all that was taken to be settled.
    fn hurry(&mut self) {}

    /// These assignments are over: what waits of them is dropped, and settled so.
    fn give_up(&mut self, assignments: &[u32]);

    /// How soon [`Delivery::tend`] has to be called again, though nothing else happens.
    fn next_look(&self) -> Option<Duration>;

    /// Rings when [`Delivery::tend`] has something to do.
    fn bell(&self) -> Receiver<()>;

    /// Waits until everything that was taken is settled; `false` when that did not happen in time.
    fn flush(&mut self, timeout: Duration) -> bool;
}
