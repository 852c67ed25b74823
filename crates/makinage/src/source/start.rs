//! Where reading of a data topic starts when partitions are assigned.
//!
//! From the group's committed offsets. When the group has none for *any* partition of a topic, this is its first start: the
//! positions that `start_from` chooses are committed at once, for *all* partitions, so that what arrives from now on is never skipped, whoever
//! reads it. When it has some, a partition without one is new and starts at its beginning.

use std::{collections::BTreeMap, time::Duration};

use rdkafka::{
    TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext},
    error::KafkaResult,
    topic_partition_list::Offset,
};

use crate::config::{DataStart, DataTopic};

/// One request's time; the caller tries again.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Fills in where each assigned partition starts.
pub fn choose<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    topics: &[DataTopic],
    assigned: &mut TopicPartitionList,
) -> KafkaResult<()> {
    for topic in topics {
        let mine: Vec<i32> = assigned
            .elements_for_topic(&topic.name)
            .iter()
            .map(rdkafka::topic_partition_list::TopicPartitionListElem::partition)
            .collect();
        if mine.is_empty() {
            continue;
        }
        let committed = committed(consumer, &topic.name)?;
        let first_start = committed.values().all(Option::is_none);
        let start = if first_start { first_positions(consumer, topic, &committed)? } else { committed };
        for partition in mine {
            let offset = start.get(&partition).copied().flatten().map_or(Offset::Beginning, Offset::Offset);
            assigned.set_partition_offset(&topic.name, partition, offset)?;
        }
    }
    Ok(())
}

/// The group's committed offset of every partition of a topic.
fn committed<C: ConsumerContext>(consumer: &BaseConsumer<C>, topic: &str) -> KafkaResult<BTreeMap<i32, Option<i64>>> {
    let metadata = consumer.fetch_metadata(Some(topic), TIMEOUT)?;
    let mut all = TopicPartitionList::new();
    for partition in metadata
        .topics()
        .iter()
        .filter(|found| found.name() == topic)
        .flat_map(rdkafka::metadata::MetadataTopic::partitions)
    {
        all.add_partition(topic, partition.id());
    }
    let answer = consumer.committed_offsets(all, TIMEOUT)?;
    answer
        .elements()
        .iter()
        .map(|element| {
            element.error().map(|()| (element.partition(), element.offset().to_raw().filter(|raw| *raw >= 0)))
        })
        .collect()
}

fn first_positions<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    topic: &DataTopic,
    committed_before: &BTreeMap<i32, Option<i64>>,
) -> KafkaResult<BTreeMap<i32, Option<i64>>> {
    let mut chosen = BTreeMap::new();
    let mut waiting = 0;
    for partition in committed_before.keys() {
        let (low, high) = consumer.fetch_watermarks(&topic.name, *partition, TIMEOUT)?;
        waiting += high - low;
        chosen.insert(*partition, Some(if topic.start_from == DataStart::End { high } else { low }));
    }
    // Another instance may have chosen meanwhile: its choice stands.
    let meanwhile = committed(consumer, &topic.name)?;
    let mut commit = TopicPartitionList::new();
    for (partition, offset) in &mut chosen {
        match meanwhile.get(partition).copied().flatten() {
            Some(theirs) => *offset = Some(theirs),
            None => commit.add_partition_offset(
                &topic.name,
                *partition,
                offset.map_or(Offset::Beginning, Offset::Offset),
            )?,
        }
    }
    if commit.count() > 0 {
        consumer.commit(&commit, CommitMode::Sync)?;
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
