//! The sink topic: an idempotent producer with acks=all, whose delivery reports settle the events.
//!
//! - Delivery: a report of success finishes an event. A refusal that is the record's own (too large, invalid), when it was produced alone, is
//!   that event's failure; anything else is the infrastructure's, and the record is produced again until it is taken (`retry`).
//! - Order: records are produced in the pipeline's order; within a partition the idempotent producer keeps it, and so does `retry`.
//! - Partition: the event's own number where sink and source have equally many (`Partitions`), else by key with `murmur2_random`.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig, Timestamp,
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    message::OwnedMessage,
    producer::{BaseRecord, Producer},
};

use super::{
    Refused, Sink,
    backlog::{Backlog, Held},
    headers::{output_headers, own_size},
    opened::Opened,
    partitions::Partitions,
    reports::{OutputProducer, Reports, Waited, create, is_well},
};
use crate::{
    config::{DataTopic, SinkTopic},
    event::{Event, Failure},
    kafka::{METADATA_REFRESH_MS, client::Cluster, context::Connection, limits},
    source::{acks::Acks, offsets::Ticket},
};

/// Bytes that a record costs in its batch beside key, value and headers, at most: the batch's own 61, the record's varints, the names of
/// the two headers that are added.
const RECORD_OVERHEAD: usize = 128;
/// Bytes of partition, offset and slashes in the event's coordinates, at most.
const PLACE_OVERHEAD: usize = 32;
/// How long a look after what waits may take.
const TEND: Duration = Duration::from_millis(20);
/// The pause between two looks.
const LOOK: Duration = Duration::from_millis(1);
/// No partition of ours: Kafka's client chooses one.
pub(super) const ANY: i32 = -1;
/// librdkafka's default of `batch.size`.
const CLIENT_BATCH: usize = 1_000_000;

/// Produces predictions to the sink topic.
pub struct KafkaSink {
    pub(super) producer: Arc<OutputProducer>,
    settings: ClientConfig,
    connection: Arc<Connection>,
    pub(super) topic: Arc<str>,
    pub(super) partitions: Arc<Partitions>,
    max_record: usize,
    pub(super) batch_size: usize,
    acks: Arc<Acks>,
    /// What waits for its turn, and what it waits for: see `retry`.
    pub(super) backlog: Backlog,
    pub(super) awaited: Option<Waited>,
    pub(super) opened: Opened,
    /// For outputs that go alone; made when there is the first.
    pub(super) alone: Option<Alone>,
    pub(super) refused: Vec<Refused>,
    pub(super) retry_at: Option<Instant>,
    pub(super) wary_until: Option<Instant>,
    pub(super) told_refused: Option<Instant>,
    pub(super) told_later: Option<Instant>,
    /// The time, as of the last look: it is needed for each output, and not that exactly.
    pub(super) now: Instant,
}

/// The producer of outputs that go alone.
pub(super) struct Alone {
    pub producer: Arc<OutputProducer>,
    pub opened: Opened,
}

impl KafkaSink {
    /// Waits for the sink and data topics to be there, since the partition rule needs their sizes. `None` when `stopped` says so first.
    pub fn open(
        cluster: &Cluster,
        route: (&SinkTopic, &[DataTopic]),
        acks: Arc<Acks>,
        stopped: &dyn Fn() -> bool,
    ) -> KafkaResult<Option<Self>> {
        let (sink, sources) = route;
        let mut settings = cluster.producer();
        let producer = create(&settings, Reports::new(&acks, &cluster.connection))?;
        let names = sources.iter().map(|source| source.name.as_str());
        let endpoint = cluster.endpoint();
        let Some(partitions) = Partitions::wait_for(producer.client(), &endpoint, &sink.name, names, stopped) else {
            return Ok(None);
        };
        let max_record = max_record(&settings, &sink.name);
        settings.set("message.max.bytes", client_limit(max_record));
        let batch_size = batch_size(&settings, max_record);
        settings.set("batch.size", batch_size.to_string());
        let mut sink = Self {
            producer,
            settings,
            connection: Arc::clone(&cluster.connection),
            topic: sink.name.as_str().into(),
            partitions: Arc::new(partitions),
            max_record,
            batch_size,
            acks,
            backlog: Backlog::default(),
            awaited: None,
            opened: Opened::default(),
            alone: None,
            refused: vec![],
            retry_at: None,
            wary_until: None,
            told_refused: None,
            told_later: None,
            now: Instant::now(),
        };
        sink.producer = sink.create()?;
        sink.partitions.ask_with(&sink.producer);
        sink.watch_partitions();
        Ok(Some(sink))
    }

