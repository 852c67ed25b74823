//! The sink topic: an idempotent producer with acks=all, whose delivery reports settle the events.
//!
//! - Delivery: a report of success finishes an event. A refusal that is the record's own (too large, invalid) is that event's
//!   failure; anything else is the infrastructure's, and the record is produced again until it is taken. So is a record that was refused
//!   only for the size of its batch.
//! - Order: records are produced in the pipeline's order; within a partition the idempotent producer keeps it.
//! - Partition: the event's own number where sink and source have equally many (`Partitions`), else by key with `murmur2_random`.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig, ClientContext, Message,
    config::RDKafkaLogLevel,
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    message::{DeliveryResult, Header, Headers, OwnedHeaders, OwnedMessage},
    producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer},
};

use super::{Refused, Sink, partitions::Partitions};
use crate::{
    config::{DataTopic, Kafka, SinkTopic},
    event::{Event, Failure},
    kafka::{client, context::Connection, limits},
    source::{
        acks::Acks,
        offsets::{Fate, Ticket},
    },
};

/// Bytes that a record costs in its batch beside key, value and headers, at most: the batch's own 61, the record's varints, the names of
/// the two headers that are added.
const RECORD_OVERHEAD: usize = 128;
/// Bytes that a header costs beside its name and value, at most: two varints.
const HEADER_OVERHEAD: usize = 10;
/// Bytes of partition, offset and slashes in the event's coordinates, at most.
const PLACE_OVERHEAD: usize = 32;
/// librdkafka's default of `batch.size`.
const CLIENT_BATCH: usize = 1_000_000;
/// Header that names the model which scored the event.
pub const MODEL_HEADER: &str = "makinage-model";
/// Header with the event's coordinates, `topic/partition/offset`.
pub const SOURCE_HEADER: &str = "makinage-source";

/// Collects what the broker did not take, from the producer's own thread.
pub struct Reports {
    acks: Arc<Acks>,
    connection: Connection,
    undelivered: Mutex<Vec<(KafkaError, OwnedMessage, Ticket)>>,
}

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.connection.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.connection.error(error, reason);
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = usize;

    fn delivery(&self, report: &DeliveryResult<'_>, opaque: usize) {
        let ticket = Ticket::from_opaque(opaque);
        match report {
            Ok(_) => {
                self.connection.alive();
                self.acks.settle(ticket, Fate::Finished);
            }
            Err((error, message)) => {
                let mut undelivered = self.undelivered.lock().unwrap_or_else(PoisonError::into_inner);
                undelivered.push((error.clone(), message.detach(), ticket));
            }
        }
    }
}

/// Produces predictions to the sink topic.
pub struct KafkaSink {
    producer: Arc<ThreadedProducer<Reports>>,
    settings: ClientConfig,
    endpoints: Vec<String>,
    topic: String,
    partitions: Arc<Partitions>,
    max_record: usize,
    batch_size: usize,
    acks: Arc<Acks>,
    retry_at: Option<Instant>,
}

impl KafkaSink {
    /// Waits for the sink and data topics to be there, since the partition rule needs their sizes. `None` when `stopped` says so first.
    pub fn open(
        kafka: &Kafka,
        application: &str,
        route: (&SinkTopic, &[DataTopic]),
        acks: Arc<Acks>,
        stopped: &dyn Fn() -> bool,
    ) -> KafkaResult<Option<Self>> {
        let (sink, sources) = route;
        let mut settings = client::producer(kafka, application);
        let producer = create(&settings, &kafka.endpoints, Arc::clone(&acks))?;
        let names = sources.iter().map(|source| source.name.as_str());
        let endpoint = kafka.endpoints.join(",");
        let Some(partitions) = Partitions::wait_for(producer.client(), &endpoint, &sink.name, names, stopped) else {
            return Ok(None);
        };
        let max_record = max_record(&settings, &sink.name);
        settings.set("message.max.bytes", client_limit(max_record));
        let batch_size = batch_size(&settings, max_record);
        settings.set("batch.size", batch_size.to_string());
        let producer = create(&settings, &kafka.endpoints, Arc::clone(&acks))?;
        let sink = Self {
            producer,
            settings,
            endpoints: kafka.endpoints.clone(),
            topic: sink.name.clone(),
            partitions: Arc::new(partitions),
            max_record,
            batch_size,
            acks,
            retry_at: None,
        };
        sink.watch_partitions();
        Ok(Some(sink))
    }

