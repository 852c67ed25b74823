//! Kafka's client as the sink's producer: rdkafka's threads and callbacks end here. Opens what an operator writes to.

use std::{sync::Arc, thread, time::Duration};

use kafka_headers::tokens::Supplied;
use rdkafka::{
    ClientConfig, Message, Statistics,
    config::RDKafkaLogLevel,
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    message::DeliveryResult,
    producer::{Producer as Client, ProducerContext, PurgeConfig, ThreadedProducer},
};

use super::{
    bell::Bell,
    dead_letters::DeadLetters,
    kafka::{Destination, KafkaSink, Limits},
    operator::OperatorSink,
    partitions::Partitions,
    producer::{Fatal, Kind, NotTaken, Producer, Producers, Record},
    purpose::Purpose,
    reports::{Reports, Undelivered},
    rereading::Rereader,
};
use crate::{
    clock::SystemClock,
    config::{DataTopic, Operator, SinkTopic},
    event::{Fate, Ticket},
    kafka::{
        client::Cluster,
        clients::Settings,
        context::Connection,
        denied::{Operation, Resource, is_denial_code},
        forwarding::{Context, Own},
        limits,
        renewal::MadeWith,
        settings::{self, CLIENT_LIMIT, METADATA_REFRESH_MS},
        topics::{Topic, look_up},
    },
    letters::Letterhead,
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
    /// The sink.
    topic: Arc<str>,
    /// The certificates that its client was made with.
    files: MadeWith,
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

    fn look(&self, _: &Statistics) {
        if self.files.is_out_of_date() {
            self.reports.retire();
        }
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
                self.listener.denied(error, Resource::Topic(message.topic()), &[Operation::Write]);
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
        let (code, mut reason) = self.client().fatal_error()?;
        if is_denial_code(code) {
            let Context { listener, own } = self.client().context().as_ref();
            // Whoever may write to any topic may number its records, which this is about.
            reason = listener.rights.missing(&reason, Resource::Topic(&own.topic), &[Operation::Write]);
        }
        Some(Fatal { is_gap: code == RDKafkaErrorCode::GaplessGuarantee, reason })
    }

    fn reports(&self) -> &Reports {
        &self.client().context().own.reports
    }

    fn look_up(&self, topic: &str) -> Topic {
        look_up(self.client(), topic)
    }
}

impl<P: Producer> Producer for Supplied<P> {
    fn send<'r>(&self, record: Record<'r>) -> Result<(), NotTaken<'r>> {
        P::send(self, record)
    }

    fn under_way(&self) -> usize {
        P::under_way(self)
    }

    fn purge(&self) {
        P::purge(self);
    }

    fn flush(&self, timeout: Duration) -> bool {
        P::flush(self, timeout)
    }

    fn fatal_error(&self) -> Option<Fatal> {
        P::fatal_error(self)
    }

    fn reports(&self) -> &Reports {
        P::reports(self)
    }

    fn look_up(&self, topic: &str) -> Topic {
        P::look_up(self, topic)
    }
}

/// Makes the sink's producers.
pub struct KafkaProducers {
    settings: Settings,
    topic: Arc<str>,
    acks: Arc<Acks>,
    /// What an event is whose record is acknowledged.
    fate: Fate,
    connection: Arc<Connection>,
}

impl KafkaProducers {
    fn create_with(&self, settings: &Settings, bell: &Bell) -> KafkaResult<Supplied<OutputProducer>> {
        let (reports, topic) = (Reports::new(&self.acks, self.fate, bell), Arc::clone(&self.topic));
        let deliveries = Deliveries { reports, topic, files: settings.files() };
        settings.create_with_context(Context::new(Arc::clone(&self.connection), deliveries))
    }
}

impl Producers for KafkaProducers {
    type Producer = Supplied<OutputProducer>;

    fn create(&self, kind: Kind, batch_size: usize, bell: &Bell) -> KafkaResult<Supplied<OutputProducer>> {
        let settings = match kind {
            Kind::Ordinary => settings::in_order(&self.settings, batch_size),
            Kind::Alone => settings::alone(&self.settings, batch_size),
        };
        self.create_with(&settings, bell)
    }

    /// Its threads are waited for by one that has the time.
    fn end(&self, producer: Arc<Supplied<OutputProducer>>) {
        let end = move || {
            panics::point("end of a producer");
            drop(producer);
        };
        if let Err(error) = thread::Builder::new().name("end of a producer".into()).spawn(end) {
            tracing::debug!("a producer ends on the pipeline's thread: {error}");
        }
    }
}

