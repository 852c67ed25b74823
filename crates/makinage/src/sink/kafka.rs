//! The sink topic: an idempotent producer with acks=all, whose delivery reports settle the events.
//!
//! - Delivery: a report of success finishes an event. A refusal that is the record's own (too large, invalid) is that event's
//!   failure; anything else is the infrastructure's, and the record is produced again until it is taken.
//! - Order: records are produced in the pipeline's order; within a partition the idempotent producer keeps it.
//! - Partition: the event's own number where sink and source have equally many, else by key with `murmur2_random`.

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

use super::{Refused, Sink};
use crate::{
    config::{DataTopic, SinkTopic},
    event::{Event, Failure},
    kafka::{
        client::Cluster,
        context::Connection,
        limits,
        topics::{self, Topic, Waiting},
    },
    source::{
        acks::Acks,
        offsets::{Fate, Ticket},
    },
};

/// Bytes that a record costs in its batch beside key, value and headers, at most: the batch's own 61 and the record's varints.
const RECORD_OVERHEAD: usize = 128;
/// The wait between attempts to produce again what was not taken.
const RETRY: Duration = Duration::from_secs(1);
/// Header that names the model which scored the event.
pub const MODEL_HEADER: &str = "makinage-model";
/// Header with the event's coordinates, `topic/partition/offset`.
pub const SOURCE_HEADER: &str = "makinage-source";

/// Collects what the broker did not take, from the producer's own thread.
pub struct Reports {
    acks: Arc<Acks>,
    connection: Arc<Connection>,
    undelivered: Mutex<Vec<(KafkaError, OwnedMessage, Ticket)>>,
}

impl Reports {
    fn new(acks: &Arc<Acks>, connection: &Arc<Connection>) -> Self {
        Self { acks: Arc::clone(acks), connection: Arc::clone(connection), undelivered: Mutex::default() }
    }
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
    producer: ThreadedProducer<Reports>,
    settings: ClientConfig,
    connection: Arc<Connection>,
    topic: Arc<str>,
    /// Data topics: their name, and whether they have as many partitions as the sink.
    sources: Vec<(String, bool)>,
    max_record: usize,
    acks: Arc<Acks>,
    retry_at: Option<Instant>,
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
        let settings = cluster.producer();
        let producer = create(&settings, Reports::new(&acks, &cluster.connection))?;
        let endpoint = cluster.endpoint();
        let mut partitions = Vec::with_capacity(sources.len() + 1);
        for topic in std::iter::once(&sink.name).chain(sources.iter().map(|source| &source.name)) {
            match wait_for(&producer, &endpoint, topic, stopped) {
                Some(count) => partitions.push(count),
                None => return Ok(None),
            }
        }
        let max_record = max_record(&settings, &sink.name);
        let sources =
            sources.iter().zip(&partitions[1..]).map(|(source, count)| (source.name.clone(), *count == partitions[0]));
        let mut sink = Self {
            producer,
            settings,
            connection: Arc::clone(&cluster.connection),
            topic: sink.name.as_str().into(),
            sources: sources.collect(),
            max_record,
            acks,
            retry_at: None,
        };
        sink.settings.set("message.max.bytes", client_limit(max_record));
        sink.producer = create(&sink.settings, Reports::new(&sink.acks, &sink.connection))?;
        Ok(Some(sink))
    }

    /// The largest output value that fits the sink topic, beside the key and headers of a usual record.
    pub fn max_output_bytes(&self) -> usize {
        self.max_record.saturating_sub(RECORD_OVERHEAD)
    }

    fn check_size(&self, event: &Event, value: &[u8], model: &str) -> Result<(), Failure> {
        let headers: usize =
            event.headers.iter().flatten().map(|(name, value)| name.len() + value.as_ref().map_or(0, Vec::len)).sum();
        let size = value.len() + event.key().map_or(0, <[u8]>::len) + headers + model.len() + RECORD_OVERHEAD;
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
        let (topic, room) = (&self.sources[usize::from(event.source)].0, place.len());
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
        if self.producer.client().fatal_error().is_some() {
            self.replace_producer(undelivered);
        } else {
            self.produce_again(undelivered);
        }
    }

    /// A producer that has given up takes nothing any more: a new one takes over with what came back, then what the old one still held.
    fn replace_producer(&mut self, mut undelivered: Vec<(KafkaError, OwnedMessage, Ticket)>) {
        let reason = self.producer.client().fatal_error().map(|(_, reason)| reason).unwrap_or_default();
        tracing::error!(
            "Kafka's producer has given up ({reason}); a new one takes over, and unacknowledged outputs are produced again"
        );
        // Where the reason lasts, this is what keeps the log readable and the brokers at peace.
        thread::sleep(RETRY);
        match create(&self.settings, Reports::new(&self.acks, &self.connection)) {
            Ok(producer) => {
                let old = std::mem::replace(&mut self.producer, producer);
                old.purge(rdkafka::producer::PurgeConfig::default().queue().inflight());
                let _ = old.flush(Duration::from_secs(5));
                undelivered.extend(take_undelivered(&old));
            }
            Err(error) => tracing::error!("a new producer could not be made ({error}); trying again"),
        }
        self.produce_again(undelivered);
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
    fn enqueue(&mut self, mut record: BaseRecord<'_, [u8], [u8], usize>) {
        while let Err((error, back)) = self.producer.send(record) {
            match error.rdkafka_error_code() {
                Some(RDKafkaErrorCode::QueueFull) => thread::sleep(Duration::from_millis(1)),
                // What the old one holds comes before this record.
                Some(RDKafkaErrorCode::Fatal) => self.replace_producer(vec![]),
                _ => {
                    tracing::warn!("an output could not be produced ({error}); trying again");
                    thread::sleep(Duration::from_millis(100));
                }
            }
            record = back;
        }
    }
}

fn create(settings: &ClientConfig, reports: Reports) -> KafkaResult<ThreadedProducer<Reports>> {
    settings.create_with_context(reports)
}

fn take_undelivered(producer: &ThreadedProducer<Reports>) -> Vec<(KafkaError, OwnedMessage, Ticket)> {
    let mut undelivered = producer.client().context().undelivered.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::take(&mut *undelivered)
}

fn wait_for(
    producer: &ThreadedProducer<Reports>,
    endpoint: &str,
    topic: &str,
    stopped: &dyn Fn() -> bool,
) -> Option<i32> {
    let mut waiting = Waiting::new(endpoint, topic);
    loop {
        let found = topics::look_up(producer.client(), topic);
        if let Topic::Partitions(count) = found {
            waiting.over();
            return Some(count);
        }
        waiting.tell(&found);
        if stopped() {
            return None;
        }
        thread::sleep(Duration::from_millis(500));
    }
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
        let topic = Arc::clone(&self.topic);
        let same_partition = self.sources[usize::from(event.source)].1;
        let mut record: BaseRecord<'_, [u8], [u8], usize> =
            BaseRecord::with_opaque_to(&topic, event.ticket.into_opaque());
        record.key = event.key();
        record.payload = Some(value);
        record.partition = same_partition.then_some(event.partition);
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
        if let Some((error, ..)) = infrastructure.first() {
            tracing::warn!(
                "{} outputs were not taken by Kafka ({error}); they are produced again",
                infrastructure.len()
            );
            self.retry(infrastructure);
            self.retry_at = Some(Instant::now() + RETRY);
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

#[cfg(test)]
mod tests;
