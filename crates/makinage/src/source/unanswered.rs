//! That it isn't known yet where assigned partitions start: what is missing, when that is told, and the words. Pure.

use std::{fmt, time::Duration};

use rdkafka::error::KafkaError;

/// A shorter wait isn't told: a group that starts takes a moment to choose, and a partition to get a leader.
const SOON: Duration = Duration::from_secs(5);
/// Between two lines.
const AGAIN: Duration = Duration::from_mins(1);

/// A question that brokers didn't answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unanswered {
    /// The topic, or the partition.
    pub place: String,
    pub error: KafkaError,
}

impl Unanswered {
    /// The question was about all of a topic.
    pub(super) fn of_topic(name: &str) -> impl Fn(KafkaError) -> Self {
        move |error| Self { place: format!("topic {name}"), error }
    }

    /// The question was about one partition.
    pub(super) fn of_partition(topic: &str, partition: i32) -> impl Fn(KafkaError) -> Self {
        move |error| Self { place: format!("{topic}/{partition}"), error }
    }
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, error } = self;
        write!(
            f,
            "{place}: brokers don't say where reading starts ({error}): asking again, and nothing is read until then; \
             check that the brokers run, that the topic is there, and that each of its partitions has a leader \
             (kafka-topics.sh --describe --unavailable-partitions)"
        )
    }
}

/// The line about partitions for which another member is to choose.
pub(super) fn to_be_chosen(partitions: &str) -> String {
    format!(
        "{partitions}: the consumer group has no committed offsets of the topic yet, and the instance that has its first partition \
         chooses where reading starts: waiting for it; see the log of that instance, which this one stands in for after a minute"
    )
}

/// When a wait is told.
#[derive(Debug)]
pub(super) struct Telling {
    next: Duration,
}

impl Default for Telling {
    fn default() -> Self {
        Self { next: SOON }
    }
}

impl Telling {
    /// Whether a wait that has lasted so long is to be told now.
    pub(super) fn is_due(&mut self, waited: Duration) -> bool {
        let due = waited >= self.next;
        if due {
            self.next = waited + AGAIN;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_after_five_seconds_and_each_minute_from_then_on() {
        let mut telling = Telling::default();
        let told: Vec<u64> = (0..200).filter(|secs| telling.is_due(Duration::from_secs(*secs))).collect();
        assert_eq!(told, [5, 65, 125, 185]);
    }
}
