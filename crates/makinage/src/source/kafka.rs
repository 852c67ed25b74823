//! The data topics of a consumer group, read by one permanent thread that never waits for a model.
//!
//! - Delivery: at least once. Offsets are stored, and so committed each second, only for the contiguous finished prefix.
//! - Order: by offset within a partition. Nothing is re-sought on a rebalance.
//! - Back-pressure: when too many events are open the thread stops taking more; when that lasts, partitions are paused (which drops
//!   what the client has prefetched, so not at once), and resumed well below the limit.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use rdkafka::{
    Message,
    client::ClientContext,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    message::{BorrowedMessage, OwnedHeaders},
};

use super::{Intake, Wiring, assignment::Assignments};
use crate::{
    config::DataTopic,
    event::{Event, Place},
    kafka::{client::Cluster, pulse::Membership, topics::create_command},
    panics,
    stop::Stop,
};

/// Events that may be open at once: several full batches a worker, those in the producer, and enough behind them that nobody waits.
pub const MAX_OPEN: usize = 32 * 1024;
/// Bytes of key and value that may be open at once.
const MAX_OPEN_BYTES: usize = 64 << 20;
/// Events that are handed over at a time.
const CHUNK: usize = 1024;
/// How long the limit may last before partitions are paused.
const PATIENCE: Duration = Duration::from_secs(1);
/// So long an instance may be without partitions before that is told.
const UNASSIGNED: Duration = Duration::from_secs(8);
/// The wait for the first event of a chunk; settled events are looked at in between.
const POLL: Duration = Duration::from_millis(100);

/// librdkafka's default of `session.timeout.ms`.
const SESSION_TIMEOUT: Duration = Duration::from_secs(45);

/// The consumer group, as messages name it.
struct Group {
    name: String,
    session_timeout: Duration,
}

/// Reads the data topics until it is told to stop.
pub struct KafkaSource {
    consumer: BaseConsumer<Assignments>,
    endpoint: String,
    group: Group,
    stop: Stop,
    full_since: Option<Instant>,
    paused: bool,
    missing: HashSet<String>,
    /// Since when there has been no partition to read; `None` once that was told.
    unassigned_since: Option<Instant>,
}

impl KafkaSource {
    /// Joins the consumer group, which is the application.
    pub fn new(cluster: &Cluster, topics: &[DataTopic], wiring: Wiring) -> KafkaResult<Self> {
        let stop = wiring.stop.clone();
        let settings = cluster.data_consumer();
        let context = Assignments::new(topics, wiring, Arc::clone(&cluster.connection));
        let consumer: BaseConsumer<Assignments> = settings.create_with_context(context)?;
        let names: Vec<&str> = topics.iter().map(|topic| topic.name.as_str()).collect();
        consumer.subscribe(&names)?;
        let endpoint = cluster.endpoint();
        let session_timeout = settings.get("session.timeout.ms").and_then(|ms| ms.parse().ok());
        let session_timeout = session_timeout.map_or(SESSION_TIMEOUT, Duration::from_millis);
        let group = Group { name: cluster.application().to_owned(), session_timeout };
        Ok(Self {
            consumer,
            endpoint,
            group,
            stop,
            full_since: None,
            paused: false,
            missing: HashSet::new(),
            unassigned_since: Some(Instant::now()),
        })
    }

    /// Reads until it is told to stop, then waits for what is under way, commits and leaves the group.
    pub fn run(mut self, drain_timeout: Duration) {
        while !self.stop.requested() {
            panics::point("source");
            self.settle(Duration::ZERO);
            if self.is_full() {
                self.wait_for_room();
            } else {
                self.resume();
                self.read_chunk();
            }
        }
        self.leave(drain_timeout);
    }

    fn context(&self) -> &Assignments {
        self.consumer.client().context()
    }

    /// Takes in what has been settled and stores the offsets that follow from it.
    fn settle(&self, timeout: Duration) {
        let context = self.context();
        context.settle(timeout);
        let moved = context.offsets().take_moved();
        if moved.is_empty() {
            return;
        }
        let stored = context.to_list(&moved).and_then(|list| self.consumer.store_offsets(&list));
        if let Err(error) = stored {
            tracing::warn!("finished offsets could not be stored ({error}); they are stored with the next ones");
        }
    }

    fn is_full(&self) -> bool {
        let offsets = self.context().offsets();
        let (events, bytes) = (offsets.unsettled(), offsets.unsettled_bytes());
        if self.paused {
            events > MAX_OPEN / 2 || bytes > MAX_OPEN_BYTES / 2
        } else {
            events >= MAX_OPEN || bytes >= MAX_OPEN_BYTES
        }
    }

