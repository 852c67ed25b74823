//! The sink topic: an idempotent producer with acks=all, whose delivery reports settle the events.
//!
//! - Delivery: a report of success finishes an event. A refusal that is the record's own (too large, invalid), when it
//!   was produced alone, is that event's failure; anything else is the infrastructure's, and the record is produced
//!   again until it is taken (`retry`).
//! - Order: records are produced in the pipeline's order; within a partition the idempotent producer keeps it, and so
//!   does `retry`.
//! - Partition: the event's own number where sink and source have equally many (`Partitions`), else by key with
//!   `murmur2_random`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rdkafka::{
    Timestamp,
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    message::OwnedMessage,
    producer::BaseRecord,
};

use super::{
    Refused, Sink,
    backlog::{Backlog, Held},
    headers::{output_headers, own_size},
    opened::Opened,
    partitions::Partitions,
    producer::{Kind, Producer, Producers, Record, is_well},
    reports::Waited,
};
use crate::{
    clock::{Clock, SystemClock},
    event::{Event, Failure, Ticket},
    said::Seldom,
};

/// Bytes that a record costs in its batch beside key, value and headers, at most: the batch's own 61, the record's
/// varints, the names of the two headers that are added.
const RECORD_OVERHEAD: usize = 128;
/// Bytes of partition, offset and slashes in the event's coordinates, at most.
const PLACE_OVERHEAD: usize = 32;
/// How long a look after what waits may take.
const TEND: Duration = Duration::from_millis(20);
/// The pause between two looks.
const LOOK: Duration = Duration::from_millis(1);
/// A line about refusals is written once in this time; each event that fails has its own.
const REPEAT: Duration = Duration::from_mins(1);
/// No partition of ours: Kafka's client chooses one.
pub(super) const ANY: i32 = -1;

/// Bytes of the sink's outputs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The largest record that the topic takes.
    pub max_record: usize,
    /// The largest batch.
    pub batch_size: usize,
    /// What may wait behind outputs that Kafka refused.
    pub waiting: usize,
}

/// Produces predictions to the sink topic.
pub struct KafkaSink<M: Producers, K = SystemClock> {
    producers: M,
    pub(super) producer: Arc<M::Producer>,
    pub(super) topic: Arc<str>,
    pub(super) partitions: Arc<Partitions<M::Producer>>,
    pub(super) limits: Limits,
    /// What waits for its turn, and what it waits for: see `retry`.
    pub(super) backlog: Backlog,
    pub(super) awaited: Option<Waited<M::Producer>>,
    pub(super) opened: Opened,
    /// For outputs that go alone; made when there is the first.
    pub(super) alone: Option<Alone<M::Producer>>,
    pub(super) refused: Vec<Refused>,
    pub(super) retry_at: Option<Instant>,
    pub(super) wary_until: Option<Instant>,
    pub(super) said_refused: Seldom,
    pub(super) said_later: Seldom,
    pub(super) clock: K,
    /// The time, as of the last look: it is needed for each output, and not that exactly.
    pub(super) now: Instant,
}

/// The producer of outputs that go alone.
pub(super) struct Alone<P> {
    pub producer: Arc<P>,
    pub opened: Opened,
}

impl<M: Producers, K: Clock> KafkaSink<M, K> {
    /// Produces with these producers.
    pub(crate) fn with(
        producers: M,
        topic: &str,
        partitions: Partitions<M::Producer>,
        limits: Limits,
        clock: K,
    ) -> KafkaResult<Self> {
        let producer = Arc::new(producers.create(Kind::Ordinary, limits.batch_size)?);
        partitions.ask_with(&producer);
        Ok(Self {
            producers,
            producer,
            topic: topic.into(),
            partitions: Arc::new(partitions),
            limits,
            backlog: Backlog::default(),
            awaited: None,
            opened: Opened::default(),
            alone: None,
            refused: vec![],
            retry_at: None,
            wary_until: None,
            said_refused: Seldom::new(REPEAT),
            said_later: Seldom::new(REPEAT),
            now: clock.now(),
            clock,
        })
    }

    /// The largest output value that fits the sink topic, beside the key and headers of a usual record.
    pub fn max_output_bytes(&self) -> usize {
        self.limits.max_record.saturating_sub(RECORD_OVERHEAD)
    }

    /// Whether outputs wait for others, or for a report.
    fn waits(&self) -> bool {
        self.awaited.is_some() || !self.backlog.is_empty() || self.alone_is_busy()
    }

    fn check_size(&self, event: &Event, value: &[u8], model: &str) -> Result<(), Failure> {
        let kept = own_size(event);
        let added = model.len() + self.partitions.source(event).len() + PLACE_OVERHEAD;
        let size = value.len() + event.key().map_or(0, <[u8]>::len) + kept + added + RECORD_OVERHEAD;
        if size <= self.limits.max_record {
            return Ok(());
        }
        let message = format!(
            "the output is a record of {size} bytes, and topic {} takes {} (max.message.bytes); raise that with kafka-configs.sh, or return less",
            self.topic, self.limits.max_record
        );
        Err(Failure::new("produce", "OutputTooLarge", message))
    }

