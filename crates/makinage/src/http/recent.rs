//! What histograms have seen lately: since the start says little of now.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::{
    event::WORKER_STEPS,
    telemetry::{
        Telemetry,
        histogram::{Histogram, Snapshot},
    },
};

/// What is told is at least of so long, and at most of twice that where somebody looks all the time.
const LATELY: Duration = Duration::from_secs(10);

/// The histograms whose recent part is shown.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub latency: Snapshot,
    pub batch_seconds: Snapshot,
    pub batch_events: Snapshot,
    /// In the order of [`WORKER_STEPS`].
    pub step_seconds: [Snapshot; WORKER_STEPS.len()],
}

/// The histograms as they were a moment ago.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<Option<Moments>>);

#[derive(Debug)]
struct Moments {
    before: Seen,
    last: Seen,
    at: Instant,
}

impl Recent {
    /// What was observed lately, or since the start at the first look.
    pub(super) fn seen(&self, telemetry: &Telemetry, now: Instant) -> Seen {
        self.look(telemetry, now);
        let all = Seen::of(telemetry);
        match &*self.0.lock() {
            Some(known) => all.since(&known.before),
            None => all,
        }
    }

    /// Another moment begins where the last one is old enough. Who only asks now and then wants this to be called again
    /// and again meanwhile: else what is told begins when somebody asked last.
    pub(super) fn look(&self, telemetry: &Telemetry, now: Instant) {
        let mut moments = self.0.lock();
        let Some(known) = moments.as_mut() else {
            *moments = Some(Moments { before: Seen::nothing(), last: Seen::of(telemetry), at: now });
            return;
        };
        if now.saturating_duration_since(known.at) >= LATELY {
            known.before = std::mem::replace(&mut known.last, Seen::of(telemetry));
            known.at = now;
        }
    }
}

impl Seen {
    fn of(telemetry: &Telemetry) -> Self {
        Self {
            latency: telemetry.source.latency.snapshot(),
            batch_seconds: telemetry.stream.batch_seconds.snapshot(),
            batch_events: telemetry.stream.batch_events.snapshot(),
            step_seconds: telemetry.stream.step_seconds.each_ref().map(Histogram::snapshot),
        }
    }

    fn nothing() -> Self {
        Self::of(&Telemetry::default())
    }

    fn since(&self, before: &Self) -> Self {
        Self {
            latency: self.latency.since(&before.latency),
            batch_seconds: self.batch_seconds.since(&before.batch_seconds),
            batch_events: self.batch_events.since(&before.batch_events),
            step_seconds: std::array::from_fn(|step| self.step_seconds[step].since(&before.step_seconds[step])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Took;

    #[test]
    fn what_was_long_ago_is_forgotten() {
        let (recent, telemetry, start) = (Recent::default(), Telemetry::default(), Instant::now());
        let took = Took { whole: Duration::from_millis(1), steps: [Duration::from_micros(9); 5] };
        let batches = |seconds| recent.seen(&telemetry, start + Duration::from_secs(seconds)).batch_seconds.count();
        telemetry.stream.answered(1, took);
        assert_eq!(batches(0), 1);
        telemetry.stream.answered(1, took);
        assert_eq!([batches(5), batches(11)], [2, 1]);
        telemetry.stream.answered(1, took);
        let seen = recent.seen(&telemetry, start + Duration::from_secs(15));
        assert_eq!(seen.step_seconds.map(|step| step.count()), [2; 5]);
        assert_eq!([batches(15), batches(22), batches(40)], [2, 1, 0]);
    }

    #[test]
    fn who_asks_for_the_first_time_in_an_hour_hears_of_the_last_seconds() {
        let (recent, telemetry, start) = (Recent::default(), Telemetry::default(), Instant::now());
        let took = Took { whole: Duration::from_millis(1), steps: [Duration::ZERO; 5] };
        recent.seen(&telemetry, start);
        for second in 1..3600 {
            if second < 3000 {
                telemetry.stream.answered(1, took);
            }
            recent.look(&telemetry, start + Duration::from_secs(second));
        }
        assert_eq!(recent.seen(&telemetry, start + Duration::from_hours(1)).batch_seconds.count(), 0);
    }
}
