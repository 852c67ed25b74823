//! What happens when partitions are assigned or taken away. Runs inside the source thread's `poll`.

use std::{collections::BTreeMap, mem, sync::Arc, time::Duration};

use crossbeam_channel::Sender;
use parking_lot::{Mutex, MutexGuard};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::{
    Intake, Wiring,
    acks::Acks,
    consumer::{Consumer, Partition, Start},
    known::Known,
    offsets::{Offsets, Position},
    start,
};
use crate::{clock::Clock, config::DataTopic, event::Event, stop::Stop};

/// The longest that a revoke waits for batches that are under way. Others of the group wait with it, and the broker's
/// patience is `max.poll.interval.ms`.
const DRAIN: Duration = Duration::from_secs(20);
/// The wait before brokers are asked again where to start.
const ASK_AGAIN: Duration = Duration::from_millis(200);

/// The source's state, which the consumer's rebalances change: owns the offsets' bookkeeping.
#[derive(Debug)]
pub(crate) struct Assignment<K> {
    pub(super) topics: Vec<DataTopic>,
    pub(super) acks: Arc<Acks>,
    pub(super) intake: Sender<Intake>,
    pub(super) stop: Stop,
    pub(super) clock: K,
    pub(super) known: Mutex<Known>,
    /// Partitions that are read again since they were assigned, and where their reading began anew.
    pub(super) begun_again: Mutex<BTreeMap<Partition, i64>>,
    offsets: Mutex<Offsets>,
    /// Events that have been read and not been handed to the pipeline yet.
    portion: Mutex<Vec<Event>>,
}

impl<K: Clock> Assignment<K> {
    /// Nothing is assigned yet.
    pub(crate) fn new(topics: &[DataTopic], wiring: Wiring, clock: K) -> Self {
        let Wiring { acks, intake, stop } = wiring;
        Self {
            topics: topics.to_vec(),
            acks,
            intake,
            stop,
            clock,
            known: Mutex::new(Known::nothing(topics.len())),
            begun_again: Mutex::default(),
            offsets: Mutex::default(),
            portion: Mutex::default(),
        }
    }

    /// Adds to the portion that is handed over next; says how many events it has now.
    pub(super) fn read(&self, event: Event) -> usize {
        let mut portion = self.portion.lock();
        portion.push(event);
        portion.len()
    }

    /// Hands the portion to the pipeline; `false` where there is none.
    pub(super) fn hand_over(&self) -> bool {
        let events = mem::take(&mut *self.portion.lock());
        if events.is_empty() {
            return false;
        }
        // The pipeline is gone only when the service is ending.
        let _ = self.intake.send(Intake::Events(events));
        true
    }

