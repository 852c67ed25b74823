//! Signs of life of a thread that must not stand still.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// When a thread was last seen at work.
#[derive(Debug, Default)]
pub(crate) struct Beat {
    first: OnceLock<Instant>,
    /// Milliseconds from the first one to the last.
    last: AtomicU64,
}

impl Beat {
    /// The thread is at work.
    pub(crate) fn beats(&self, now: Instant) {
        let first = *self.first.get_or_init(|| now);
        let since = now.saturating_duration_since(first).as_millis();
        self.last.store(u64::try_from(since).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// For how long it hasn't been seen at work; `None` where it hasn't begun.
    pub(crate) fn silence(&self, now: Instant) -> Option<Duration> {
        let last = *self.first.get()? + Duration::from_millis(self.last.load(Ordering::Relaxed));
        Some(now.saturating_duration_since(last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_lasts_since_the_last_beat_and_there_is_none_before_the_first() {
        let (beat, start) = (Beat::default(), Instant::now());
        assert_eq!(beat.silence(start), None);
        beat.beats(start);
        beat.beats(start + Duration::from_secs(5));
        assert_eq!(beat.silence(start + Duration::from_secs(7)), Some(Duration::from_secs(2)));
    }
}
