//! The topics of a broker: made, changed, deleted.

use std::time::Duration;

use futures_executor::block_on;
use rdkafka::{
    Offset, TopicPartitionList,
    admin::{AdminClient, AdminOptions, AlterConfig, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication},
    client::DefaultClientContext,
    consumer::{BaseConsumer, Consumer},
};

use super::{broker::Broker, service::DEADLINE};

impl Broker {
    pub(crate) fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.client().create().expect("a client")
    }

    /// Makes topics with so many partitions.
    pub(crate) fn create_topics(&self, topics: &[(&str, i32)]) {
        let topics: Vec<_> = topics.iter().map(|(name, partitions)| new(name, *partitions)).collect();
        for topic in block_on(self.admin().create_topics(&topics, &options())).expect("an answer") {
            topic.expect("the topic is made");
        }
    }

    /// Makes a topic unless one of that name is still being deleted; whether it is made.
    pub(crate) fn try_create(&self, name: &str, partitions: i32) -> bool {
        let outcome = block_on(self.admin().create_topics([&new(name, partitions)], &options())).expect("an answer");
        outcome[0].is_ok()
    }

    /// Makes a topic of so many partitions with a setting of its own.
    pub(crate) fn create_topic_with(&self, name: &str, partitions: i32, (setting, value): (&str, &str)) {
        let topic = new(name, partitions).set(setting, value);
        let outcome = block_on(self.admin().create_topics([&topic], &options())).expect("an answer");
        outcome[0].as_ref().expect("the topic is made");
    }

    /// Makes a topic whose partitions are each on one broker alone, by its number.
    pub(crate) fn create_topic_on(&self, name: &str, brokers: &[i32]) {
        let alone: Vec<[i32; 1]> = brokers.iter().map(|broker| [*broker]).collect();
        let alone: Vec<&[i32]> = alone.iter().map(<[i32; 1]>::as_slice).collect();
        let partitions = i32::try_from(brokers.len()).expect("few");
        let topic = NewTopic::new(name, partitions, TopicReplication::Variable(&alone));
        let outcome = block_on(self.admin().create_topics([&topic], &options())).expect("an answer");
        outcome[0].as_ref().expect("the topic is made");
    }

    /// Deletes what stands before an offset, as retention does.
    pub(crate) fn delete_before(&self, topic: &str, partition: i32, offset: i64) {
        let mut before = TopicPartitionList::new();
        before.add_partition_offset(topic, partition, Offset::Offset(offset)).expect("an offset");
        let outcome = block_on(self.admin().delete_records(&before, &options())).expect("an answer");
        outcome.elements()[0].error().expect("the records are deleted");
    }

    /// Changes a topic's setting.
    pub(crate) fn set_topic(&self, topic: &str, (setting, value): (&str, &str)) {
        let change = AlterConfig::new(ResourceSpecifier::Topic(topic)).set(setting, value);
        let outcome = block_on(self.admin().alter_configs([&change], &options())).expect("an answer");
        outcome[0].as_ref().expect("the setting is changed");
    }

    /// Gives a topic so many partitions.
    pub(crate) fn grow(&self, topic: &str, partitions: usize) {
        let partitions = NewPartitions::new(topic, partitions);
        let outcome = block_on(self.admin().create_partitions([&partitions], &options())).expect("an answer");
        outcome[0].as_ref().expect("the partitions are made");
    }

    pub(crate) fn delete_topic(&self, topic: &str) {
        let outcome = block_on(self.admin().delete_topics(&[topic], &options())).expect("an answer");
        outcome[0].as_ref().expect("the topic is deleted");
    }

    /// Deletes a partition's records before an offset, as retention does.
    pub(crate) fn delete_records(&self, topic: &str, partition: i32, before: i64) {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(before)).expect("a partition");
        let outcome = block_on(self.admin().delete_records(&list, &options())).expect("an answer");
        outcome.elements()[0].error().expect("the records are deleted");
    }

    /// Whether the topic is there, as brokers say now.
    pub(crate) fn has_topic(&self, topic: &str) -> bool {
        let consumer: BaseConsumer = self.client().create().expect("a client");
        let metadata = consumer.fetch_metadata(Some(topic), DEADLINE).expect("the topics");
        metadata.topics().iter().any(|found| found.error().is_none())
    }

    /// The first offset of a topic's first partition, and the one behind its last.
    pub(crate) fn offsets(&self, topic: &str) -> (i64, i64) {
        let consumer: BaseConsumer = self.client().create().expect("a client");
        consumer.fetch_watermarks(topic, 0, DEADLINE).expect("the offsets")
    }
}

fn new(name: &str, partitions: i32) -> NewTopic<'_> {
    // As often as the broker's settings say.
    NewTopic::new(name, partitions, TopicReplication::Fixed(-1))
}

pub(crate) fn options() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(Duration::from_secs(20)))
}
