//! Partitions of which the brokers know a producer's state, so that they take its outputs in order only. Pure: no I/O.

use std::time::{Duration, Instant};

/// Brokers forget a producer that sends nothing to a partition after a day (`producer.id.expiration.ms`), or earlier
/// where that is set so.
const REMEMBERED: Duration = Duration::from_mins(30);

/// When the producer last sent to each partition.
#[derive(Debug, Default)]
pub(super) struct Opened(Vec<Option<Instant>>);

impl Opened {
    /// Whether an output may follow at once. Where Kafka's client chooses the partition (a negative one), nobody asks
    /// for an order.
    pub(super) fn is_open(&self, partition: i32, now: Instant) -> bool {
        let Ok(place) = usize::try_from(partition) else { return true };
        let last = self.0.get(place).copied().flatten();
        last.is_some_and(|last| now.saturating_duration_since(last) < REMEMBERED)
    }

    /// The producer has sent to it.
    pub(super) fn note(&mut self, partition: i32, now: Instant) {
        let Ok(place) = usize::try_from(partition) else { return };
        if self.0.len() <= place {
            self.0.resize(place + 1, None);
        }
        self.0[place] = Some(now);
    }

    /// Another producer takes over.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{Opened, REMEMBERED};

    #[test]
    fn a_partition_is_open_from_its_first_output_until_brokers_may_have_forgotten_the_producer() {
        let (start, mut opened) = (Instant::now(), Opened::default());
        assert!(!opened.is_open(3, start) && opened.is_open(-1, start));
        opened.note(3, start);
        assert!(opened.is_open(3, start) && !opened.is_open(2, start));
        assert!(!opened.is_open(3, start + REMEMBERED));
        opened.note(3, start + REMEMBERED);
        assert!(opened.is_open(3, start + REMEMBERED));
        opened.forget();
        assert!(!opened.is_open(3, start + REMEMBERED));
    }
}
