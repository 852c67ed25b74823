//! Recent events, kept for the next generation to warm up on.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::event::Event;

/// Different events that a new generation tries before a crash on them counts against it.
pub const SAMPLES: usize = 3;
/// Larger events aren't kept: any will do.
const LARGEST: usize = 64 * 1024;
/// How often one is taken.
const INTERVAL: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
struct Kept {
    events: VecDeque<Event>,
    taken_at: Option<Instant>,
}

/// The last few different events that passed, one a second at most.
#[derive(Debug, Clone, Default)]
pub struct Samples(Arc<Mutex<Kept>>);

impl Samples {
    /// Events pass: one of them may be kept.
    pub fn pass(&self, events: &[Event], now: Instant) {
        let mut kept = self.0.lock();
        let due = kept.taken_at.is_none_or(|at| now.saturating_duration_since(at) >= INTERVAL);
        let fits = |event: &&Event| event.value().is_some() && event.size() <= LARGEST;
        let Some(event) = events.first().filter(|_| due).filter(fits) else { return };
        kept.taken_at = Some(now);
        if kept.events.iter().all(|known| known.value() != event.value()) {
            kept.events.push_back(event.sample());
        }
        if kept.events.len() > SAMPLES {
            kept.events.pop_front();
        }
    }

    /// What is kept.
    pub fn copies(&self) -> Vec<Event> {
        let kept = self.0.lock();
        kept.events.iter().map(Event::sample).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{LARGEST, SAMPLES, Samples};
    use crate::event::{Event, Place, Ticket};

    fn event(value: Option<&[u8]>) -> [Event; 1] {
        [Event::new(Ticket::from_opaque(0), Place { source: 0, partition: 0, offset: 0 }, None, value)]
    }

    fn values(samples: &Samples) -> Vec<Vec<u8>> {
        samples.copies().iter().map(|event| event.value().expect("a value").to_vec()).collect()
    }

    #[test]
    fn one_event_a_second_is_kept_and_only_the_last_different_ones() {
        let (samples, begin) = (Samples::default(), Instant::now());
        for (tenths, value) in [(0, "a"), (5, "b"), (10, "a"), (20, "c"), (30, "d"), (40, "e")] {
            samples.pass(&event(Some(value.as_bytes())), begin + Duration::from_millis(100 * tenths));
        }
        assert_eq!(values(&samples), [b"c", b"d", b"e"]);
        assert_eq!(values(&samples).len(), SAMPLES);
    }

    #[test]
    fn what_has_no_value_or_is_large_is_not_kept() {
        let (samples, begin) = (Samples::default(), Instant::now());
        samples.pass(&event(None), begin);
        samples.pass(&event(Some(&vec![b'1'; LARGEST + 1])), begin);
        samples.pass(&event(Some(b"1")), begin);
        assert_eq!(values(&samples), [b"1"]);
    }
}
