//! What the producer's own thread reports: outputs that are acknowledged settle their events, those that weren't taken are collected.

use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig, ClientContext,
    config::RDKafkaLogLevel,
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    message::{DeliveryResult, OwnedMessage},
    producer::{Producer, ProducerContext, PurgeConfig, ThreadedProducer},
};

use crate::{
    event::{Fate, Ticket},
    kafka::context::Connection,
    panics,
    source::acks::Acks,
};

/// An output that Kafka did not take.
#[derive(Debug)]
pub(super) struct Undelivered {
    pub error: KafkaError,
    pub message: OwnedMessage,
    pub ticket: Ticket,
}

/// No output's report is waited for.
const NOBODY: usize = usize::MAX;

/// The producer's context.
pub struct Reports {
    acks: Arc<Acks>,
    connection: Arc<Connection>,
    undelivered: Mutex<Vec<Undelivered>>,
    /// The output whose report is waited for, as its opaque value.
    awaited: AtomicUsize,
    /// The producer takes nothing any more.
    given_up: AtomicBool,
    /// Something of what can be waited for has happened.
    arrived: Condvar,
}

impl Reports {
    /// Settles events through `acks`.
    pub(super) fn new(acks: &Arc<Acks>, connection: &Arc<Connection>) -> Self {
        Self {
            acks: Arc::clone(acks),
            connection: Arc::clone(connection),
            undelivered: Mutex::default(),
            awaited: AtomicUsize::new(NOBODY),
            given_up: AtomicBool::new(false),
            arrived: Condvar::new(),
        }
    }

    fn undelivered(&self) -> MutexGuard<'_, Vec<Undelivered>> {
        self.undelivered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Under the lock: who is about to wait must not miss it.
    fn tell(&self, awaited: usize) {
        if self.awaited.load(Ordering::Relaxed) == awaited {
            let _undelivered = self.undelivered();
            self.awaited.store(NOBODY, Ordering::Relaxed);
            self.arrived.notify_all();
        }
    }
}

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        // Why a producer gives up is told by the sink, with what becomes of its outputs; that it may is the sink's own choice, which librdkafka
        // warns of as experimental.
        let own = facility == "FATAL" || (facility == "CONFWARN" && message.contains("enable.gapless.guarantee"));
        self.connection.log(if own { RDKafkaLogLevel::Debug } else { level }, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) {
            let _undelivered = self.undelivered();
            self.given_up.store(true, Ordering::Relaxed);
            self.arrived.notify_all();
        } else {
            self.connection.error(error, reason);
        }
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = usize;

    fn delivery(&self, report: &DeliveryResult<'_>, opaque: usize) {
        panics::point("producer polling thread");
        let ticket = Ticket::from_opaque(opaque);
        match report {
            Ok(_) => {
                self.connection.alive();
                self.acks.settle(ticket, Fate::Finished);
            }
            Err((error, message)) => {
                self.undelivered().push(Undelivered { error: error.clone(), message: message.detach(), ticket });
            }
        }
        self.tell(opaque);
    }
}

/// The producer of outputs.
pub(super) type OutputProducer = ThreadedProducer<Reports>;

pub(super) fn create(settings: &ClientConfig, reports: Reports) -> KafkaResult<Arc<OutputProducer>> {
    settings.create_with_context(reports).map(Arc::new)
}

/// What was not taken since the last call.
pub(super) fn take_undelivered(producer: &OutputProducer) -> Vec<Undelivered> {
    std::mem::take(&mut *producer.client().context().undelivered())
}

/// Whether everything that has been reported was taken, and the producer goes on taking.
pub(super) fn is_well(producer: &OutputProducer) -> bool {
    !has_given_up(producer) && producer.client().context().undelivered().is_empty()
}

/// Whether the producer takes nothing any more.
pub(super) fn has_given_up(producer: &OutputProducer) -> bool {
    producer.client().context().given_up.load(Ordering::Relaxed) || producer.client().fatal_error().is_some()
}

/// A report that is waited for.
pub(super) struct Waited {
    pub producer: Arc<OutputProducer>,
    /// The partition that the producer begins with it.
    pub opens: i32,
}

/// From now on this output's report is waited for, until it has come.
pub(super) fn expect_report(producer: &OutputProducer, ticket: Option<Ticket>) {
    let awaited = ticket.map_or(NOBODY, Ticket::into_opaque);
    producer.client().context().awaited.store(awaited, Ordering::Relaxed);
}

/// Waits for the report that is expected; `false` when it hasn't come by then, and still may.
pub(super) fn wait_for_report(producer: &OutputProducer, until: Instant) -> bool {
    let reports = producer.client().context();
    let mut undelivered = reports.undelivered();
    loop {
        if reports.awaited.load(Ordering::Relaxed) == NOBODY || reports.given_up.load(Ordering::Relaxed) {
            return true;
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        (undelivered, _) = reports.arrived.wait_timeout(undelivered, left).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Everything that a producer still holds. What is on its way to a broker is waited for, so that nothing is produced twice that arrives; for
/// at most `patience`.
pub(super) fn take_back(producer: &OutputProducer, patience: Duration) -> Vec<Undelivered> {
    let until = Instant::now() + patience;
    while producer.in_flight_count() > 0 && Instant::now() < until {
        // Each time: what a broker refuses for what came before it goes back into the queue.
        producer.purge(PurgeConfig::default().queue());
        thread::sleep(Duration::from_millis(1));
    }
    producer.purge(PurgeConfig::default().queue().inflight());
    let _ = producer.flush(Duration::from_secs(5));
    take_undelivered(producer)
}

/// Refusals that are the record's own, once it was refused alone, with what to do: producing it again can't mend them. A time that the
/// broker doesn't take is none of them: the record gets another one each time, and a clock that is wrong is wrong for all.
pub(super) fn is_records_own(error: &KafkaError) -> Option<&'static str> {
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
