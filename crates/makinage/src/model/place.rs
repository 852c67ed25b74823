//! Where on the model topic a model is.

use std::fmt;

use rdkafka::{Message, message::BorrowedMessage};

use serde::{Deserialize, Serialize};

/// A record of the model topic; of a model in chunks, its manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordPlace {
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
    /// The record's time in milliseconds since 1970, 0 where it has none.
    pub timestamp: i64,
}

impl RecordPlace {
    /// Whether this record was written after `other`: further on in the same partition, or at a later time.
    pub fn is_after(&self, other: &Self) -> bool {
        let same_log = (&self.topic, self.partition) == (&other.topic, other.partition);
        (same_log && self.offset > other.offset) || self.timestamp > other.timestamp
    }
}

impl RecordPlace {
    /// Where a record is.
    pub fn of(message: &BorrowedMessage<'_>) -> Self {
        Self {
            topic: message.topic().to_owned(),
            partition: message.partition(),
            offset: message.offset(),
            timestamp: message.timestamp().to_millis().unwrap_or(0),
        }
    }
}

impl fmt::Display for RecordPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.topic, self.partition, self.offset)
    }
}
