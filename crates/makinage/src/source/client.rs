//! Kafka's client as the source's consumer: rdkafka's types and callbacks end here.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use rdkafka::{
    ClientConfig, ClientContext, Message, Statistics, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer as Client, ConsumerContext, RebalanceProtocol},
    error::{KafkaError, KafkaResult},
    topic_partition_list::{Offset, TopicPartitionListElem},
    types::RDKafkaRespErr,
};

use super::{
    assignment::Assignment,
    consumer::{Consumer, Partition, Record, Start},
    offsets::Position,
};
use crate::{
    clock::SystemClock,
    kafka::{
        context::Connection,
        forwarding::{Context, Own},
        pulse::Membership,
        topics::{Topic, look_up},
    },
    panics,
};

/// One request's time; the caller tries again.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A member of the application's consumer group.
pub type KafkaConsumer = BaseConsumer<Context<Group>>;

/// A client that is to join the group.
pub(super) fn create(
    settings: &ClientConfig,
    assignment: Arc<Assignment<SystemClock>>,
    connection: Arc<Connection>,
) -> KafkaResult<KafkaConsumer> {
    let group = Group { assignment, membership: Mutex::default() };
    settings.create_with_context(Context::new(connection, group))
}

impl Consumer for KafkaConsumer {
    fn join(&self) -> KafkaResult<()> {
        let topics = &self.context().own.assignment.topics;
        self.subscribe(&topics.iter().map(|topic| topic.name.as_str()).collect::<Vec<_>>())
    }

    fn poll<T>(&self, timeout: Duration, read: impl FnOnce(Record<'_>) -> T) -> Option<KafkaResult<T>> {
        let message = match Self::poll(self, timeout)? {
            Ok(message) => message,
            Err(error) => return Some(Err(error)),
        };
        let source = self.context().own.source(message.topic())?;
        Some(Ok(read(Record {
            partition: (source, message.partition()),
            offset: message.offset(),
            key: message.key(),
            value: message.payload(),
            headers: kafka_headers::copy(&message).transpose(),
        })))
    }

    fn assignment(&self) -> KafkaResult<Vec<Partition>> {
        Client::assignment(self).map(|list| self.context().own.partitions(&list))
    }

    fn pause(&self, partitions: &[Partition]) -> KafkaResult<()> {
        Client::pause(self, &self.context().own.list(partitions))
    }

    fn resume(&self, partitions: &[Partition]) -> KafkaResult<()> {
        Client::resume(self, &self.context().own.list(partitions))
    }

    fn assign(&self, starts: &[Start]) -> KafkaResult<()> {
        let offset = |start: &Start| start.offset.map_or(Offset::Beginning, Offset::Offset);
        let list = self.context().own.list_at(starts.iter().map(|start| (start.partition, offset(start))))?;
        match self.rebalance_protocol() {
            RebalanceProtocol::Cooperative => self.incremental_assign(&list),
            _ => Client::assign(self, &list),
        }
    }

    fn unassign(&self, partitions: &[Partition]) -> KafkaResult<()> {
        match self.rebalance_protocol() {
            RebalanceProtocol::Cooperative => self.incremental_unassign(&self.context().own.list(partitions)),
            _ => Client::unassign(self),
        }
    }

    fn is_lost(&self) -> bool {
        self.assignment_lost()
    }

    fn store(&self, positions: &[Position]) -> KafkaResult<()> {
        self.store_offsets(&self.context().own.positions(positions)?)
    }

    fn commit(&self, positions: &[Position]) -> KafkaResult<()> {
        Client::commit(self, &self.context().own.positions(positions)?, CommitMode::Sync)
    }

    fn committed(&self, source: u16) -> KafkaResult<BTreeMap<i32, Option<i64>>> {
        let topic = self.context().own.topic(source);
        let metadata = self.fetch_metadata(Some(topic), TIMEOUT)?;
        let mut all = TopicPartitionList::new();
        for found in metadata.topics().iter().filter(|found| found.name() == topic) {
            for partition in found.partitions() {
                all.add_partition(topic, partition.id());
            }
        }
        let answer = self.committed_offsets(all, TIMEOUT)?;
        answer
            .elements()
            .iter()
            .map(|element| {
                element.error().map(|()| (element.partition(), element.offset().to_raw().filter(|raw| *raw >= 0)))
            })
            .collect()
    }

    fn watermarks(&self, (source, partition): Partition) -> KafkaResult<(i64, i64)> {
        self.fetch_watermarks(self.context().own.topic(source), partition, TIMEOUT)
    }

    fn look_up(&self, topic: &str) -> Topic {
        look_up(self.client(), topic)
    }

    fn membership(&self) -> Membership {
        *self.context().own.membership.lock()
    }

    fn is_reached(&self) -> bool {
        self.context().listener.is_alive()
    }

    fn tell(&self, error: &KafkaError) {
        self.context().listener.error(error.clone(), &format!("reading failed: {error}"));
    }
}

/// What is the consumer's own in its context: passes on what the group says.
#[derive(Debug)]
pub struct Group {
    assignment: Arc<Assignment<SystemClock>>,
    membership: Mutex<Membership>,
}

impl Group {
    fn topic(&self, source: u16) -> &str {
        &self.assignment.topics[usize::from(source)].name
    }

    fn source(&self, topic: &str) -> Option<u16> {
        let place = match self.assignment.topics.as_slice() {
            [_] => 0,
            topics => topics.iter().position(|known| known.name == topic)?,
        };
        u16::try_from(place).ok()
    }

    fn partitions(&self, list: &TopicPartitionList) -> Vec<Partition> {
        let partition =
            |element: &TopicPartitionListElem<'_>| Some((self.source(element.topic())?, element.partition()));
        list.elements().iter().filter_map(partition).collect()
    }

    fn list(&self, partitions: &[Partition]) -> TopicPartitionList {
        let mut list = TopicPartitionList::with_capacity(partitions.len());
        for &(source, partition) in partitions {
            list.add_partition(self.topic(source), partition);
        }
        list
    }

    fn list_at(&self, places: impl Iterator<Item = (Partition, Offset)>) -> KafkaResult<TopicPartitionList> {
        let mut list = TopicPartitionList::new();
        for ((source, partition), offset) in places {
            list.add_partition_offset(self.topic(source), partition, offset)?;
        }
        Ok(list)
    }

    fn positions(&self, positions: &[Position]) -> KafkaResult<TopicPartitionList> {
        self.list_at(
            positions.iter().map(|position| ((position.source, position.partition), Offset::Offset(position.offset))),
        )
    }
}

impl Own for Group {
    fn look(&self, statistics: &Statistics) {
        *self.membership.lock() = Membership::of(statistics);
    }
}

impl ConsumerContext for Context<Group> {
    fn rebalance(&self, consumer: &KafkaConsumer, event: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        let rebalance = || {
            panics::point("rebalance");
            let partitions = self.own.partitions(partitions);
            if event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
                self.own.assignment.assigned(consumer, &partitions);
            } else {
                self.own.assignment.revoked(consumer, &partitions);
            }
        };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(rebalance)) {
            // The client waits for an answer, and could not be closed without.
            let _ = Client::unassign(consumer);
            resume_unwind(panic);
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        match result {
            Ok(()) => self.listener.alive(),
            Err(error) => {
                tracing::warn!("offsets could not be committed ({error}); they are committed with the next ones");
            }
        }
    }
}