    /// Topics that grow are noticed as soon as the client itself would.
    fn watch_partitions(&self) {
        let interval = self.settings.get("topic.metadata.refresh.interval.ms").and_then(|ms| ms.parse().ok());
        let interval = Duration::from_millis(interval.filter(|ms| *ms > 0).unwrap_or(client::METADATA_REFRESH_MS));
        if let Err(error) = self.partitions.watch(&self.producer, interval) {
            tracing::warn!("topics that get more partitions are not noticed before a restart: {error}");
        }
    }

    /// The largest output value that fits the sink topic, beside the key and headers of a usual record.
    pub fn max_output_bytes(&self) -> usize {
        self.max_record.saturating_sub(RECORD_OVERHEAD)
    }

    fn check_size(&self, event: &Event, value: &[u8], model: &str) -> Result<(), Failure> {
        let kept = event.headers.iter().flatten();
        let kept: usize =
            kept.map(|(name, value)| name.len() + value.as_ref().map_or(0, Vec::len) + HEADER_OVERHEAD).sum();
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

    fn headers(&self, event: &Event, model: &str) -> OwnedHeaders {
        use std::io::Write;
        let mut headers = OwnedHeaders::new_with_capacity(2 + event.headers.as_ref().map_or(0, Vec::len));
        for (name, value) in event.headers.iter().flatten() {
            // A chain of services names its last one.
            if name != MODEL_HEADER && name != SOURCE_HEADER {
                headers = headers.insert(Header { key: name, value: value.as_deref() });
            }
        }
        let mut place = [0_u8; 320];
        let (topic, room) = (self.partitions.source(event), place.len());
        let mut rest = &mut place[..];
        // Topic names are at most 249 bytes, so this always fits.
        let _ = write!(rest, "{topic}/{}/{}", event.partition, event.offset);
        let written = room - rest.len();
        headers
            .insert(Header { key: MODEL_HEADER, value: Some(model.as_bytes()) })
            .insert(Header { key: SOURCE_HEADER, value: Some(&place[..written]) })
    }

    /// Produces again what the infrastructure failed to take.
    fn retry(&mut self, undelivered: Vec<(KafkaError, OwnedMessage, Ticket)>) {
        let mut rest = vec![];
        if let Some((_, reason)) = self.producer.client().fatal_error() {
            tracing::error!(
                "Kafka's producer has given up ({reason}); a new one takes over, and unacknowledged outputs are produced again"
            );
            rest = self.replace_producer();
        }
        self.produce_again(undelivered);
        self.produce_again(rest);
    }

    /// Produces records again that were refused together with others of their batch, in smaller batches from now on.
    fn retry_in_smaller_batches(&mut self, undelivered: Vec<(KafkaError, OwnedMessage, Ticket)>) {
        self.batch_size = (self.batch_size / 4).max(1);
        tracing::warn!(
            "Kafka refuses batches for topic {} as too large (was its max.message.bytes lowered, or may it not be asked?): \
             they have at most {} bytes from now on, and what was refused is produced again",
            self.topic,
            self.batch_size
        );
        self.settings.set("batch.size", self.batch_size.to_string());
        let rest = self.replace_producer();
        self.produce_again(undelivered);
        self.produce_again(rest);
    }

    /// A new producer takes over; what the old one still held is returned. Without one, nothing changes.
    fn replace_producer(&mut self) -> Vec<(KafkaError, OwnedMessage, Ticket)> {
        match create(&self.settings, &self.endpoints, Arc::clone(&self.acks)) {
            Ok(producer) => {
                let old = std::mem::replace(&mut self.producer, producer);
                self.watch_partitions();
                old.purge(rdkafka::producer::PurgeConfig::default().queue().inflight());
                let _ = old.flush(Duration::from_secs(5));
                take_undelivered(&old)
            }
            Err(error) => {
                tracing::error!("a new producer could not be made ({error}); trying again");
                vec![]
            }
        }
    }

    /// Whether the record was refused for its own sake: one that is as large as a batch may be was alone in its batch.
    fn was_alone(&self, message: &OwnedMessage) -> bool {
        let size = message.payload().map_or(0, <[u8]>::len) + message.key().map_or(0, <[u8]>::len);
        self.batch_size == 1 || size >= self.batch_size
    }

    fn produce_again(&mut self, undelivered: Vec<(KafkaError, OwnedMessage, Ticket)>) {
        for (error, message, ticket) in undelivered {
            tracing::debug!("producing again after: {error}");
            let mut record: BaseRecord<'_, [u8], [u8], usize> =
                BaseRecord::with_opaque_to(message.topic(), ticket.into_opaque());
            record.key = message.key();
            record.payload = message.payload();
            record.partition = Some(message.partition()).filter(|partition| *partition >= 0);
            record.headers = message.headers().cloned();
            self.enqueue(record);
        }
    }

    /// Hands a record to the producer; its full buffer is back-pressure, so this waits.
    fn enqueue(&self, mut record: BaseRecord<'_, [u8], [u8], usize>) {
        let mut told = false;
        while let Err((error, back)) = self.producer.send(record) {
            record = back;
            match error.rdkafka_error_code() {
                Some(RDKafkaErrorCode::QueueFull) => thread::sleep(Duration::from_millis(1)),
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
    }
}

fn create(
    settings: &ClientConfig,
    endpoints: &[String],
    acks: Arc<Acks>,
) -> KafkaResult<Arc<ThreadedProducer<Reports>>> {
    let reports = Reports { acks, connection: Connection::new(endpoints), undelivered: Mutex::default() };
    settings.create_with_context(reports).map(Arc::new)
}

fn take_undelivered(producer: &ThreadedProducer<Reports>) -> Vec<(KafkaError, OwnedMessage, Ticket)> {
    let mut undelivered = producer.client().context().undelivered.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::take(&mut *undelivered)
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

/// Refusals that producing the record again can't mend.
fn is_records_own(error: &KafkaError) -> Option<&'static str> {
    match error.rdkafka_error_code()? {
        RDKafkaErrorCode::MessageSizeTooLarge => {
            Some("the broker takes no record of this size; raise max.message.bytes of the topic")
        }
        RDKafkaErrorCode::InvalidMessage | RDKafkaErrorCode::InvalidRecord => {
            Some("the broker calls the record invalid; a compacted topic takes none without a key")
        }
        RDKafkaErrorCode::PolicyViolation => Some("a policy of the broker refuses the record"),
        _ => None,
    }
}

impl Sink for KafkaSink {
    fn write(&mut self, event: &Event, value: &[u8], model: &str) -> Result<(), Failure> {
        self.check_size(event, value, model)?;
        let mut record: BaseRecord<'_, [u8], [u8], usize> =
            BaseRecord::with_opaque_to(&self.topic, event.ticket.into_opaque());
        record.key = event.key();
        record.payload = Some(value);
        record.partition = self.partitions.of(event, self.producer.client());
        record.headers = Some(self.headers(event, model));
        self.enqueue(record);
        Ok(())
    }

    fn tend(&mut self) -> Vec<Refused> {
        if self.retry_at.is_some_and(|at| Instant::now() < at) {
            return vec![];
        }
        let undelivered = take_undelivered(&self.producer);
        if undelivered.is_empty() {
            self.retry_at = None;
            return vec![];
        }
        let (own, infrastructure): (Vec<_>, Vec<_>) =
            undelivered.into_iter().partition(|(error, ..)| is_records_own(error).is_some());
        let (with_others, own): (Vec<_>, Vec<_>) = own.into_iter().partition(|(error, message, _)| {
            error.rdkafka_error_code() == Some(RDKafkaErrorCode::MessageSizeTooLarge) && !self.was_alone(message)
        });
        if !with_others.is_empty() {
            self.retry_in_smaller_batches(with_others);
        }
        if let Some((error, ..)) = infrastructure.first() {
            tracing::warn!(
                "{} outputs were not taken by Kafka ({error}); they are produced again",
                infrastructure.len()
            );
            self.retry(infrastructure);
            self.retry_at = Some(Instant::now() + Duration::from_secs(1));
        }
        own.into_iter()
            .map(|(error, message, ticket)| Refused {
                ticket,
                place: source_of(&message),
                failure: Failure::new(
                    "produce",
                    "Refused",
                    format!("{error}: {}", is_records_own(&error).unwrap_or_default()),
                ),
            })
            .collect()
    }

    fn flush(&mut self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let flushed = self.producer.flush(left.min(Duration::from_millis(500))).is_ok();
            let none_refused = take_none(&self.producer);
            if flushed && none_refused {
                return true;
            }
            if left.is_zero() || (flushed && !none_refused) {
                return false;
            }
        }
    }
}

fn take_none(producer: &ThreadedProducer<Reports>) -> bool {
    producer.client().context().undelivered.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
}

/// The source coordinates that the refused record carries.
fn source_of(message: &OwnedMessage) -> String {
    let headers = message.headers().into_iter().flat_map(Headers::iter);
    let source = headers.filter(|header| header.key == SOURCE_HEADER).find_map(|header| header.value);
    source.map_or_else(|| "?".to_owned(), |value| String::from_utf8_lossy(value).into_owned())
}
