//! What happens when partitions are assigned or taken away. Runs inside the source thread's `poll`.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::Arc,
    time::Duration,
};

use crossbeam_channel::Sender;
use parking_lot::{MappedMutexGuard, Mutex, MutexGuard};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};

use super::{
    Intake, Wiring,
    acks::Acks,
    consumer::{Consumer, Partition, Record, Start},
    known::Known,
    mandate::Mandate,
    offsets::{Offsets, Position},
    pause::Pause,
    start,
    traced::begin_spans,
    unanswered::{Telling, Unanswered, to_be_chosen},
};
use crate::{
    clock::{Clock, since_1970},
    config::DataTopic,
    event::{Event, Fate, Place, Ticket},
    stop::Stop,
    telemetry::Telemetry,
    traces::span::Moment,
};

/// The longest that a revoke waits for batches that are under way: others of the group wait with it.
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
    /// Who commits, where that isn't the source.
    mandate: Option<Arc<Mandate>>,
    pub(super) telemetry: Arc<Telemetry>,
    pub(super) pause: Arc<Pause>,
    pub(super) clock: K,
    pub(super) known: Mutex<Known>,
    /// Partitions that are read again since they were assigned, and where their reading began anew.
    pub(super) begun_again: Mutex<BTreeMap<Partition, i64>>,
    /// Those of them of which that isn't committed yet.
    pub(super) uncommitted: Mutex<BTreeSet<Partition>>,
    /// Topics of which something has been assigned since somebody looked: they are there.
    found: Mutex<BTreeSet<u16>>,
    /// How long a revoke waits for what is under way.
    drain: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    offsets: Offsets,
    /// Events that have been read and not been handed to the pipeline yet.
    portion: Vec<Event>,
    /// Empty but for the moment of taking in what was settled.
    settled: Vec<(Ticket, Fate)>,
}

/// What has been read and not been handed to the pipeline, and what is held in all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    pub events: usize,
    pub held: usize,
}

impl<K: Clock> Assignment<K> {
    /// Nothing is assigned yet.
    pub(crate) fn new(topics: &[DataTopic], wiring: Wiring, clock: K) -> Self {
        let Wiring { acks, intake, stop, mandate, telemetry, pause } = wiring;
        Self {
            topics: topics.to_vec(),
            acks,
            intake,
            stop,
            mandate,
            telemetry,
            pause,
            clock,
            known: Mutex::new(Known::nothing(topics.len())),
            begun_again: Mutex::default(),
            uncommitted: Mutex::default(),
            found: Mutex::default(),
            drain: DRAIN,
            state: Mutex::default(),
        }
    }

    /// The same, in a group whose brokers give up a member that hasn't polled for so long.
    #[must_use]
    pub(super) fn polled_within(self, interval: Duration) -> Self {
        Self { drain: DRAIN.min(interval / 2), ..self }
    }

    /// Adds a record to the portion that is handed over next. `None` for one of a partition that was taken away
    /// meanwhile: whoever has that now reads it.
    pub(super) fn take(&self, record: Record<'_>) -> Option<Taken> {
        let bytes = record.size();
        let Record { partition: (source, partition), offset, key, value, headers, time } = record;
        let mut state = self.state.lock();
        let ticket = state.offsets.received_at(Place { source, partition, offset }, time, bytes)?;
        let mut event = Event::new(ticket, Place { source, partition, offset }, key, value);
        (event.headers, event.time) = (headers, time);
        state.portion.push(event);
        Some(Taken { events: state.portion.len(), held: state.offsets.held() })
    }

    /// Hands the portion to the pipeline; `false` where there is none.
    pub(super) fn hand_over(&self) -> bool {
        let mut state = self.state.lock();
        if state.portion.is_empty() {
            return false;
        }
        // The next one has as many, more or less.
        let next = Vec::with_capacity(state.portion.len());
        let mut events = mem::replace(&mut state.portion, next);
        drop(state);
        if self.telemetry.traces.is_on() {
            let now = Moment { at: self.clock.now(), date: self.clock.date() };
            self.acks.trace(begin_spans(&self.telemetry.traces, &self.topics, &mut events, now));
        }
        // The pipeline is gone only when the service is ending.
        let _ = self.intake.send(Intake::Events(events));
        true
    }