    /// Topics that grow are noticed as soon as the client itself would.
    fn watch_partitions(&self) {
        let interval = self.settings.get("topic.metadata.refresh.interval.ms").and_then(|ms| ms.parse().ok());
        let interval = Duration::from_millis(interval.filter(|ms| *ms > 0).unwrap_or(METADATA_REFRESH_MS));
        if let Err(error) = self.partitions.watch(interval) {
            tracing::warn!("topics that get more partitions are not noticed before a restart: {error}");
        }
    }

    /// The largest output value that fits the sink topic, beside the key and headers of a usual record.
    pub fn max_output_bytes(&self) -> usize {
        self.max_record.saturating_sub(RECORD_OVERHEAD)
    }

    /// Whether outputs wait for others, or for a report.
    fn waits(&self) -> bool {
        self.awaited.is_some() || !self.backlog.is_empty() || self.alone_is_busy()
    }

    fn check_size(&self, event: &Event, value: &[u8], model: &str) -> Result<(), Failure> {
        let kept = own_size(event);
        let added = model.len() + self.partitions.source(event).len() + PLACE_OVERHEAD;
        let size = value.len() + event.key().map_or(0, <[u8]>::len) + kept + added + RECORD_OVERHEAD;
        if size <= self.max_record {
            return Ok(());
        }
        let message = format!(
            "the output is a record of {size} bytes, and topic {} takes {} (max.message.bytes); raise that with kafka-configs.sh, or return less",
            self.topic, self.max_record
        );
        Err(Failure::new("produce", "OutputTooLarge", message))
    }

    /// The broker holds its limit against whole batches.
    pub(super) fn make_batches_smaller(&mut self) {
        self.batch_size = (self.batch_size / 4).max(1);
        tracing::warn!(
            "Kafka refuses batches for topic {} as too large (was its max.message.bytes lowered, or may it not be asked?): \
             they have at most {} bytes from now on, and what was refused is produced again",
            self.topic,
            self.batch_size
        );
        self.settings.set("batch.size", self.batch_size.to_string());
    }

    /// The producer of ordinary outputs, which stops at the first that it can't deliver.
    pub(super) fn create(&self) -> KafkaResult<Arc<OutputProducer>> {
        let mut settings = self.settings.clone();
        settings.set("enable.gapless.guarantee", "true");
        create(&settings, Reports::new(&self.acks, &self.connection))
    }

    /// The producer of outputs that go alone, which goes on when one is refused.
    pub(super) fn create_alone(&self) -> KafkaResult<Arc<OutputProducer>> {
        let mut settings = self.settings.clone();
        settings.set("batch.num.messages", "1").set("linger.ms", "0");
        create(&settings, Reports::new(&self.acks, &self.connection))
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
        while self.backlog.bytes() > MOST_WAITING {
            self.go_on(TEND);
            thread::sleep(LOOK);
        }
    }
}

/// Bytes that may wait behind outputs that Kafka refused.
const MOST_WAITING: usize = 64 << 20;

/// A record as the sink produces it.
pub(super) type Record<'r> = BaseRecord<'r, [u8], [u8], usize>;

/// Why a producer does not take a record.
pub(super) enum Stuck {
    /// The record is larger than the producer takes.
    TooLarge(KafkaError),
    /// The producer takes nothing any more.
    GivenUp,
}

