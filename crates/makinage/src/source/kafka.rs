//! The data topics of a consumer group, read by one permanent thread that never waits for a model.
//!
//! - Delivery: at least once. Offsets are stored, and so committed each second, only for the contiguous finished
//!   prefix.
//! - Order: by offset within a partition. Nothing is re-sought on a rebalance.
//! - Back-pressure: when too many events are open the thread stops taking more; when that lasts, partitions are paused
//!   (which drops what the client has prefetched, so not at once), and resumed well below the limit.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use rdkafka::{
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    message::OwnedHeaders,
};

use super::{
    Intake, Wiring,
    assignment::Assignment,
    client::{self, KafkaConsumer},
    consumer::{Consumer, Partition, Record},
};
use crate::{
    clock::{Clock, SystemClock},
    config::DataTopic,
    event::{Event, Place},
    kafka::{
        client::Cluster,
        pulse::Membership,
        topics::{Topic, create_command},
    },
    panics,
};

/// Events that may be open at once: several full batches a worker, those in the producer, and enough behind them that
/// nobody waits.
pub const MAX_OPEN: usize = 32 * 1024;
/// Bytes of key and value that may be open at once.
const MAX_OPEN_BYTES: usize = 64 << 20;
/// Events that are handed over at a time.
const PORTION: usize = 1024;
/// How long the limit may last before partitions are paused.
const PATIENCE: Duration = Duration::from_secs(1);
/// An instance that has been without partitions for this time tells so.
const UNASSIGNED: Duration = Duration::from_secs(8);
/// The wait for the first event of a portion; settled events are looked at in between.
const POLL: Duration = Duration::from_millis(100);

/// librdkafka's default of `session.timeout.ms`.
const SESSION_TIMEOUT: Duration = Duration::from_secs(45);

/// How much may be open at once before nothing more is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Space {
    pub events: usize,
    pub bytes: usize,
    /// Events that are handed over at a time.
    pub portion: usize,
}

/// The consumer group, as messages name it.
#[derive(Debug)]
pub(crate) struct Group {
    pub name: String,
    pub endpoint: String,
    pub session_timeout: Duration,
}

/// Reads the data topics until it is told to stop.
pub struct KafkaSource<C = KafkaConsumer, K = SystemClock> {
    consumer: C,
    assignment: Arc<Assignment<K>>,
    group: Group,
    space: Space,
    full_since: Option<Instant>,
    paused: bool,
    missing: HashSet<String>,
    /// Since when there has been no partition to read; `None` once that was told.
    unassigned_since: Option<Instant>,
}

impl KafkaSource {
    /// Joins the consumer group, which is the application.
    pub fn new(cluster: &Cluster, topics: &[DataTopic], wiring: Wiring) -> KafkaResult<Self> {
        let settings = cluster.data_consumer();
        let assignment = Arc::new(Assignment::new(topics, wiring, SystemClock));
        let consumer = client::join(&settings, Arc::clone(&assignment), Arc::clone(&cluster.connection))?;
        let session_timeout = settings.get("session.timeout.ms").and_then(|ms| ms.parse().ok());
        let session_timeout = session_timeout.map_or(SESSION_TIMEOUT, Duration::from_millis);
        let group = Group { name: cluster.application().to_owned(), endpoint: cluster.endpoint(), session_timeout };
        let space = Space { events: MAX_OPEN, bytes: MAX_OPEN_BYTES, portion: PORTION };
        Ok(Self::with(consumer, assignment, group, space))
    }
}

impl<C: Consumer, K: Clock> KafkaSource<C, K> {
    /// Reads with this consumer, whose group changes the assignment.
    pub(crate) fn with(consumer: C, assignment: Arc<Assignment<K>>, group: Group, space: Space) -> Self {
        let now = assignment.clock.now();
        Self {
            consumer,
            assignment,
            group,
            space,
            full_since: None,
            paused: false,
            missing: HashSet::new(),
            unassigned_since: Some(now),
        }
    }

    /// Reads until it is told to stop, then waits for what is under way, commits and leaves the group.
    pub fn run(mut self, drain_timeout: Duration) {
        while !self.assignment.stop.requested() {
            panics::point("source");
            self.step();
        }
        self.leave(drain_timeout);
    }

    /// Takes in what has been settled, and reads a portion where there is room for one.
    pub(crate) fn step(&mut self) {
        self.consumer.mend();
        self.settle(Duration::ZERO);
        if self.is_full() {
            self.wait_for_room();
        } else {
            self.resume();
            self.read_portion();
        }
    }

    fn now(&self) -> Instant {
        self.assignment.clock.now()
    }

    /// Takes in what has been settled and stores the offsets that follow from it.
    fn settle(&self, timeout: Duration) {
        self.assignment.settle(timeout);
        let moved = self.assignment.offsets().take_moved();
        if moved.is_empty() {
            return;
        }
        if let Err(error) = self.consumer.store(&moved) {
            tracing::warn!("finished offsets could not be stored ({error}); they are stored with the next ones");
        }
    }

    fn is_full(&self) -> bool {
        let offsets = self.assignment.offsets();
        let (events, bytes) = (offsets.unsettled(), offsets.unsettled_bytes());
        if self.paused {
            events > self.space.events / 2 || bytes > self.space.bytes / 2
        } else {
            events >= self.space.events || bytes >= self.space.bytes
        }
    }

