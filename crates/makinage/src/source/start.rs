//! Where reading of a data topic starts when partitions are assigned.
//!
//! From the group's committed offsets. When the group has none for *any* partition of a topic, this is its first start:
//! the positions that `start_from` chooses are committed at once, for *all* partitions, so that what arrives from now
//! on is never skipped, whoever reads it. When it has some, a partition without one is new and starts at its beginning.

use std::collections::BTreeMap;

use rdkafka::error::KafkaResult;

use super::{
    consumer::{Consumer, Partition, Start},
    offsets::Position,
};
use crate::config::{DataStart, DataTopic};

/// Where each assigned partition starts.
pub(super) fn choose(
    consumer: &impl Consumer,
    topics: &[DataTopic],
    assigned: &[Partition],
) -> KafkaResult<Vec<Start>> {
    let mut starts = Vec::with_capacity(assigned.len());
    for (source, topic) in (0_u16..).zip(topics) {
        let mine: Vec<Partition> = assigned.iter().copied().filter(|partition| partition.0 == source).collect();
        if mine.is_empty() {
            continue;
        }
        let committed = consumer.committed(source)?;
        let first_start = committed.values().all(Option::is_none);
        let from = if first_start { first_positions(consumer, source, topic, &committed)? } else { committed };
        starts.extend(
            mine.into_iter().map(|partition| Start { partition, offset: from.get(&partition.1).copied().flatten() }),
        );
    }
    Ok(starts)
}

fn first_positions(
    consumer: &impl Consumer,
    source: u16,
    topic: &DataTopic,
    committed_before: &BTreeMap<i32, Option<i64>>,
) -> KafkaResult<BTreeMap<i32, Option<i64>>> {
    let mut chosen = BTreeMap::new();
    let mut waiting = 0;
    for &partition in committed_before.keys() {
        let (low, high) = consumer.watermarks((source, partition))?;
        waiting += high - low;
        chosen.insert(partition, Some(if topic.start_from == DataStart::End { high } else { low }));
    }
    // Another instance may have chosen meanwhile: its choice stands.
    let meanwhile = consumer.committed(source)?;
    let mut commit = vec![];
    for (&partition, offset) in &mut chosen {
        match (meanwhile.get(&partition).copied().flatten(), *offset) {
            (None, Some(offset)) => commit.push(Position { source, partition, offset }),
            (theirs, _) => *offset = theirs,
        }
    }
    if !commit.is_empty() {
        consumer.commit(&commit)?;
        tell(topic, waiting);
    }
    Ok(chosen)
}

fn tell(topic: &DataTopic, waiting: i64) {
    let name = &topic.name;
    match topic.start_from {
        DataStart::End => tracing::warn!(
            "topic {name}: this consumer group has no committed offsets, so reading starts at the end, after the {waiting} events that are there; \
             to read those too, set start_from: beginning on the topic before the first start, or reset the group with kafka-consumer-groups.sh"
        ),
        DataStart::Beginning => tracing::warn!(
            "topic {name}: this consumer group has no committed offsets, so reading starts at the beginning, with the {waiting} events that are there \
             (start_from: beginning)"
        ),
    }
}

#[cfg(test)]
mod tests;
