//! What an upload goes out through, so that what decides about it can be tried without Kafka.

use std::time::{Duration, Instant};

use rdkafka::error::KafkaError;

/// Where records of one upload are handed to, all for one partition, and what becomes of them.
pub(super) trait Outbox {
    /// Takes a record, which it copies.
    fn send(&self, key: &str, headers: &[(&str, &str)], value: &[u8]) -> Result<(), KafkaError>;

    /// Takes in acknowledgements, waiting for them so long.
    fn listen(&self, time: Duration);

    /// What has been acknowledged so far.
    fn acknowledged(&self) -> Acknowledged;

    /// The last connection's failure.
    fn failure(&self) -> Option<String>;

    fn now(&self) -> Instant;
}

/// What has been acknowledged of one upload.
#[derive(Debug, Clone, Default)]
pub(super) struct Acknowledged {
    pub(super) count: u32,
    pub(super) bytes: u64,
    pub(super) first: Option<i64>,
    pub(super) last: Option<i64>,
    pub(super) failure: Option<KafkaError>,
}

impl Acknowledged {
    /// One more record is there, so large, at this offset; the broker may not tell it of a record that was sent twice.
    pub(super) fn note(&mut self, bytes: usize, offset: i64) {
        self.count += 1;
        self.bytes += bytes as u64;
        if offset >= 0 {
            self.first = Some(self.first.map_or(offset, |first| first.min(offset)));
            self.last = Some(self.last.map_or(offset, |last| last.max(offset)));
        }
    }

    /// The stretch of offsets, with room for all records where not every offset was told.
    pub(super) fn stretch(&self, count: u32) -> (i64, i64) {
        let last = self.last.unwrap_or(0).max(i64::from(count) - 1);
        (self.first.unwrap_or(0).min(last - (i64::from(count) - 1)).max(0), last)
    }
}

#[cfg(test)]
mod tests {
    use super::Acknowledged;

    #[test]
    fn the_stretch_of_an_upload_holds_all_its_chunks_whatever_offsets_were_told() {
        let of = |offsets: &[i64]| {
            let mut acknowledged = Acknowledged::default();
            for offset in offsets {
                acknowledged.note(10, *offset);
            }
            assert_eq!(acknowledged.bytes, 10 * offsets.len() as u64);
            acknowledged.stretch(u32::try_from(offsets.len()).unwrap())
        };
        assert_eq!(of(&[4, 5, 9]), (4, 9), "others' records may lie between");
        assert_eq!(of(&[9, 4, 5]), (4, 9));
        assert_eq!(of(&[7, -1, -1]), (5, 7), "two were sent twice");
        assert_eq!(of(&[-1, -1, -1]), (0, 2));
        assert_eq!(of(&[1, -1, -1]), (0, 2));
    }
}
