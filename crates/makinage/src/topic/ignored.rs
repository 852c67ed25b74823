//! Records that are no models: a warning each, or one for many.

use std::time::{Duration, Instant};

use crate::model::RecordPlace;

/// So many are told one by one in a [`PERIOD`].
const SINGLE: u64 = 5;
const PERIOD: Duration = Duration::from_mins(1);

/// Tells of records that are ignored. The clock is passed in.
#[derive(Debug)]
pub(super) struct Ignored {
    since: Instant,
    seen: u64,
    last: Option<RecordPlace>,
}

impl Ignored {
    /// Nothing has been ignored yet.
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, seen: 0, last: None }
    }

    /// The line about one record, if it is told alone.
    pub(super) fn line(&mut self, place: &RecordPlace, why: &str) -> Option<String> {
        self.seen += 1;
        if self.seen > SINGLE {
            self.last = Some(place.clone());
            return None;
        }
        Some(format!("{place}: this record {why}: it is ignored; only model publishers should write to a model topic"))
    }

    /// The line about those that were not told alone, once a period.
    pub(super) fn summary(&mut self, now: Instant) -> Option<String> {
        if now.saturating_duration_since(self.since) < PERIOD {
            return None;
        }
        let untold = self.seen.saturating_sub(SINGLE);
        (self.since, self.seen) = (now, 0);
        let last = self.last.take()?;
        Some(format!("{untold} more records on the model topic are no models, the last in {last}: they are ignored"))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{Ignored, PERIOD};
    use crate::model::RecordPlace;

    #[test]
    fn many_records_are_told_one_by_one_at_first_and_then_by_their_number() {
        let now = Instant::now();
        let mut ignored = Ignored::new(now);
        let place = |offset| RecordPlace { topic: "model".into(), partition: 0, offset, timestamp: 0 };
        let told = (0..100).filter_map(|offset| ignored.line(&place(offset), "is no zip")).count();
        assert_eq!(told, 5);
        assert_eq!(ignored.summary(now), None, "too soon");
        let summary = ignored.summary(now + PERIOD).expect("a line");
        assert!(summary.contains("95 more") && summary.contains("model/0/99"), "{summary}");
        assert_eq!(ignored.summary(now + 2 * PERIOD), None, "told");
        assert!(ignored.line(&place(100), "is no zip").is_some());
    }
}