/// The sink of one operator.
pub(crate) type KafkaOperatorSink = OperatorSink<KafkaProducers, SystemClock, Rereader>;

/// What the topics have in common that are opened to be written to.
pub(crate) struct Opening<'o> {
    pub cluster: &'o Cluster,
    /// The data topics.
    pub sources: &'o [DataTopic],
    pub acks: &'o Arc<Acks>,
    /// Ends the wait for topics.
    pub stopped: &'o dyn Fn() -> bool,
}

impl Opening<'_> {
    /// What an operator writes to. Waits for those topics and for the data topics, since the partition rule needs their
    /// sizes. `None` when `stopped` says so first.
    pub(crate) fn operator(&self, operator: &Operator) -> KafkaResult<Option<KafkaOperatorSink>> {
        let (bell, _) = Bell::new();
        let Some(outputs) = self.topic(&operator.sink.name, Purpose::Outputs, &bell)? else { return Ok(None) };
        let Some(topic) = &operator.dead_letter else { return Ok(Some(OperatorSink::new(outputs, None))) };
        let Some(letters) = self.topic(topic, Purpose::DeadLetters, &bell)? else { return Ok(None) };
        let topics: Vec<String> = self.sources().map(str::to_owned).collect();
        let head = Letterhead::new(self.cluster.application(), &operator.name, topics.clone());
        let originals = Rereader::new(self.cluster, topics, bell);
        let letters = DeadLetters::new(letters, head, originals, Arc::clone(self.acks));
        Ok(Some(OperatorSink::new(outputs, Some(letters))))
    }

    fn sources(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|source| source.name.as_str())
    }

    /// What writes to one topic.
    fn topic(&self, topic: &str, purpose: Purpose, bell: &Bell) -> KafkaResult<Option<KafkaSink<KafkaProducers>>> {
        let cluster = self.cluster;
        let fate = match purpose {
            Purpose::Outputs => Fate::Finished,
            Purpose::DeadLetters => Fate::DeadLetter,
        };
        let (acks, connection) = (Arc::clone(self.acks), Arc::clone(&cluster.connection));
        let mut producers =
            KafkaProducers { settings: cluster.producer(), topic: topic.into(), acks, fate, connection };
        let asking = producers.create_with(&producers.settings, bell)?;
        let names = self.sources();
        let Some(partitions) = Partitions::wait_for(&asking, &cluster.connection, topic, names, self.stopped) else {
            return Ok(None);
        };
        let max_record = max_record(&producers.settings, topic);
        producers.settings = cluster.output_producer(match purpose {
            Purpose::Outputs => max_record,
            // The broker alone decides: its limit may be raised while one waits that is above it.
            Purpose::DeadLetters => usize::try_from(CLIENT_LIMIT).unwrap_or(usize::MAX),
        });
        let batch_size = batch_size(&producers.settings, max_record);
        let limits = Limits { max_record, batch_size, share: share(&producers.settings) };
        let interval = refresh_interval(&producers.settings);
        let destination = Destination { topic: topic.into(), partitions, limits, purpose };
        let sink = KafkaSink::with(producers, destination, bell.clone(), SystemClock)?;
        // Topics that grow are noticed as soon as the client itself would.
        if let Err(error) = sink.partitions.watch(interval) {
            tracing::warn!("topics that get more partitions are not noticed before a restart: {error}");
        }
        Ok(Some(sink))
    }
}

impl KafkaSink<KafkaProducers> {
    /// The sink topic alone, without dead letters. `None` when `stopped` says so first.
    pub fn open(
        cluster: &Cluster,
        sink: &SinkTopic,
        sources: &[DataTopic],
        acks: &Arc<Acks>,
        stopped: &dyn Fn() -> bool,
    ) -> KafkaResult<Option<Self>> {
        Opening { cluster, sources, acks, stopped }.topic(&sink.name, Purpose::Outputs, &Bell::new().0)
    }
}

fn refresh_interval(settings: &ClientConfig) -> Duration {
    let interval = settings.get("topic.metadata.refresh.interval.ms").and_then(|ms| ms.parse().ok());
    Duration::from_millis(interval.filter(|ms| *ms > 0).unwrap_or(METADATA_REFRESH_MS))
}

/// The sink topic's `max.message.bytes`; brokers that can't be asked have Kafka's default.
fn max_record(settings: &Settings, topic: &str) -> usize {
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
