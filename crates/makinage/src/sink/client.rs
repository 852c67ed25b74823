//! Kafka's client as the sink's producer: rdkafka's threads and callbacks end here.

use std::{sync::Arc, thread, time::Duration};

use kafka_headers::tokens::Supplied;
use rdkafka::{
    Message, Statistics,
    config::RDKafkaLogLevel,
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    message::DeliveryResult,
    producer::{Producer as Client, ProducerContext, PurgeConfig, ThreadedProducer},
};

use super::{
    bell::Bell,
    producer::{Fatal, Kind, LookUp, NotTaken, Producer, Producers, Record},
    reports::{Reports, Undelivered},
};
use crate::{
    event::{Fate, Ticket},
    kafka::{
        clients::Settings,
        context::Connection,
        denied::{Operation, Resource},
        forwarding::{Context, Own},
        last_words::LastWords,
        renewal::MadeWith,
        settings,
        topics::{Topic, look_up},
    },
    panics,
    source::acks::Acks,
};

/// What is the producer's own in its context.
pub struct Deliveries {
    reports: Reports,
    /// The sink.
    topic: Arc<str>,
    /// The certificates that its client was made with.
    files: MadeWith,
    last_words: LastWords,
}

impl Own for Deliveries {
    /// Why a producer gives up is told by the sink, with what becomes of its outputs; that it may is the sink's own
    /// choice, which librdkafka warns of as experimental.
    fn level(&self, level: RDKafkaLogLevel, facility: &str, message: &str) -> RDKafkaLogLevel {
        let own = facility == "FATAL" || (facility == "CONFWARN" && message.contains("enable.gapless.guarantee"));
        if own { RDKafkaLogLevel::Debug } else { level }
    }

    fn notes(&self, _: RDKafkaLogLevel, facility: &str, message: &str) -> bool {
        if self.last_words.is_said_by(facility, message) {
            self.reports.give_up();
        }
        false
    }

    fn keeps(&self, _: &KafkaError, reason: &str) -> bool {
        self.last_words.is_for(reason)
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
        let (code, reason) = self.client().fatal_error()?;
        let Context { listener, own } = self.client().context().as_ref();
        let is_denied = listener.denied(&KafkaError::Global(code), Resource::Topic(&own.topic), &[Operation::Write]);
        Some(Fatal { is_gap: code == RDKafkaErrorCode::GaplessGuarantee, is_denied, reason })
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
}

impl<P: LookUp> LookUp for Supplied<P> {
    fn look_up(&self, topic: &str) -> Topic {
        P::look_up(self, topic)
    }
}

/// Makes the sink's producers.
pub struct KafkaProducers {
    pub(super) settings: Settings,
    pub(super) topic: Arc<str>,
    pub(super) acks: Arc<Acks>,
    /// What an event is whose record is acknowledged.
    pub(super) fate: Fate,
    pub(super) connection: Arc<Connection>,
}

impl KafkaProducers {
    /// A client that only asks, with the files that it was made with.
    pub(super) fn asking(&self) -> KafkaResult<(Supplied<OutputProducer>, MadeWith)> {
        let files = self.settings.files();
        Ok((self.create_with(&self.settings, &Bell::new().0)?, files))
    }

    pub(super) fn create_with(&self, settings: &Settings, bell: &Bell) -> KafkaResult<Supplied<OutputProducer>> {
        let (reports, topic) = (Reports::new(&self.acks, self.fate, bell), Arc::clone(&self.topic));
        let (files, last_words) = (settings.files(), LastWords::default());
        let deliveries = Deliveries { reports, topic, files, last_words };
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
