//! Kafka's client as the sink's producer: rdkafka's threads and callbacks end here.

use std::{sync::Arc, thread, time::Duration};

use rdkafka::{
    ClientConfig, Message,
    config::RDKafkaLogLevel,
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    message::DeliveryResult,
    producer::{Producer as Client, ProducerContext, PurgeConfig, ThreadedProducer},
};

use super::{
    bell::Bell,
    kafka::{KafkaSink, Limits},
    partitions::Partitions,
    producer::{Fatal, Kind, LookUp, NotTaken, Producer, Producers, Record},
    reports::{Reports, Undelivered},
};
use crate::{
    clock::SystemClock,
    config::{DataTopic, SinkTopic},
    event::Ticket,
    kafka::{
        client::Cluster,
        context::Connection,
        forwarding::{Context, Own},
        limits,
        settings::{self, METADATA_REFRESH_MS},
        topics::{Topic, look_up},
    },
    panics,
    source::acks::Acks,
};

/// librdkafka's default of `queue.buffering.max.messages`: more than the source lets be open.
const CLIENT_QUEUE: u64 = 100_000;
/// librdkafka's default of `batch.size`.
const CLIENT_BATCH: usize = 1_000_000;

/// What is the producer's own in its context.
pub struct Deliveries {
    reports: Reports,
}

impl Own for Deliveries {
    /// Why a producer gives up is told by the sink, with what becomes of its outputs; that it may is the sink's own
    /// choice, which librdkafka warns of as experimental.
    fn level(&self, level: RDKafkaLogLevel, facility: &str, message: &str) -> RDKafkaLogLevel {
        let own = facility == "FATAL" || (facility == "CONFWARN" && message.contains("enable.gapless.guarantee"));
        if own { RDKafkaLogLevel::Debug } else { level }
    }

    fn keeps(&self, error: &KafkaError) -> bool {
        let is_fatal = error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal);
        if is_fatal {
            self.reports.give_up();
        }
        is_fatal
    }
}

impl ProducerContext for Context<Deliveries> {
    type DeliveryOpaque = usize;

    fn delivery(&self, report: &DeliveryResult<'_>, opaque: usize) {
        panics::point("producer polling thread");
        let ticket = Ticket::from_opaque(opaque);
        match report {
            Ok(message) => {
                self.listener.alive();
                self.own.reports.delivered(ticket, message.partition());
            }
            Err((error, message)) => {
                self.own.reports.not_delivered(Undelivered { error: error.clone(), message: message.detach(), ticket });
            }
        }
    }
}

/// The producer of outputs.
pub type OutputProducer = ThreadedProducer<Context<Deliveries>>;

impl Producer for OutputProducer {
    fn send<'r>(&self, record: Record<'r>) -> Result<(), NotTaken<'r>> {
        Self::send(self, record)
    }

    fn under_way(&self) -> usize {
        usize::try_from(self.in_flight_count()).unwrap_or(0)
    }

    /// Without waiting for the client's threads, of which one may be looking for a broker's address.
    fn purge(&self) {
        Client::purge(self, PurgeConfig::default().queue().non_blocking());
    }

    fn flush(&self, timeout: Duration) -> bool {
        Client::flush(self, timeout).is_ok()
    }

    fn fatal_error(&self) -> Option<Fatal> {
        let (code, reason) = self.client().fatal_error()?;
        Some(Fatal { is_gap: code == RDKafkaErrorCode::GaplessGuarantee, reason })
    }

    fn reports(&self) -> &Reports {
        &self.client().context().own.reports
    }
}

impl LookUp for OutputProducer {
    fn look_up(&self, topic: &str) -> Topic {
        look_up(self.client(), topic)
    }
}

/// Makes the sink's producers.
pub struct KafkaProducers {
    settings: ClientConfig,
    acks: Arc<Acks>,
    connection: Arc<Connection>,
}

impl KafkaProducers {
    fn create_with(&self, settings: &ClientConfig, bell: &Bell) -> KafkaResult<OutputProducer> {
        let deliveries = Deliveries { reports: Reports::new(&self.acks, bell) };
        settings.create_with_context(Context::new(Arc::clone(&self.connection), deliveries))
    }
}

impl Producers for KafkaProducers {
    type Producer = OutputProducer;