    /// The broker holds its limit against whole batches.
    pub(super) fn make_batches_smaller(&mut self) {
        self.limits.batch_size = (self.limits.batch_size / 4).max(1);
        tracing::warn!(
            "Kafka refuses batches for topic {} as too large (was its max.message.bytes lowered, or may it not be asked?): \
             they have at most {} bytes from now on, and what was refused is produced again",
            self.topic,
            self.limits.batch_size
        );
    }

    pub(super) fn create(&self, kind: Kind) -> KafkaResult<Arc<M::Producer>> {
        self.producers.create(kind, self.limits.batch_size).map(Arc::new)
    }

    /// An output that waits behind others, or opens its partition.
    fn hold(&mut self, record: Record<'_>, ticket: Ticket, alone: bool) {
        let message = OwnedMessage::new(
            record.payload.map(<[u8]>::to_vec),
            record.key.map(<[u8]>::to_vec),
            record.topic.to_owned(),
            Timestamp::NotAvailable,
            record.partition.unwrap_or(ANY),
            0,
            record.headers,
        );
        self.backlog.push(Held { message, ticket, alone });
        self.go_on(Duration::ZERO);
        // Back-pressure, as when the producer's buffer is full.
        while self.backlog.bytes() > self.limits.waiting {
            self.go_on(TEND);
            self.clock.sleep(LOOK);
        }
    }
}

/// Why a producer does not take a record.
pub(super) enum Stuck {
    /// The record is larger than the producer takes.
    TooLarge(KafkaError),
    /// The producer takes nothing any more.
    GivenUp,
}

/// The failure of the event whose output is [`Stuck::TooLarge`]: `check_size` sees no more of a header's name than its
/// first NUL byte.
pub(super) fn too_large(error: &KafkaError) -> Failure {
    let message = format!(
        "the Kafka client takes no record of this size ({error}); return less, or send the event with shorter headers"
    );
    Failure::new("produce", "OutputTooLarge", message)
}

/// Hands a record to the producer; its full buffer is back-pressure, so this waits.
pub(super) fn enqueue<'r>(
    producer: &impl Producer,
    clock: &impl Clock,
    mut record: Record<'r>,
) -> Result<(), (Stuck, Record<'r>)> {
    let mut told = false;
    while let Err((error, back)) = producer.send(record) {
        record = back;
        match error.rdkafka_error_code() {
            // Not asleep: where the producer's own thread has panicked, nobody else makes room.
            Some(RDKafkaErrorCode::QueueFull) => producer.poll(Duration::from_millis(1)),
            Some(RDKafkaErrorCode::Fatal) => return Err((Stuck::GivenUp, record)),
            Some(RDKafkaErrorCode::MessageSizeTooLarge) => return Err((Stuck::TooLarge(error), record)),
            // The sink was made anew with fewer partitions: by key, until its size is asked again.
            Some(RDKafkaErrorCode::UnknownPartition) if record.partition.is_some() => record.partition = None,
            _ => {
                if !std::mem::replace(&mut told, true) {
                    tracing::warn!("an output could not be produced ({error}); trying until it can be");
                }
                clock.sleep(Duration::from_millis(100));
            }
        }
    }
    Ok(())
}

impl<M: Producers, K: Clock> Sink for KafkaSink<M, K> {
    fn write(&mut self, event: &Event, value: &[u8], model: &str) -> Result<(), Failure> {
        self.check_size(event, value, model)?;
        let topic = Arc::clone(&self.topic);
        let mut record: Record<'_> = BaseRecord::with_opaque_to(&topic, event.ticket.into_opaque());
        record.key = event.key();
        record.payload = Some(value);
        record.partition = self.partitions.of(event, &*self.producer, self.now);
        record.headers = Some(output_headers(event, self.partitions.source(event), model)?);
        let (partition, alone) = (record.partition.unwrap_or(ANY), self.is_suspect(record.key));
        if alone || self.waits() || !self.opened.is_open(partition, self.now) {
            self.hold(record, event.ticket, alone);
            return Ok(());
        }
        match enqueue(&*self.producer, &self.clock, record) {
            Ok(()) => self.opened.note(partition, self.now),
            Err((Stuck::TooLarge(error), _)) => return Err(too_large(&error)),
            Err((Stuck::GivenUp, record)) => self.hold(record, event.ticket, false),
        }
        Ok(())
    }

    fn tend(&mut self) -> Vec<Refused> {
        self.now = self.clock.now();
        self.go_on(TEND);
        std::mem::take(&mut self.refused)
    }

    fn next_look(&self) -> Option<Duration> {
        let pause = self.retry_at.map(|at| at.saturating_duration_since(self.now));
        self.waits().then(|| pause.unwrap_or_default().max(LOOK))
    }

    fn flush(&mut self, timeout: Duration) -> bool {
        let deadline = self.clock.now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(self.clock.now());
            self.now = self.clock.now();
            self.go_on(left.min(TEND));
            if !self.refused.is_empty() || left.is_zero() {
                return false;
            }
            if self.waits() {
                let pause = self.retry_at.map_or(LOOK, |at| at.saturating_duration_since(self.now));
                self.clock.sleep(pause.min(left));
            } else if self.producer.flush(left.min(Duration::from_millis(500))) && is_well(&*self.producer) {
                return true;
            }
        }
    }
}

#[cfg(test)]
mod tests;
