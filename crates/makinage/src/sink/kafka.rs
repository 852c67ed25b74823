//! The sink topic: an idempotent producer with acks=all, whose delivery reports settle the events.
//!
//! - Delivery: a report of success finishes an event. A refusal that is the record's own (too large, invalid) is that event's
//!   failure; anything else is the infrastructure's, and the record is produced again until it is taken. So is a record that was refused
//!   only for the size of its batch.
//! - Order: records are produced in the pipeline's order; within a partition the idempotent producer keeps it.
//! - Partition: the event's own number where sink and source have equally many (`Partitions`), else by key with `murmur2_random`.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig, Message,
    error::{KafkaResult, RDKafkaErrorCode},
    message::OwnedMessage,
    producer::{BaseRecord, Producer},
};

use super::{
    Refused, Sink,
    headers::{output_headers, own_size, source_of},
    partitions::Partitions,
    reports::{OutputProducer, Reports, Undelivered, create, is_records_own, none_undelivered, take_undelivered},
};
use crate::{
    config::{DataTopic, SinkTopic},
    event::{Event, Failure},
    kafka::{
        client::{self, Cluster},
        context::Connection,
        limits,
    },
    source::acks::Acks,
};

/// Bytes that a record costs in its batch beside key, value and headers, at most: the batch's own 61, the record's varints, the names of
/// the two headers that are added.
const RECORD_OVERHEAD: usize = 128;
/// Bytes of partition, offset and slashes in the event's coordinates, at most.
const PLACE_OVERHEAD: usize = 32;
/// The wait between attempts to produce again what was not taken.
const RETRY: Duration = Duration::from_secs(1);
/// librdkafka's default of `batch.size`.
const CLIENT_BATCH: usize = 1_000_000;

/// Produces predictions to the sink topic.
pub struct KafkaSink {
    producer: Arc<OutputProducer>,
    settings: ClientConfig,
    connection: Arc<Connection>,
    topic: Arc<str>,
    partitions: Arc<Partitions>,
    max_record: usize,
    batch_size: usize,
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
        let producer = create(&settings, Reports::new(&acks, &cluster.connection))?;
        let sink = Self {
            producer,
            settings,
            connection: Arc::clone(&cluster.connection),
            topic: sink.name.as_str().into(),
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

    /// Produces again what the infrastructure failed to take.
    fn retry(&mut self, undelivered: Vec<Undelivered>) {
        if self.producer.client().fatal_error().is_some() {
            self.replace_after_fatal_error(undelivered);
        } else {
            self.produce_again(undelivered);
        }
    }

    /// A producer that has given up takes nothing any more.
    fn replace_after_fatal_error(&mut self, undelivered: Vec<Undelivered>) {
        let reason = self.producer.client().fatal_error().map(|(_, reason)| reason).unwrap_or_default();
        tracing::error!(
            "Kafka's producer has given up ({reason}); a new one takes over, and unacknowledged outputs are produced again"
        );
        // Where the reason lasts, this is what keeps the log readable and the brokers at peace.
        thread::sleep(RETRY);
        self.replace_producer(undelivered);
    }

    /// Produces records again that were refused together with others of their batch, in smaller batches from now on.
    fn retry_in_smaller_batches(&mut self, undelivered: Vec<Undelivered>) {
        self.batch_size = (self.batch_size / 4).max(1);
        tracing::warn!(
            "Kafka refuses batches for topic {} as too large (was its max.message.bytes lowered, or may it not be asked?): \
             they have at most {} bytes from now on, and what was refused is produced again",
            self.topic,
            self.batch_size
        );
        self.settings.set("batch.size", self.batch_size.to_string());
        self.replace_producer(undelivered);
    }

    /// A new producer takes over with what came back, then what the old one still held. Without a new one, the old one is asked again.
    fn replace_producer(&mut self, mut undelivered: Vec<Undelivered>) {
        match create(&self.settings, Reports::new(&self.acks, &self.connection)) {
            Ok(producer) => {
                let old = std::mem::replace(&mut self.producer, producer);
                self.watch_partitions();
                old.purge(rdkafka::producer::PurgeConfig::default().queue().inflight());
                let _ = old.flush(Duration::from_secs(5));
                undelivered.extend(take_undelivered(&old));
            }
            Err(error) => tracing::error!("a new producer could not be made ({error}); trying again"),
        }
        self.produce_again(undelivered);
    }

    /// Whether the record was refused for its own sake: one that is as large as a batch may be was alone in its batch.
    fn was_alone(&self, message: &OwnedMessage) -> bool {
        let size = message.payload().map_or(0, <[u8]>::len) + message.key().map_or(0, <[u8]>::len);
        self.batch_size == 1 || size >= self.batch_size
    }

    fn produce_again(&mut self, undelivered: Vec<Undelivered>) {
        for Undelivered { error, message, ticket } in undelivered {
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
        let mut told = false;
        while let Err((error, back)) = self.producer.send(record) {
            record = back;
            match error.rdkafka_error_code() {
                Some(RDKafkaErrorCode::QueueFull) => thread::sleep(Duration::from_millis(1)),
                // What the old one holds comes before this record.
                Some(RDKafkaErrorCode::Fatal) => self.replace_after_fatal_error(vec![]),
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
        let mut record: BaseRecord<'_, [u8], [u8], usize> =
            BaseRecord::with_opaque_to(&topic, event.ticket.into_opaque());
        record.key = event.key();
        record.payload = Some(value);
        record.partition = self.partitions.of(event, self.producer.client());
        record.headers = Some(output_headers(event, self.partitions.source(event), model)?);
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
            undelivered.into_iter().partition(|one| is_records_own(&one.error).is_some());
        let (with_others, own): (Vec<_>, Vec<_>) = own.into_iter().partition(|one| {
            one.error.rdkafka_error_code() == Some(RDKafkaErrorCode::MessageSizeTooLarge)
                && !self.was_alone(&one.message)
        });
        if !with_others.is_empty() {
            self.retry_in_smaller_batches(with_others);
        }
        if let Some(Undelivered { error, .. }) = infrastructure.first() {
            tracing::warn!(
                "{} outputs were not taken by Kafka ({error}); they are produced again",
                infrastructure.len()
            );
            self.retry(infrastructure);
            self.retry_at = Some(Instant::now() + RETRY);
        }
        own.into_iter()
            .map(|Undelivered { error, message, ticket }| Refused {
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
            let none_refused = none_undelivered(&self.producer);
            if flushed && none_refused {
                return true;
            }
            if left.is_zero() || (flushed && !none_refused) {
                return false;
            }
        }
    }
}

#[cfg(test)]
mod tests;