    /// Both the source thread and the callback, which runs inside its `poll`, come here; never at once.
    pub(super) fn offsets(&self) -> MutexGuard<'_, Offsets> {
        self.offsets.lock()
    }

    /// Events whose fate is open.
    #[cfg(test)]
    pub(crate) fn unsettled(&self) -> usize {
        self.offsets().unsettled()
    }

    /// The assignment of a partition, where it is assigned.
    #[cfg(test)]
    pub(crate) fn assignment(&self, (source, partition): Partition) -> Option<u32> {
        self.offsets().assignment(source, partition)
    }

    /// Takes in what has been settled; waits up to `timeout` for something.
    pub(super) fn settle(&self, timeout: Duration) {
        self.acks.wait(&self.clock, timeout);
        let mut settled = Vec::new();
        self.acks.collect(&mut settled);
        let mut offsets = self.offsets();
        for (ticket, fate) in settled {
            offsets.settle(ticket, fate);
        }
    }

    /// The group gives this instance more partitions.
    pub(crate) fn assigned(&self, consumer: &impl Consumer, partitions: &[Partition]) {
        let Some(starts) = self.wait_for_starts(consumer, partitions) else {
            return take_unread(consumer, partitions);
        };
        let mut offsets = self.offsets();
        for &(source, partition) in partitions {
            offsets.assign(source, partition);
        }
        drop(offsets);
        self.begun_again.lock().retain(|partition, _| !partitions.contains(partition));
        tracing::info!("assigned: {}", self.describe(partitions));
        // The client remembers that a partition was paused when it was taken away, and nobody else would resume it.
        if let Err(error) = consumer.assign(&starts).and_then(|()| consumer.resume(partitions)) {
            tracing::error!("Kafka's client does not take the assignment: {error}");
        }
    }

    /// Where these start; `None` where that needn't be known any more. Without a start there is nothing to read.
    fn wait_for_starts(&self, consumer: &impl Consumer, partitions: &[Partition]) -> Option<Vec<Start>> {
        let began = self.clock.now();
        loop {
            let waited = self.clock.now().saturating_duration_since(began);
            let assigned = start::Assigned { topics: &self.topics, known: &self.known, partitions, waited };
            let identified = self.identify(consumer, partitions, waited);
            match identified.and_then(|()| start::choose(consumer, &assigned)) {
                Ok(Some(starts)) => return Some(starts),
                Err(error) if is_no_member(&error) => return None,
                _ if self.stop.requested() => return None,
                Ok(None) => tracing::debug!("waiting for another instance to choose where the group starts"),
                Err(error) => tracing::debug!("asking again where to start reading: {error}"),
            }
            self.clock.sleep(ASK_AGAIN);
        }
    }

    /// The group takes partitions away.
    pub(crate) fn revoked(&self, consumer: &impl Consumer, partitions: &[Partition]) {
        let lost = consumer.is_lost();
        let assignments: Vec<u32> =
            partitions.iter().filter_map(|&(source, partition)| self.offsets().assignment(source, partition)).collect();
        // A thread that panics waits for nothing, and what it knows of the offsets is not to be trusted: the last
        // commit stands.
        if !assignments.is_empty() && !std::thread::panicking() {
            tracing::info!("{}: {}", if lost { "lost" } else { "revoked" }, self.describe(partitions));
            // Events of the portion that is being read would be waited for in vain: nobody has them yet.
            self.hand_over();
            // The pipeline is gone only when the service is ending.
            let _ = self.intake.send(Intake::Revoked(assignments.clone()));
            if !lost {
                self.drain(&assignments);
                self.commit(consumer, partitions);
            }
        }
        for &(source, partition) in partitions {
            self.offsets().revoke(source, partition);
        }
        if let Err(error) = consumer.unassign(partitions) {
            tracing::debug!("unassign: {error}");
        }
    }

    /// Waits until nothing of these assignments is under way any more.
    fn drain(&self, assignments: &[u32]) {
        let deadline = self.clock.now() + DRAIN;
        loop {
            let closed = self.acks.is_closed();
            self.settle(Duration::ZERO);
            let open: usize = assignments.iter().map(|assignment| self.offsets().unsettled_in(*assignment)).sum();
            let left = deadline.saturating_duration_since(self.clock.now());
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

    /// Commits what has finished of these partitions, and waits for the broker's word. It is stored too: the client
    /// commits what is stored when it gives a partition up, even over a newer commit.
    pub(super) fn commit(&self, consumer: &impl Consumer, partitions: &[Partition]) {
        let offsets = self.offsets();
        let positions: Vec<Position> =
            partitions.iter().filter_map(|&(source, partition)| offsets.position(source, partition)).collect();
        drop(offsets);
        if positions.is_empty() {
            return;
        }
        if let Err(error) = consumer.store(&positions).and_then(|()| consumer.commit(&positions)) {
            tracing::warn!(
                "the last offsets could not be committed ({error}): the events since the last commit will be scored again"
            );
        }
    }

    fn describe(&self, partitions: &[Partition]) -> String {
        let name = |&(source, partition): &Partition| format!("{}/{partition}", self.topics[usize::from(source)].name);
        partitions.iter().map(name).collect::<Vec<_>>().join(", ")
    }
}

/// Whether the group has given this member up, so that it takes no commit of it any more.
fn is_no_member(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::UnknownMemberId
                | RDKafkaErrorCode::IllegalGeneration
                | RDKafkaErrorCode::StaleMemberEpoch
        )
    )
}

/// Takes partitions that are given back soon: the service ends, or the group has given this member up meanwhile, which
/// the client says only once its question is answered. It gives back only what it was given. What it reads until then
/// has no ticket, and is dropped.
fn take_unread(consumer: &impl Consumer, partitions: &[Partition]) {
    tracing::debug!("partitions are given back before it was known where to start");
    let starts: Vec<Start> = partitions.iter().map(|&partition| Start { partition, offset: None }).collect();
    if let Err(error) = consumer.assign(&starts) {
        tracing::error!("Kafka's client does not take the assignment: {error}");
    }
}
