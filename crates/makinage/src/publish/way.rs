//! Whether a model goes in one record or in chunks. Pure.

use super::size::{batch_bytes, request_overhead};
use crate::{archive::ModelArchive, kafka::settings::CLIENT_LIMIT, record::chunk::MOST_CHUNKS};

/// The largest chunk: below Kafka's own default for a record, and a few of them are in memory at a time.
const LARGEST_CHUNK: u64 = 1_000_000;
/// The smallest: below it a chunk is mostly its own headers.
const SMALLEST_CHUNK: u64 = 4 << 10;
/// What a chunk's record and batch add to it, at most.
const CHUNK_OVERHEAD: u64 = 1 << 10;

/// How a model is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// As the one record that everything reads.
    Record,
    /// In chunks of so many bytes, and a manifest.
    Chunks {
        /// Bytes of each but the last.
        bytes: u64,
    },
}

/// What Kafka takes, as far as it tells.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Limits {
    /// `max.message.bytes` of the topic.
    pub(super) batch: Option<u64>,
    /// The smallest `socket.request.max.bytes` of the brokers that lead it.
    pub(super) request: Option<u64>,
}

/// There is no room, not even in chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Above {
    /// Bytes of the smallest batch that would do.
    pub(super) needed: u64,
    /// Bytes that a batch may have.
    pub(super) limit: u64,
}

impl Limits {
    /// The way of a model that fits.
    pub(super) fn way(&self, archive: &ModelArchive, topic: &str, client: &str) -> Result<Way, Above> {
        let request = self.request.map(|limit| limit.saturating_sub(request_overhead(topic, client)));
        let most = self.batch.unwrap_or(u64::MAX).min(request.unwrap_or(u64::MAX)).min(CLIENT_LIMIT);
        if batch_bytes(archive) <= most {
            return Ok(Way::Record);
        }
        let bytes = most.saturating_sub(CHUNK_OVERHEAD).min(LARGEST_CHUNK);
        let least = archive.bytes.div_ceil(u64::from(MOST_CHUNKS)).max(SMALLEST_CHUNK);
        if bytes < least {
            return Err(Above { needed: least + CHUNK_OVERHEAD, limit: most });
        }
        Ok(Way::Chunks { bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::{Above, CHUNK_OVERHEAD, LARGEST_CHUNK, Limits, SMALLEST_CHUNK, Way};
    use crate::archive::{
        inspect,
        testing::{Disk, SMALL_MLMODEL, stored},
    };

    #[test]
    fn a_model_goes_whole_where_it_fits_and_else_in_chunks_that_do() {
        let zip = stored(&[("MLmodel", SMALL_MLMODEL.as_bytes()), ("model.pkl", &vec![5; 2_000_000])]);
        let disk = Disk::with_archive(&zip);
        let archive = inspect(&disk.zip()).unwrap();
        let way = |batch, request| Limits { batch, request }.way(&archive, "model", "publisher");
        assert_eq!(way(None, None), Ok(Way::Record), "nothing is known");
        assert_eq!(way(Some(3_000_000), Some(100 << 20)), Ok(Way::Record));
        // Kafka's default.
        assert_eq!(way(Some(1_048_588), Some(100 << 20)), Ok(Way::Chunks { bytes: LARGEST_CHUNK }));
        assert_eq!(way(Some(1_999_999), None), Ok(Way::Chunks { bytes: LARGEST_CHUNK }), "memory stays small");
        assert_eq!(way(Some(100_000), None), Ok(Way::Chunks { bytes: 100_000 - CHUNK_OVERHEAD }));
        assert!(matches!(way(Some(3_000_000), Some(500_000)), Ok(Way::Chunks { bytes }) if bytes < 500_000));
        assert_eq!(way(Some(500), None), Err(Above { needed: SMALLEST_CHUNK + CHUNK_OVERHEAD, limit: 500 }));
    }
}
