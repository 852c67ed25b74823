//! What happens when partitions are assigned or taken away. Runs inside the source thread's `poll`.

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crossbeam_channel::Sender;
use rdkafka::{
    ClientContext, Statistics, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, RebalanceProtocol},
    error::{KafkaError, KafkaResult},
    topic_partition_list::Offset,
    types::RDKafkaRespErr,
};

use super::{
    Intake, Wiring,
    acks::Acks,
    offsets::{Offsets, Position},
    start,
};
use crate::{
    config::DataTopic,
    event::Event,
    kafka::{context::Connection, pulse::Membership},
    panics,
    stop::Stop,
};

/// The longest that a revoke waits for batches that are under way. Others of the group wait with it, and the broker's patience is `max.poll.interval.ms`.
const DRAIN: Duration = Duration::from_secs(20);
/// The consumer's context: owns the offsets' bookkeeping.
#[derive(Debug)]
pub struct Assignments {
    pub(super) topics: Vec<DataTopic>,
    pub(super) acks: Arc<Acks>,
    pub(super) intake: Sender<Intake>,
    stop: Stop,
    pub(super) connection: Arc<Connection>,
    membership: Mutex<Membership>,
    offsets: Mutex<Offsets>,
    /// Events that have been read and not been handed to the pipeline yet.
    chunk: Mutex<Vec<Event>>,
}

impl Assignments {
    pub(super) fn new(topics: &[DataTopic], wiring: Wiring, connection: Arc<Connection>) -> Self {
        let Wiring { acks, intake, stop } = wiring;
        Self {
            topics: topics.to_vec(),
            acks,
            intake,
            stop,
            connection,
            membership: Mutex::default(),
            offsets: Mutex::default(),
            chunk: Mutex::default(),
        }
    }

    /// How far this instance is in its group.
    pub(super) fn membership(&self) -> Membership {
        *self.membership.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds to the chunk that is handed over next; says how many events it has now.
    pub(super) fn read(&self, event: Event) -> usize {
        let mut chunk = self.chunk.lock().unwrap_or_else(PoisonError::into_inner);
        chunk.push(event);
        chunk.len()
    }

    /// Hands the chunk to the pipeline; `false` where there is none.
    pub(super) fn hand_over(&self) -> bool {
        let events = mem::take(&mut *self.chunk.lock().unwrap_or_else(PoisonError::into_inner));
        if events.is_empty() {
            return false;
        }
        // The pipeline is gone only when the service is ending.
        let _ = self.intake.send(Intake::Events(events));
        true
    }

    /// Both the source thread and the callback, which runs inside its `poll`, come here; never at once.
    pub(super) fn offsets(&self) -> MutexGuard<'_, Offsets> {
        self.offsets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what has been settled; waits up to `timeout` for something.
    pub(super) fn settle(&self, timeout: Duration) {
        let mut settled = Vec::new();
        self.acks.collect(&mut settled, timeout);
        let mut offsets = self.offsets();
        for (ticket, fate) in settled {
            offsets.settle(ticket, fate);
        }
    }

    fn source(&self, topic: &str) -> Option<u16> {
        let place = self.topics.iter().position(|known| known.name == topic)?;
        u16::try_from(place).ok()
    }

    /// The positions as librdkafka takes them.
    pub(super) fn to_list(&self, positions: &[Position]) -> KafkaResult<TopicPartitionList> {
        let mut list = TopicPartitionList::new();
        for position in positions {
            let topic = &self.topics[usize::from(position.source)].name;
            list.add_partition_offset(topic, position.partition, Offset::Offset(position.offset))?;
        }
        Ok(list)
    }

    fn assign(&self, consumer: &BaseConsumer<Self>, assigned: &mut TopicPartitionList) {
        // Without a start there is nothing to read. A group that loses patience meanwhile takes the partitions back, and gives them anew.
        while let Err(error) = start::choose(consumer, &self.topics, assigned) {
            if self.stop.requested() {
                return;
            }
            tracing::debug!("asking again where to start reading: {error}");
            std::thread::sleep(Duration::from_millis(200));
        }
        let mut offsets = self.offsets();
        for element in assigned.elements() {
            if let Some(source) = self.source(element.topic()) {
                offsets.assign(source, element.partition());
            }
        }
        drop(offsets);
        tracing::info!("assigned: {}", describe(assigned));
        let outcome = match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_assign(assigned),
            _ => consumer.assign(assigned),
        };
        // The client remembers that a partition was paused when it was taken away, and nobody else would resume it.
        if let Err(error) = outcome.and_then(|()| consumer.resume(assigned)) {
            tracing::error!("Kafka's client does not take the assignment: {error}");
        }
    }

