//! Where on the model topic a model is, and which of two is newer.

use std::{cmp::Reverse, fmt};

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
    /// Where a record is.
    pub fn of(message: &BorrowedMessage<'_>) -> Self {
        Self {
            topic: message.topic().to_owned(),
            partition: message.partition(),
            offset: message.offset(),
            timestamp: message.timestamp().to_millis().unwrap_or(0),
        }
    }

    /// Its rank among its topic's models. `later` is that of the model that comes next in its partition, where one
    /// does.
    pub fn rank(&self, later: Option<Rank>) -> Rank {
        let time = later.map_or(self.timestamp, |later| later.time.min(self.timestamp));
        Rank { time, offset: self.offset, partition: self.partition }
    }
}

/// How new a model is among those of its topic: the greater rank is the newer model. There is no other rule for that.
///
/// In one partition offsets decide, between partitions the records' times: the newest model is, of the last in each
/// partition, the one whose record has the latest time. Of equal times the greater offset counts, then the greater
/// partition.
///
/// Clocks may contradict offsets (99 at offset 0 and 50 at offset 1, beside 70 in another partition), and records
/// compared two by two would then go round in circles. So a record's time counts only up to that of any later model in
/// its partition; for a partition's last model that is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// The earliest time of this record and of all models after it in its partition.
    time: i64,
    offset: i64,
    partition: i32,
}

/// Whether one model is newer than the other.
pub fn newer(one: Rank, other: Rank) -> bool {
    one > other
}

/// Sorts all models of one topic: the newest first, whatever order they are in.
pub fn newest_first<T>(models: Vec<T>, place: impl Fn(&T) -> &RecordPlace) -> Vec<T> {
    let mut models = models;
    models.sort_by_key(|model| (place(model).partition, Reverse(place(model).offset)));
    let mut later: Option<Rank> = None;
    let mut ranked: Vec<(Rank, T)> = Vec::with_capacity(models.len());
    for model in models {
        let rank = place(&model).rank(later.filter(|later| later.partition == place(&model).partition));
        later = Some(rank);
        ranked.push((rank, model));
    }
    ranked.sort_by_key(|(rank, _)| Reverse(*rank));
    ranked.into_iter().map(|(_, model)| model).collect()
}

impl fmt::Display for RecordPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.topic, self.partition, self.offset)
    }
}

#[cfg(test)]
mod tests;
