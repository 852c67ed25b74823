//! How large a model is on its way: what the broker's limits are compared with.

use crate::{
    archive::ModelArchive,
    record::headers::{RECORD_KEY, naming},
};

/// Header of a record batch, format 2.
const BATCH_HEADER: u64 = 61;
/// What a produce request adds to its only batch, at most, beside the topic's and client's names.
const REQUEST_OVERHEAD: u64 = 256;

/// The headers of a model's record.
pub(super) fn headers(archive: &ModelArchive) -> Vec<(&'static str, &str)> {
    naming(&archive.sha256, Some(&archive.flavor), archive.name.as_deref(), archive.version.as_deref())
}

/// Bytes of the batch that holds a model's record alone: what `max.message.bytes` limits.
pub(super) fn batch_bytes(archive: &ModelArchive) -> u64 {
    let headers = headers(archive);
    // Attributes, time and offset relative to the batch's: a byte each, as both are 0.
    let mut record = 3 + with_length(RECORD_KEY.len() as u64) + with_length(archive.bytes);
    record += varint(headers.len() as u64);
    for (name, value) in headers {
        record += with_length(name.len() as u64) + with_length(value.len() as u64);
    }
    BATCH_HEADER + with_length(record)
}

/// What the produce request adds to such a batch, rounded up: `socket.request.max.bytes` limits both together.
pub(super) fn request_overhead(topic: &str, client: &str) -> u64 {
    REQUEST_OVERHEAD + topic.len() as u64 + client.len() as u64
}

fn with_length(bytes: u64) -> u64 {
    varint(bytes) + bytes
}

/// Bytes of a number in Kafka's variable-length encoding, which keeps the lowest bit for the sign.
fn varint(number: u64) -> u64 {
    u64::from((65 - number.leading_zeros()).div_ceil(7))
}

#[cfg(test)]
mod tests;