    fn wait_for_room(&mut self) {
        let since = *self.full_since.get_or_insert_with(Instant::now);
        if self.paused {
            // Paused partitions bring nothing; this serves rebalances and the group's patience.
            if let Some(event) = self.poll(POLL) {
                // A rebalance has brought a partition, which nobody has paused yet.
                self.context().read(event);
                self.context().hand_over();
                self.set_paused(true);
            }
        } else if since.elapsed() > PATIENCE {
            self.set_paused(true);
        } else {
            self.settle(PATIENCE.saturating_sub(since.elapsed()).min(POLL));
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

    fn read_chunk(&mut self) {
        let mut timeout = POLL;
        while let Some(event) = self.poll(timeout) {
            if self.context().read(event) >= CHUNK {
                break;
            }
            timeout = Duration::ZERO;
        }
        if !self.context().hand_over() {
            self.tell_unassigned();
        }
    }

    fn poll(&mut self, timeout: Duration) -> Option<Event> {
        let failed = match self.consumer.poll(timeout)? {
            Ok(message) => return self.to_event(&message),
            Err(error) => error,
        };
        self.poll_failed(&failed);
        None
    }

    /// `None` for one of a partition that was taken away meanwhile: whoever has that now reads it.
    fn to_event(&self, message: &BorrowedMessage<'_>) -> Option<Event> {
        let context = self.context();
        let (partition, offset) = (message.partition(), message.offset());
        let place = match context.topics.as_slice() {
            [_] => 0,
            topics => topics.iter().position(|topic| topic.name == message.topic())?,
        };
        let source = u16::try_from(place).ok()?;
        let (key, value) = (message.key(), message.payload());
        let headers = kafka_headers::copy(message).transpose();
        let bytes = key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len) + headers.as_ref().map_or(0, size_of_all);
        let ticket = context.offsets().received(source, partition, offset, bytes)?;
        let mut event = Event::new(ticket, Place { source, partition, offset }, key, value);
        event.headers = headers;
        Some(event)
    }

    fn poll_failed(&mut self, error: &KafkaError) {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => self.tell_missing(),
            _ => self.context().connection.error(error.clone(), &format!("reading failed: {error}")),
        }
    }

    /// Tells once that this instance has nothing to read, though Kafka and the topics are there.
    fn tell_unassigned(&mut self) {
        if self.context().offsets().partitions().next().is_some() {
            self.unassigned_since = Some(Instant::now());
        } else if self.unassigned_since.is_some_and(|since| since.elapsed() >= UNASSIGNED) {
            let known = self.missing.is_empty() && self.context().connection.is_alive();
            if let Some(line) = unassigned(&self.group, self.context().membership()).filter(|_| known) {
                self.unassigned_since = None;
                tracing::info!("{line}");
            }
        }
    }

    /// Names the data topics that aren't there, each once; the client picks them up when they appear.
    fn tell_missing(&mut self) {
        let names: Vec<String> = self.context().topics.iter().map(|topic| topic.name.clone()).collect();
        for name in names {
            let found = crate::kafka::topics::look_up(self.consumer.client(), &name);
            if matches!(found, crate::kafka::topics::Topic::Missing) && self.missing.insert(name.clone()) {
                tracing::warn!(
                    "data topic {name} is not on Kafka at {}: waiting for it; create it with: {}",
                    self.endpoint,
                    create_command(&self.endpoint, &name)
                );
            }
        }
    }

    /// Ends without replay: what is under way is waited for, its offsets are committed, the group is left.
    fn leave(self, drain_timeout: Duration) {
        let context = self.context();
        // A pipeline that has ended by itself (`on_error: stop`), or never began, settles nothing more.
        let listening = context.intake.send(Intake::Stop).is_ok();
        let deadline = Instant::now() + if listening { drain_timeout } else { Duration::ZERO };
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let last = context.acks.is_closed() || left.is_zero();
            self.settle(left.min(POLL));
            let open = context.offsets().unsettled();
            if open == 0 || last {
                break;
            }
        }
        let partitions: Vec<(u16, i32)> = context.offsets().partitions().collect();
        context.commit(&self.consumer, &partitions);
        for (source, partition) in partitions {
            // The close below revokes once more; there is nothing left to wait for.
            context.offsets().revoke(source, partition);
        }
    }
}

/// Bytes of all headers of a record.
fn size_of_all(headers: &Result<OwnedHeaders, kafka_headers::Unreadable>) -> usize {
    let Ok(headers) = headers else { return 0 };
    kafka_headers::iter(headers.as_borrowed()).map(|(name, value)| name.len() + value.map_or(0, <[u8]>::len)).sum()
}

/// What an instance waits for that has no partitions, though Kafka and the topics are there.
fn unassigned(Group { name, session_timeout }: &Group, membership: Membership) -> Option<String> {
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