    fn revoke(&self, consumer: &BaseConsumer<Self>, revoked: &TopicPartitionList) {
        let lost = consumer.assignment_lost();
        let mine: Vec<(u16, i32)> = revoked
            .elements()
            .iter()
            .filter_map(|element| Some((self.source(element.topic())?, element.partition())))
            .collect();
        let slots: Vec<u32> =
            mine.iter().filter_map(|&(source, partition)| self.offsets().slot(source, partition)).collect();
        // A thread that panics waits for nothing, and what it knows of the offsets is not to be trusted: the last commit stands.
        if !slots.is_empty() && !std::thread::panicking() {
            tracing::info!("{}: {}", if lost { "lost" } else { "revoked" }, describe(revoked));
            // Events of the chunk that is being read would be waited for in vain: nobody has them yet.
            self.hand_over();
            // The pipeline is gone only when the service is ending.
            let _ = self.intake.send(Intake::Revoked(slots.clone()));
            if !lost {
                self.drain(&slots);
                self.commit(consumer, &mine);
            }
        }
        for (source, partition) in mine {
            self.offsets().revoke(source, partition);
        }
        let outcome = match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_unassign(revoked),
            _ => consumer.unassign(),
        };
        if let Err(error) = outcome {
            tracing::debug!("unassign: {error}");
        }
    }

    /// Waits until nothing of these assignments is under way any more.
    fn drain(&self, slots: &[u32]) {
        let deadline = Instant::now() + DRAIN;
        loop {
            let closed = self.acks.is_closed();
            self.settle(Duration::ZERO);
            let open: usize = slots.iter().map(|slot| self.offsets().unsettled_in(*slot)).sum();
            let left = deadline.saturating_duration_since(Instant::now());
            if open == 0 {
                return;
            }
            if left.is_zero() || closed {
                tracing::warn!(
                    "{open} events under way were not finished before their partitions were handed over: they will be scored twice"
                );
                return;
            }
            self.settle(left.min(Duration::from_millis(100)));
        }
    }

    /// Commits what has finished of these partitions, and waits for the broker's word. It is stored too: the client commits what is
    /// stored when it gives a partition up, even over a newer commit.
    pub(super) fn commit(&self, consumer: &BaseConsumer<Self>, partitions: &[(u16, i32)]) {
        let offsets = self.offsets();
        let positions: Vec<Position> =
            partitions.iter().filter_map(|&(source, partition)| offsets.position(source, partition)).collect();
        drop(offsets);
        if positions.is_empty() {
            return;
        }
        let outcome = self.to_list(&positions).and_then(|list| {
            consumer.store_offsets(&list)?;
            consumer.commit(&list, CommitMode::Sync)
        });
        if let Err(error) = outcome {
            tracing::warn!(
                "the last offsets could not be committed ({error}): the events since the last commit will be scored again"
            );
        }
    }
}

fn describe(partitions: &TopicPartitionList) -> String {
    let names: Vec<String> =
        partitions.elements().iter().map(|element| format!("{}/{}", element.topic(), element.partition())).collect();
    names.join(", ")
}

impl ClientContext for Assignments {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.connection.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.connection.error(error, reason);
    }

    fn stats(&self, statistics: Statistics) {
        *self.membership.lock().unwrap_or_else(PoisonError::into_inner) = Membership::of(&statistics);
        self.connection.stats(statistics);
    }
}

impl ConsumerContext for Assignments {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, event: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        let rebalance = || {
            panics::point("rebalance");
            if event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
                self.assign(consumer, partitions);
            } else {
                self.revoke(consumer, partitions);
            }
        };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(rebalance)) {
            // The client waits for an answer, and could not be closed without.
            let _ = consumer.unassign();
            resume_unwind(panic);
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        match result {
            Ok(()) => self.connection.alive(),
            Err(error) => {
                tracing::warn!("offsets could not be committed ({error}); they are committed with the next ones");
            }
        }
    }
}
