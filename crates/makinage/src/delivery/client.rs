//! Kafka's client as the transactional producer: rdkafka's threads and callbacks end here. Each producer has a thread
//! of its own that makes its calls, since those wait for brokers.

use std::{sync::Arc, thread, time::Duration};

use crossbeam_channel::{Receiver, Sender, bounded};
use rdkafka::{
    ClientConfig,
    error::{KafkaError, KafkaResult},
    producer::Producer as Client,
};

use super::{
    calls::Caller,
    exactly_once::{ExactlyOnce, Limits, Ties},
    instance::Name,
    native::{Native, Undelivered},
    transactional::{Call, Outcome, Transactional, Transactions},
};
use crate::{
    clock::SystemClock,
    config::Operator,
    event::Ticket,
    kafka::{
        client::Cluster,
        context::Connection,
        forwarding::Context,
        settings,
        topics::{Topic, look_up},
    },
    panics,
    sink::{
        bell::Bell,
        client::{Destination, destination},
        producer::{LookUp, NotTaken, Record},
    },
};

/// librdkafka's default of `transaction.timeout.ms`.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A producer, and the thread that makes its calls.
pub struct TransactionalProducer {
    native: Arc<Native>,
    calls: Sender<Call>,
    outcomes: Receiver<Outcome>,
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

    fn wait(&self, timeout: Duration) {
        let _ = self.outcomes.recv_timeout(timeout);
    }

    fn take_undelivered(&self) -> Vec<(Ticket, KafkaError)> {
        self.native.client().context().own.take()
    }
}

/// Makes the producers of one name.
pub struct KafkaTransactions {
    settings: ClientConfig,
    /// Of who asks how far the group is.
    asker: ClientConfig,
    topics: Arc<[String]>,
    timeout: Duration,
    connection: Arc<Connection>,
    name: Name,
}

impl Transactions for KafkaTransactions {
    type Producer = TransactionalProducer;

    fn create(&self, batch_size: usize, bell: &Bell) -> KafkaResult<TransactionalProducer> {
        let mut settings = self.settings.clone();
        settings.set("batch.size", batch_size.to_string());
        let own = Undelivered::new(bell);
        let native: Native = settings.create_with_context(Context::new(Arc::clone(&self.connection), own))?;
        let native = Arc::new(native);
        let (calls, asked) = bounded::<Call>(1);
        let (told, outcomes) = bounded(1);
        let (topics, bell) = (Arc::clone(&self.topics), bell.clone());
        let mut caller = Caller::new(Arc::clone(&native), self.asker.clone(), topics, self.timeout);
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
        Ok(TransactionalProducer { native, calls, outcomes })
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

impl ExactlyOnce<KafkaTransactions> {
    /// Waits for the sink and data topics to be there. `None` when `stopped` says so first.
    pub fn open(cluster: &Cluster, operator: &Operator, ties: Ties, name: Name) -> KafkaResult<Option<Self>> {
        let stop = ties.stop.clone();
        let Some(destination) = destination(cluster, &operator.sink, &operator.data, &|| stop.requested())? else {
            return Ok(None);
        };
        let Destination { partitions, settings, max_record, batch_size, interval } = destination;
        let settings = settings::transactional(&settings, name.as_str());
        let timeout = settings.get("transaction.timeout.ms").and_then(|ms| ms.trim().parse().ok());
        let timeout = timeout.map_or(TIMEOUT, Duration::from_millis);
        let topics = operator.data.iter().map(|topic| topic.name.clone()).collect();
        tracing::info!("exactly once: transactions of {} for topic {}", name.as_str(), operator.sink.name);
        let transactions = KafkaTransactions {
            settings,
            asker: cluster.offsets_reader(),
            topics,
            timeout,
            connection: Arc::clone(&cluster.connection),
            name,
        };
        let limits = Limits {
            topic: operator.sink.name.as_str().into(),
            max_record,
            batch_size,
            interval: operator.tuning.commit_interval,
            timeout,
        };
        let delivery = Self::with(transactions, partitions, limits, ties, SystemClock)?;
        if let Err(error) = delivery.partitions.watch(interval) {
            tracing::warn!("topics that get more partitions are not noticed before a restart: {error}");
        }
        Ok(Some(delivery))
    }
}
