//! Where spans wait that have ended: bounded, and never waited for. What there is no room for is counted.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crossbeam_channel::{Receiver, Sender, bounded};

/// Spans that wait for their exporter, at most.
const ROOM: usize = 2048;

/// What became of spans that have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Became {
    /// The collector has taken them.
    Exported,
    /// There was no room for them, or no collector in time.
    Dropped,
    /// The collector wants none of them.
    Refused,
}

impl Became {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Exported, Self::Dropped, Self::Refused];

    /// As it is shown.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Exported => "exported",
            Self::Dropped => "dropped",
            Self::Refused => "refused",
        }
    }
}

/// How many spans became what.
#[derive(Debug, Default)]
pub(crate) struct Counts([AtomicU64; Became::ALL.len()]);

impl Counts {
    /// So many more.
    pub(super) fn add(&self, became: Became, spans: usize) {
        self.0[became as usize].fetch_add(spans as u64, Ordering::Relaxed);
    }

    /// How many by now.
    pub(crate) fn of(&self, became: Became) -> u64 {
        self.0[became as usize].load(Ordering::Relaxed)
    }
}

/// Takes spans that have ended.
#[derive(Debug)]
pub(super) struct Outbox<S> {
    spans: Sender<Arc<S>>,
    counts: Arc<Counts>,
}

impl<S> Clone for Outbox<S> {
    fn clone(&self) -> Self {
        Self { spans: self.spans.clone(), counts: Arc::clone(&self.counts) }
    }
}

impl<S> Outbox<S> {
    /// An empty one, and where its spans come out.
    pub(super) fn new(counts: Arc<Counts>) -> (Self, Receiver<Arc<S>>) {
        let (spans, waiting) = bounded(ROOM);
        (Self { spans, counts }, waiting)
    }

    /// Takes a span, or counts it.
    pub(super) fn put(&self, span: Arc<S>) {
        if self.spans.try_send(span).is_err() {
            self.counts.add(Became::Dropped, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_no_room_for_is_counted_and_nobody_waits() {
        let counts = Arc::<Counts>::default();
        let (outbox, waiting) = Outbox::new(Arc::clone(&counts));
        (0..ROOM + 3).for_each(|number| outbox.put(Arc::new(number)));
        assert_eq!(Became::ALL.map(|became| counts.of(became)), [0, 3, 0]);
        assert_eq!(waiting.try_iter().map(|number| *number).collect::<Vec<_>>(), (0..ROOM).collect::<Vec<_>>());
    }
}