    /// Both the source thread and the callback, which runs inside its `poll`, come here; never at once.
    pub(super) fn offsets(&self) -> MappedMutexGuard<'_, Offsets> {
        MutexGuard::map(self.state.lock(), |state| &mut state.offsets)
    }

    /// Bytes that all open events count for.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.offsets().held()
    }

    /// The assignment of a partition, where it is assigned.
    #[cfg(test)]
    pub(crate) fn assignment(&self, (source, partition): Partition) -> Option<u32> {
        self.offsets().assignment(source, partition)
    }

    /// Takes in what has been settled; waits up to `timeout` for so many.
    pub(super) fn settle(&self, wanted: usize, timeout: Duration) {
        self.acks.wait_for(wanted, &self.clock, timeout);
        let State { offsets, settled, .. } = &mut *self.state.lock();
        for (ticket, bytes) in self.acks.collect(settled) {
            offsets.grew(ticket, bytes);
        }
        if settled.is_empty() {
            return;
        }
        let now = since_1970(self.clock.date());
        let times = settled.drain(..).filter_map(|(ticket, fate)| {
            let time = offsets.settle(ticket, fate);
            time.filter(|_| fate == Fate::Finished)
        });
        self.telemetry.source.acknowledged(times, now);
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
        for Start { partition: (source, partition), offset } in &starts {
            if let Some(offset) = offset {
                offsets.begins_at(*source, *partition, *offset);
            }
        }
        drop(offsets);
        self.found.lock().extend(partitions.iter().map(|(source, _)| *source));
        self.begun_again.lock().retain(|partition, _| !partitions.contains(partition));
        self.renew_mandate(consumer);
        tracing::info!("assigned: {}", self.describe(partitions));
        let read_or_not = || {
            if self.pause.is_heard() {
                // Before anything of them comes.
                consumer.pause(partitions)
            } else {
                // The client remembers that one was paused when it was taken away, and nobody else would resume it.
                consumer.resume(partitions)
            }
        };
        if let Err(error) = consumer.assign(&starts).and_then(|()| read_or_not()) {
            tracing::error!(code = "R007", "Kafka's client does not take the assignment: {error}");
        }
    }

    /// Where these start; `None` where that needn't be known any more. Without a start there is nothing to read.
    fn wait_for_starts(&self, consumer: &impl Consumer, partitions: &[Partition]) -> Option<Vec<Start>> {
        let (began, mut telling) = (self.clock.now(), Telling::default());
        loop {
            self.telemetry.source.beat.beats(self.clock.now());
            self.telemetry.source.reached(consumer.is_reached());
            let waited = self.clock.now().saturating_duration_since(began);
            let why = match self.starts(consumer, partitions, waited) {
                Ok(Some(starts)) => return Some(starts),
                Err(Unanswered { error, .. }) if is_no_member(&error) => return None,
                _ if self.stop.requested() => return None,
                Ok(None) => to_be_chosen(&self.describe(partitions)),
                Err(unanswered) => unanswered.to_string(),
            };
            if telling.is_due(waited) {
                tracing::warn!(code = "R008", "{why} ({} s so far)", waited.as_secs());
            } else {
                tracing::debug!("{why}");
            }
            self.clock.sleep(ASK_AGAIN);
        }
    }

    /// Where these start; for how long that has been asked, `waited` says. `None` while another member is to choose.
    pub(super) fn starts(
        &self,
        consumer: &impl Consumer,
        partitions: &[Partition],
        waited: Duration,
    ) -> Result<Option<Vec<Start>>, Unanswered> {
        self.identify(consumer, partitions, waited)?;
        let (topics, known, now) = (self.topics.as_slice(), &self.known, self.clock.now());
        start::choose(consumer, &start::Assigned { topics, known, partitions, waited, now })
    }

    /// The topics of which something has been assigned since the last call.
    pub(super) fn take_found(&self) -> BTreeSet<u16> {
        mem::take(&mut *self.found.lock())
    }

    /// The group takes partitions away.
    pub(crate) fn revoked(&self, consumer: &impl Consumer, partitions: &[Partition]) {
        let lost = consumer.is_lost();
        let assignments: Vec<u32> =
            partitions.iter().filter_map(|&(source, partition)| self.offsets().assignment(source, partition)).collect();
        // A thread that panics waits for nothing, and what it knows of the offsets is not to be trusted: the last
        // commit stands.
        if !assignments.is_empty() && !std::thread::panicking() {
            let described = self.describe(partitions);
            if lost {
                tracing::info!(
                    "lost: {described}: the group has not heard of this instance in time; who is given them next reads \
                     on from the last commit, and nothing is skipped"
                );
            } else {
                tracing::info!("revoked: {described}");
            }
            // Events of the portion that is being read would be waited for in vain: nobody has them yet.
            self.hand_over();
            // The pipeline is gone only when the service is ending.
            let _ = self.intake.send(Intake::Revoked(assignments.clone()));
            if !lost {
                // The group is a round further than when it gave these.
                self.renew_mandate(consumer);
                self.drain(consumer, &assignments);
                if let Err(error) = self.commit(consumer, partitions) {
                    tell_uncommitted(&error);
                }
            }
            self.end_mandate(&assignments);
            let _ = self.intake.send(Intake::Over(assignments));
        }
        for &(source, partition) in partitions {
            self.offsets().revoke(source, partition);
        }
        if let Err(error) = consumer.unassign(partitions) {
            tracing::debug!("unassign: {error}");
        }
    }

    /// Waits until nothing of these assignments is under way any more.
    fn drain(&self, consumer: &impl Consumer, assignments: &[u32]) {
        let deadline = self.clock.now() + self.drain;
        loop {
            self.telemetry.source.beat.beats(self.clock.now());
            self.telemetry.source.reached(consumer.is_reached());
            let closed = self.acks.is_closed();
            self.settle(1, Duration::ZERO);
            let open: usize = assignments.iter().map(|assignment| self.offsets().unsettled_in(*assignment)).sum();
            // The service may be told to stop meanwhile, and then has to leave in time.
            let deadline = self.stop.drains_until().map_or(deadline, |stop| stop.min(deadline));
            let left = deadline.saturating_duration_since(self.clock.now());
            if open == 0 {
                return;
            }
            if left.is_zero() || closed {
                tracing::warn!(
                    code = "R009",
                    "{open} events under way were not finished before their partitions were handed over: they will be scored twice"
                );
                return;
            }
            self.settle(1, left.min(Duration::from_millis(100)));
        }
    }

    /// Whether the source commits what is finished.
    pub(super) fn commits(&self) -> bool {
        self.mandate.is_none()
    }

    /// Whoever commits may do so for what is assigned now, as the member that this instance is now.
    pub(super) fn renew_mandate(&self, consumer: &impl Consumer) {
        let Some(mandate) = &self.mandate else { return };
        let membership = consumer.words();
        let topics = (0_u16..).zip(&self.topics).map(|(source, _)| self.topic_id(source)).collect();
        let offsets = self.offsets();
        let numbers = offsets.partitions().filter_map(|(source, partition)| offsets.assignment(source, partition));
        mandate.renew(membership, numbers, topics);
    }

    /// Nobody may commit for these assignments any more.
    pub(super) fn end_mandate(&self, assignments: &[u32]) {
        if let Some(mandate) = &self.mandate {
            mandate.end(assignments);
        }
    }

    /// Commits what has finished of these partitions, and waits for the broker's word. It is stored too: the client
    /// commits what is stored when it gives a partition up, even over a newer commit.
    pub(super) fn commit(&self, consumer: &impl Consumer, partitions: &[Partition]) -> KafkaResult<()> {
        if !self.commits() {
            return Ok(());
        }
        let offsets = self.offsets();
        let positions: Vec<Position> =
            partitions.iter().filter_map(|&(source, partition)| offsets.position(source, partition)).collect();
        drop(offsets);
        if positions.is_empty() {
            return Ok(());
        }
        let committed = consumer.store(&positions).and_then(|()| consumer.commit(&positions));
        self.telemetry.source.committed(committed.is_ok());
        committed
    }

    fn describe(&self, partitions: &[Partition]) -> String {
        let name = |&(source, partition): &Partition| format!("{}/{partition}", self.topics[usize::from(source)].name);
        partitions.iter().map(name).collect::<Vec<_>>().join(", ")
    }
}

/// Tells that what has finished isn't committed.
pub(super) fn tell_uncommitted(error: &KafkaError) {
    tracing::warn!(
        code = "R010",
        "the last offsets could not be committed ({error}): the events since the last commit will be scored again"
    );
}

/// Whether the group shares its partitions out anew, and takes commits again once that is done.
pub(super) fn is_sharing_out(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::IllegalGeneration | RDKafkaErrorCode::RebalanceInProgress)
    )
}

/// Whether the group has given this member up, so that it takes no commit of it any more, or the client does nothing
/// any more, which its poll tells.
pub(super) fn is_no_member(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::UnknownMemberId
                | RDKafkaErrorCode::IllegalGeneration
                | RDKafkaErrorCode::StaleMemberEpoch
                | RDKafkaErrorCode::FencedInstanceId
                | RDKafkaErrorCode::Fatal
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
        tracing::error!(code = "R007", "Kafka's client does not take the assignment: {error}");
    }
}
