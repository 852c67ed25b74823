//! Whether a model goes in one record or in chunks. Pure.

use super::size::{CLIENT_LIMIT, batch_bytes, request_overhead};
use crate::model::{ModelArchive, records::chunk::MOST_CHUNKS};

/// The largest chunk: below Kafka's own default for a record, and a few of them are in memory at a time.
const LARGEST_CHUNK: u64 = 1_000_000;
/// The smallest: below it a chunk is mostly its own headers.
const SMALLEST_CHUNK: u64 = 4 << 10;
/// What a chunk's record and batch add to it, at most.
const CHUNK_OVERHEAD: u64 = 1 << 10;

/// How a model is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
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
pub(super) struct Room {
    /// `max.message.bytes` of the topic.
    pub(super) batch: Option<u64>,
    /// The smallest `socket.request.max.bytes` of the brokers that lead it.
    pub(super) request: Option<u64>,
}

impl Room {
    /// The way of a model that fits, or how large a batch it would take at least.
    pub(super) fn way(&self, archive: &ModelArchive, topic: &str, client: &str) -> Result<Way, u64> {
        let request = self.request.map(|limit| limit.saturating_sub(request_overhead(topic, client)));
        let most = self.batch.unwrap_or(u64::MAX).min(request.unwrap_or(u64::MAX)).min(CLIENT_LIMIT);
        if batch_bytes(archive) <= most {
            return Ok(Way::Record);
        }
        let bytes = most.saturating_sub(CHUNK_OVERHEAD).min(LARGEST_CHUNK);
        let least = archive.bytes.div_ceil(u64::from(MOST_CHUNKS)).max(SMALLEST_CHUNK);
        if bytes < least { Err(least + CHUNK_OVERHEAD) } else { Ok(Way::Chunks { bytes }) }
    }
}