    fn create(&self, kind: Kind, batch_size: usize, bell: &Bell) -> KafkaResult<OutputProducer> {
        let settings = match kind {
            Kind::Ordinary => settings::in_order(&self.settings, batch_size),
            Kind::Alone => settings::alone(&self.settings, batch_size),
        };
        self.create_with(&settings, bell)
    }

    /// Its threads are waited for by one that has the time.
    fn end(&self, producer: Arc<OutputProducer>) {
        let end = move || {
            panics::point("end of a producer");
            drop(producer);
        };
        if let Err(error) = thread::Builder::new().name("end of a producer".into()).spawn(end) {
            tracing::debug!("a producer ends on the pipeline's thread: {error}");
        }
    }
}

impl KafkaSink<KafkaProducers> {
    /// Waits for the sink and data topics to be there, since the partition rule needs their sizes. `None` when
    /// `stopped` says so first.
    pub fn open(
        cluster: &Cluster,
        sink: &SinkTopic,
        sources: &[DataTopic],
        acks: Arc<Acks>,
        stopped: &dyn Fn() -> bool,
    ) -> KafkaResult<Option<Self>> {
        let Some(destination) = destination(cluster, sink, sources, stopped)? else { return Ok(None) };
        let Destination { partitions, settings, max_record, batch_size, interval } = destination;
        let limits = Limits { max_record, batch_size, share: share(&settings) };
        let producers = KafkaProducers { settings, acks, connection: Arc::clone(&cluster.connection) };
        let sink = Self::with(producers, &sink.name, partitions, limits, SystemClock)?;
        // Topics that grow are noticed as soon as the client itself would.
        if let Err(error) = sink.partitions.watch(interval) {
            tracing::warn!("topics that get more partitions are not noticed before a restart: {error}");
        }
        Ok(Some(sink))
    }
}

/// What is known of the sink topic once it is there.
pub(crate) struct Destination<P> {
    /// The sizes of all topics.
    pub partitions: Partitions<P>,
    /// Of the producers of outputs.
    pub settings: ClientConfig,
    /// The largest record that the topic takes, and the largest batch.
    pub max_record: usize,
    pub batch_size: usize,
    /// How often sizes are asked again.
    pub interval: Duration,
}

/// Waits for the sink and data topics. `None` when `stopped` says so first.
pub(crate) fn destination<P: LookUp>(
    cluster: &Cluster,
    sink: &SinkTopic,
    sources: &[DataTopic],
    stopped: &dyn Fn() -> bool,
) -> KafkaResult<Option<Destination<P>>> {
    let settings = cluster.producer();
    let deliveries = Deliveries { reports: Reports::new(&Arc::default(), &Bell::new().0) };
    let asking: OutputProducer =
        settings.create_with_context(Context::new(Arc::clone(&cluster.connection), deliveries))?;
    let names = sources.iter().map(|source| source.name.as_str());
    let endpoint = cluster.endpoint();
    let Some(partitions) = Partitions::wait_for(&asking, &endpoint, &sink.name, names, stopped) else {
        return Ok(None);
    };
    let max_record = max_record(&settings, &sink.name);
    let settings = cluster.output_producer(max_record);
    let (batch_size, interval) = (batch_size(&settings, max_record), refresh_interval(&settings));
    Ok(Some(Destination { partitions, settings, max_record, batch_size, interval }))
}

fn refresh_interval(settings: &ClientConfig) -> Duration {
    let interval = settings.get("topic.metadata.refresh.interval.ms").and_then(|ms| ms.parse().ok());
    Duration::from_millis(interval.filter(|ms| *ms > 0).unwrap_or(METADATA_REFRESH_MS))
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

/// Half of what the producer holds.
fn share(settings: &ClientConfig) -> u64 {
    // 0 is no bound.
    let queue = settings.get("queue.buffering.max.messages").and_then(|messages| messages.parse().ok());
    let queue = queue.filter(|messages| *messages > 0).unwrap_or(CLIENT_QUEUE);
    (queue / 2).max(1)
}

/// The broker holds `max.message.bytes` against a whole batch, and would refuse all records of a larger one.
fn batch_size(settings: &ClientConfig, max_record: usize) -> usize {
    let wanted = settings.get("batch.size").and_then(|bytes| bytes.parse().ok()).unwrap_or(CLIENT_BATCH);
    wanted.min(max_record)
}
