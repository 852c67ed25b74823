//! A consumer that gets tokens is a consumer.

use std::{collections::BTreeMap, time::Duration};

use kafka_headers::tokens::Supplied;
use rdkafka::error::{KafkaError, KafkaResult};

use super::{
    consumer::{Committed, Consumer, Partition, Positions, Record, Start},
    known::TopicId,
    mandate::Words,
    offsets::Position,
};
use crate::kafka::{pulse::Membership, topics::Topic};

impl<C: Positions> Positions for Supplied<C> {
    fn commit(&self, positions: &[Position]) -> KafkaResult<()> {
        C::commit(self, positions)
    }

    fn committed(&self, source: u16) -> KafkaResult<BTreeMap<i32, Option<Committed>>> {
        C::committed(self, source)
    }

    fn identify(&self, source: u16) -> KafkaResult<Option<TopicId>> {
        C::identify(self, source)
    }

    fn watermarks(&self, partition: Partition) -> KafkaResult<(i64, i64)> {
        C::watermarks(self, partition)
    }

    fn look_up(&self, topic: &str) -> Topic {
        C::look_up(self, topic)
    }
}

impl<C: Consumer> Consumer for Supplied<C> {
    fn join(&self) -> KafkaResult<()> {
        C::join(self)
    }

    fn poll<T>(&self, timeout: Duration, read: impl FnOnce(Record<'_>) -> T) -> Option<KafkaResult<T>> {
        C::poll(self, timeout, read)
    }

    fn assignment(&self) -> KafkaResult<Vec<Partition>> {
        C::assignment(self)
    }

    fn pause(&self, partitions: &[Partition]) -> KafkaResult<()> {
        C::pause(self, partitions)
    }

    fn resume(&self, partitions: &[Partition]) -> KafkaResult<()> {
        C::resume(self, partitions)
    }

    fn assign(&self, starts: &[Start]) -> KafkaResult<()> {
        C::assign(self, starts)
    }

    fn unassign(&self, partitions: &[Partition]) -> KafkaResult<()> {
        C::unassign(self, partitions)
    }

    fn is_lost(&self) -> bool {
        C::is_lost(self)
    }

    fn store(&self, positions: &[Position]) -> KafkaResult<()> {
        C::store(self, positions)
    }

    fn seek(&self, starts: &[Start]) -> KafkaResult<()> {
        C::seek(self, starts)
    }

    fn words(&self) -> Option<Words> {
        C::words(self)
    }

    fn membership(&self) -> Membership {
        C::membership(self)
    }

    fn is_reached(&self) -> bool {
        C::is_reached(self)
    }

    fn tell(&self, error: &KafkaError) {
        C::tell(self, error);
    }
}