    fn wait_for_room(&mut self) {
        let now = self.now();
        let since = *self.full_since.get_or_insert(now);
        let full_for = now.saturating_duration_since(since);
        if self.paused {
            // Paused partitions bring nothing; this serves rebalances and the group's patience.
            if let Some(event) = self.poll(POLL) {
                // A rebalance has brought a partition, which nobody has paused yet.
                self.assignment.read(event);
                self.assignment.hand_over();
                self.set_paused(true);
            }
        } else if full_for >= PATIENCE {
            self.set_paused(true);
        } else {
            self.settle(PATIENCE.saturating_sub(full_for).min(POLL));
        }
    }

    fn resume(&mut self) {
        self.full_since = None;
        if self.paused {
            self.set_paused(false);
        }
    }

    fn set_paused(&mut self, paused: bool) {
        let outcome = self
            .consumer
            .assignment()
            .and_then(|all| if paused { self.consumer.pause(&all) } else { self.consumer.resume(&all) });
        match outcome {
            Ok(()) => self.paused = paused,
            Err(error) => tracing::warn!("partitions could not be paused or resumed ({error}); trying again"),
        }
    }

    fn read_portion(&mut self) {
        let mut timeout = POLL;
        while let Some(event) = self.poll(timeout) {
            if self.assignment.read(event) >= self.space.portion {
                break;
            }
            timeout = Duration::ZERO;
        }
        if !self.assignment.hand_over() {
            self.tell_unassigned();
        }
    }

    /// `None` too for a record of a partition that was taken away meanwhile: whoever has that now reads it.
    fn poll(&mut self, timeout: Duration) -> Option<Event> {
        match self.consumer.poll(timeout, |record| self.to_event(record))? {
            Ok(event) => event,
            Err(error) => {
                self.poll_failed(&error);
                None
            }
        }
    }

    fn to_event(&self, record: Record<'_>) -> Option<Event> {
        let Record { partition: (source, partition), offset, key, value, headers } = record;
        let bytes = key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len) + headers.as_ref().map_or(0, size_of_all);
        let ticket = self.assignment.offsets().received(source, partition, offset, bytes)?;
        let mut event = Event::new(ticket, Place { source, partition, offset }, key, value);
        event.headers = headers;
        Some(event)
    }

    fn poll_failed(&mut self, error: &KafkaError) {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => self.tell_missing(),
            _ => self.consumer.tell(error),
        }
    }

    /// Tells once that this instance has nothing to read, though Kafka and the topics are there.
    fn tell_unassigned(&mut self) {
        let now = self.now();
        if self.assignment.offsets().partitions().next().is_some() {
            self.unassigned_since = Some(now);
        } else if self.unassigned_since.is_some_and(|since| now.saturating_duration_since(since) >= UNASSIGNED) {
            let known = self.missing.is_empty() && self.consumer.is_reached();
            if let Some(line) = unassigned(&self.group, self.consumer.membership()).filter(|_| known) {
                self.unassigned_since = None;
                tracing::info!("{line}");
            }
        }
    }

    /// Names the data topics that aren't there, each once; the client picks them up when they appear.
    fn tell_missing(&mut self) {
        let endpoint = &self.group.endpoint;
        for name in self.assignment.topics.iter().map(|topic| &topic.name) {
            let found = self.consumer.look_up(name);
            if matches!(found, Topic::Missing) && self.missing.insert(name.clone()) {
                tracing::warn!(
                    "data topic {name} is not on Kafka at {endpoint}: waiting for it; create it with: {}",
                    create_command(endpoint, name)
                );
            }
        }
    }

    /// Ends without replay: what is under way is waited for, its offsets are committed, the group is left.
    pub(crate) fn leave(self, drain_timeout: Duration) {
        // A pipeline that has ended by itself (`on_error: stop`), or never began, settles nothing more.
        let listening = self.assignment.intake.send(Intake::Stop).is_ok();
        let deadline = self.now() + if listening { drain_timeout } else { Duration::ZERO };
        loop {
            let left = deadline.saturating_duration_since(self.now());
            let last = self.assignment.acks.is_closed() || left.is_zero();
            self.settle(left.min(POLL));
            let open = self.assignment.offsets().unsettled();
            if open == 0 || last {
                break;
            }
        }
        let partitions: Vec<Partition> = self.assignment.offsets().partitions().collect();
        self.assignment.commit(&self.consumer, &partitions);
        for (source, partition) in partitions {
            // The close below revokes once more; there is nothing left to wait for.
            self.assignment.offsets().revoke(source, partition);
        }
    }
}

/// Bytes of all headers of a record.
fn size_of_all(headers: &Result<OwnedHeaders, kafka_headers::Unreadable>) -> usize {
    let Ok(headers) = headers else { return 0 };
    kafka_headers::iter(headers.as_borrowed()).map(|(name, value)| name.len() + value.map_or(0, <[u8]>::len)).sum()
}

/// What an instance waits for that has no partitions, though Kafka and the topics are there.
fn unassigned(Group { name, session_timeout, .. }: &Group, membership: Membership) -> Option<String> {
    match membership {
        // A coordinator that can't be asked is told of as a broker that can't.
        Membership::None => None,
        Membership::Joining => Some(format!(
            "waiting for the consumer group {name}: Kafka lets this instance join once every other member has finished what it holds, or has been \
             given up; one that was killed a moment ago is given up after session.timeout.ms ({} s)",
            session_timeout.as_secs_f32()
        )),
        Membership::Member => Some(format!(
            "waiting for partitions: the other members of the consumer group {name} have them all; \
             add partitions to the data topics for more instances to work"
        )),
    }
}

#[cfg(test)]
mod tests;
