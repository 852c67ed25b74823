//! Kafka's client as the transactional producer: rdkafka's threads and callbacks end here. Each producer has a thread
//! of its own that makes its calls, since those wait for brokers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender, bounded};
use rdkafka::{
    error::{KafkaError, KafkaResult},
    producer::Producer as Client,
};

use super::{
    calls::{Asks, Caller},
    denied::Denials,
    exactly_once::{ExactlyOnce, Limits, Ties},
    instance::Name,
    letters::Letters,
    native::{Native, Undelivered},
    transactional::{Call, Outcome, Transactional, Transactions},
};
use crate::{
    clock::SystemClock,
    config::Operator,
    event::Ticket,
    kafka::{
        client::Cluster,
        clients::Settings,
        forwarding::Context,
        renewal::MadeWith,
        settings,
        topics::{Topic, look_up},
    },
    panics,
    sink::{
        bell::Bell,
        opening::{Opened, Opening},
        partitions::Partitions,
        producer::{LookUp, NotTaken, Record},
        purpose::Purpose,
        rereading::Rereader,
    },
};

/// librdkafka's default of `transaction.timeout.ms`.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A producer, and the thread that makes its calls.
pub struct TransactionalProducer {
    native: Arc<Native>,
    /// The certificates that its client was made with.
    files: MadeWith,
    calls: Sender<Call>,
    outcomes: Receiver<Outcome>,
    has_sent_positions: Arc<AtomicBool>,
}

impl LookUp for TransactionalProducer {
    fn look_up(&self, topic: &str) -> Topic {
        look_up(self.native.client(), topic)
    }
}

impl Transactional for TransactionalProducer {
    fn send<'r>(&self, record: Record<'r>) -> Result<(), NotTaken<'r>> {
        self.native.send(record)
    }

    fn call(&self, call: Call) {
        // There is room for one, and the one before has had its outcome.
        let _ = self.calls.try_send(call);
    }

    fn outcome(&self) -> Option<Outcome> {
        self.outcomes.try_recv().ok()
    }

    fn has_sent_positions(&self) -> bool {
        self.has_sent_positions.load(Ordering::Relaxed)
    }

    fn wait(&self, timeout: Duration) {
        let _ = self.outcomes.recv_timeout(timeout);
    }

    fn is_out_of_date(&self) -> bool {
        self.files.is_out_of_date()
    }

    fn take_undelivered(&self) -> Vec<(Ticket, KafkaError)> {
        self.native.client().context().own.take()
    }
}

/// Makes the producers of one name.
pub struct KafkaTransactions {
    settings: Settings,
    /// Of who asks how far the group is.
    asker: Settings,
    topics: Arc<[String]>,
    timeout: Duration,
    denials: Denials,
    name: Name,
}

impl Transactions for KafkaTransactions {
    type Producer = TransactionalProducer;

    fn create(&self, batch_size: usize, bell: &Bell) -> KafkaResult<TransactionalProducer> {
        let mut settings = self.settings.clone();
        settings.set("batch.size", batch_size.to_string());
        let (own, files) = (Undelivered::new(bell), settings.files());
        let connection = Arc::clone(&self.denials.connection);
        let native: Arc<Native> = Arc::new(settings.create_with_context(Context::new(connection, own))?);
        let (calls, asked) = bounded::<Call>(1);
        let (told, outcomes) = bounded(1);
        let (topics, bell) = (Arc::clone(&self.topics), bell.clone());
        let asks = Asks { settings: self.asker.clone(), topics, denials: self.denials.clone() };
        let has_sent_positions = Arc::new(AtomicBool::new(false));
        let mut caller = Caller::new(Arc::clone(&native), asks, self.timeout, Arc::clone(&has_sent_positions));
        let run = move || {
            for call in asked {
                panics::point("transactions");
                // Nobody hears what comes of calls of a producer that was given up.
                let _ = told.send(caller.make(call));
                bell.ring();
            }
        };
        thread::Builder::new()
            .name("transactions".into())
            .spawn(run)
            .map_err(|error| KafkaError::ClientCreation(format!("no thread for transactions: {error}")))?;
        Ok(TransactionalProducer { native, files, calls, outcomes, has_sent_positions })
    }

    fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The client's threads are waited for by one that has the time.
    fn end(&self, producer: Arc<TransactionalProducer>) {
        let end = move || {
            panics::point("end of a producer");
            drop(producer);
        };
        if let Err(error) = thread::Builder::new().name("end of a producer".into()).spawn(end) {
            tracing::debug!("a producer ends on the pipeline's thread: {error}");
        }
    }
}

/// Waits for the sink, data and dead-letter topics to be there. `None` when the stop comes first.
pub(crate) fn open(
    cluster: &Cluster,
    operator: &Operator,
    ties: &Ties,
    name: Name,
) -> KafkaResult<Option<ExactlyOnce<KafkaTransactions>>> {
    let stop = ties.stop.clone();
    let stopped = || stop.requested();
    let opening = Opening { cluster, sources: &operator.data, acks: &ties.acks, stopped: &stopped };
    let Some(outputs) = opening.topic(&operator.sink.name, Purpose::Outputs)? else { return Ok(None) };
    let letters = match &operator.dead_letter {
        None => None,
        Some(topic) => match opening.topic(topic, Purpose::DeadLetters)? {
            None => return Ok(None),
            Some(letters) => Some((topic, letters)),
        },
    };
    let Opened { partitions, mut settings, limits, interval } = outputs;
    let mut batch_size = limits.batch_size;
    if let Some((_, letters)) = &letters {
        // One producer sends both.
        settings = letters.settings.clone();
        batch_size = batch_size.min(letters.limits.batch_size);
    }
    let settings = settings::transactional(&settings, name.as_str());
    let timeout = settings.get("transaction.timeout.ms").and_then(|ms| ms.trim().parse().ok());
    let timeout = timeout.map_or(TIMEOUT, Duration::from_millis);
    tracing::info!("exactly once: transactions of {} for topic {}", name.as_str(), operator.sink.name);
    let denials = Denials {
        connection: Arc::clone(&cluster.connection),
        group: cluster.application().into(),
        name: name.as_str().into(),
        topics: [&operator.sink.name].into_iter().chain(&operator.dead_letter).cloned().collect(),
        sources: opening.names().into(),
    };
    let (asker, topics) = (cluster.offsets_reader(), opening.names().into());
    let transactions = KafkaTransactions { settings, asker, topics, timeout, denials, name };
    let limits = Limits {
        topic: operator.sink.name.as_str().into(),
        max_record: limits.max_record,
        batch_size,
        interval: operator.tuning.commit_interval,
        timeout,
    };
    let letters = letters.map(|(topic, Opened { partitions, limits, .. })| {
        let originals = Rereader::new(cluster, opening.names(), ties.bell.clone());
        Letters::new(topic, partitions, limits.max_record, opening.head(&operator.name), Box::new(originals))
    });
    let mut delivery = ExactlyOnce::with(transactions, partitions, limits, ties.clone(), SystemClock)?;
    watch(&delivery.partitions, interval);
    if let Some(letters) = letters {
        watch(&letters.partitions, interval);
        delivery.bury_with(letters);
    }
    Ok(Some(delivery))
}

/// Topics that grow are noticed as soon as the client itself would.
fn watch(partitions: &Arc<Partitions<TransactionalProducer>>, interval: Duration) {
    if let Err(error) = partitions.watch(interval) {
        tracing::warn!(code = "K014", "topics that get more partitions are not noticed before a restart: {error}");
    }
}