/// The failure of the event whose output is [`Stuck::TooLarge`]: `check_size` sees no more of a header's name than its first NUL byte.
pub(super) fn too_large(error: &KafkaError) -> Failure {
    let message = format!(
        "the Kafka client takes no record of this size ({error}); return less, or send the event with shorter headers"
    );
    Failure::new("produce", "OutputTooLarge", message)
}

/// Hands a record to the producer; its full buffer is back-pressure, so this waits.
pub(super) fn enqueue<'r>(producer: &OutputProducer, mut record: Record<'r>) -> Result<(), (Stuck, Record<'r>)> {
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
                thread::sleep(Duration::from_millis(100));
            }
        }
    }
    Ok(())
}

/// The sink topic's `max.message.bytes`; brokers that can't be asked have Kafka's default.
fn max_record(settings: &ClientConfig, topic: &str) -> usize {
    match limits::max_message_bytes(settings, topic, Duration::from_secs(5)) {
        Ok(Some(limit)) => limit,
        Ok(None) => limits::DEFAULT_MAX_MESSAGE_BYTES,
        Err(error) => {
            tracing::debug!("max.message.bytes of {topic} can't be asked ({error}): Kafka's default is assumed");
            limits::DEFAULT_MAX_MESSAGE_BYTES
        }
    }
}

/// librdkafka's own bound must not be below the topic's; it allows 1,000 to 1,000,000,000.
fn client_limit(max_record: usize) -> String {
    max_record.clamp(1_000_000, 1_000_000_000).to_string()
}

/// The broker holds `max.message.bytes` against a whole batch, and would refuse all records of a larger one.
fn batch_size(settings: &ClientConfig, max_record: usize) -> usize {
    let wanted = settings.get("batch.size").and_then(|bytes| bytes.parse().ok()).unwrap_or(CLIENT_BATCH);
    wanted.min(max_record)
}

impl Sink for KafkaSink {
    fn write(&mut self, event: &Event, value: &[u8], model: &str) -> Result<(), Failure> {
        self.check_size(event, value, model)?;
        let topic = Arc::clone(&self.topic);
        let mut record: Record<'_> = BaseRecord::with_opaque_to(&topic, event.ticket.into_opaque());
        record.key = event.key();
        record.payload = Some(value);
        record.partition = self.partitions.of(event, self.producer.client());
        record.headers = Some(output_headers(event, self.partitions.source(event), model)?);
        let (partition, alone) = (record.partition.unwrap_or(ANY), self.is_suspect(record.key));
        if alone || self.waits() || !self.opened.is_open(partition, self.now) {
            self.hold(record, event.ticket, alone);
            return Ok(());
        }
        match enqueue(&self.producer, record) {
            Ok(()) => self.opened.note(partition, self.now),
            Err((Stuck::TooLarge(error), _)) => return Err(too_large(&error)),
            Err((Stuck::GivenUp, record)) => self.hold(record, event.ticket, false),
        }
        Ok(())
    }

    fn tend(&mut self) -> Vec<Refused> {
        self.now = Instant::now();
        self.go_on(TEND);
        std::mem::take(&mut self.refused)
    }

    fn next_look(&self) -> Option<Duration> {
        let pause = self.retry_at.map(|at| at.saturating_duration_since(self.now));
        self.waits().then(|| pause.unwrap_or_default().max(LOOK))
    }

    fn flush(&mut self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            self.now = Instant::now();
            self.go_on(left.min(TEND));
            if !self.refused.is_empty() || left.is_zero() {
                return false;
            }
            if self.waits() {
                let pause = self.retry_at.map_or(LOOK, |at| at.saturating_duration_since(self.now));
                thread::sleep(pause.min(left));
            } else if self.producer.flush(left.min(Duration::from_millis(500))).is_ok() && is_well(&self.producer) {
                return true;
            }
        }
    }
}

#[cfg(test)]
mod tests;
