//! Where on the model topic a model is.

use std::fmt;

/// A record of the model topic; of a model in chunks, its manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
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

impl fmt::Display for RecordPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.topic, self.partition, self.offset)
    }
}
