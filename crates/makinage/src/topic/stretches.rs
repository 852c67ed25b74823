//! Stretches of the model topic's partitions, as those who look back see them: Kafka's, or a test's.

use std::ops::{ControlFlow, Range};

use rdkafka::error::{KafkaError, KafkaResult};

use crate::{model::RecordPlace, record::Record};

/// What is done with each record.
pub(super) type Each<'e> = &'e mut dyn FnMut(&RecordPlace, Record<'_>) -> ControlFlow<()>;

/// The partitions of one topic.
pub(crate) trait Stretches: Send + Sync {
    /// Shows what is left of a stretch, record by record, until `each` has seen enough. Brokers that are away are
    /// waited for until it is given up.
    fn read(&self, partition: i32, offsets: Range<i64>, given_up: &dyn Fn() -> bool, each: Each<'_>)
    -> KafkaResult<()>;

    /// Passes on what is wrong with the topic.
    fn tell(&self, error: &KafkaError);
}
