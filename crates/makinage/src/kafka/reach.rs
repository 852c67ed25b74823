//! Whether the brokers that Kafka names can be reached, and the words for it where they can't: one text, whoever meets
//! it.
//!
//! A bootstrap server answers for the whole cluster; from then on each broker is met at the address that it advertises,
//! which may be none that this machine can resolve or reach.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use parking_lot::{Mutex, MutexGuard};
use rdkafka::{
    ClientContext,
    client::Client,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    metadata::{Metadata, MetadataBroker, MetadataTopic},
};

use super::{explained::Explained, handshake::explain, terms::Terms};

/// How long a client is asked for what it has met.
const LISTEN: Duration = Duration::from_millis(200);

/// Brokers of which the end of a connection is remembered.
const REMEMBERED: usize = 16;

/// What service, `check`, publisher and `model` say of it. `broker` is its address as Kafka advertises it, `leads` the
/// topic that it leads, where one is known.
pub fn unreachable(endpoints: &str, broker: &str, leads: Option<&str>, reason: Option<&str>) -> String {
    let leads = leads.map(|topic| format!(", which leads the topic {topic:?}")).unwrap_or_default();
    let because = because(reason);
    format!(
        "Kafka at {endpoints} answers, but not the broker {broker} that it names{leads}{because}; \
         if that broker runs, make its advertised.listeners an address that this machine reaches"
    )
}

/// A reason in brackets, where there is one.
pub fn because(reason: Option<&str>) -> String {
    reason.map(|reason| format!(" ({reason})")).unwrap_or_default()
}

/// What librdkafka says of a connection's end, without its own thread and state, of no use to the reader.
fn failure(reason: &str) -> &str {
    let reason = reason.strip_prefix("[thrd:").and_then(|rest| rest.split_once("]: ")).map_or(reason, |(_, rest)| rest);
    let reason = reason.split(" (after ").next().unwrap_or(reason);
    // Brokers are named as Kafka's client does it, with how it speaks to them.
    let secured = ["ssl://", "sasl_ssl://", "sasl_plaintext://"];
    secured.iter().find_map(|how| reason.strip_prefix(how)).unwrap_or(reason)
}

/// The address of the broker that a connection's failure is about.
pub fn broker_in(reason: &str) -> Option<&str> {
    let (name, _) = failure(reason).split_once(": ")?;
    let (address, _) = name.rsplit_once('/')?;
    address.contains(':').then_some(address)
}

/// The broker that couldn't be reached, by what librdkafka says of it, where that is one that Kafka has named: only
/// such have a number. Whoever is named as the user named it is no other broker.
fn named_in<'r>(reason: &'r str, endpoints: &str) -> Option<&'r str> {
    let (name, _) = reason.split_once(": ")?;
    let (address, number) = name.rsplit_once('/')?;
    let is_named = number.parse::<u32>().is_ok() && !endpoints.split(',').any(|endpoint| endpoint == address);
    is_named.then_some(address)
}

/// The addresses of the brokers that Kafka names.
pub fn named<C: ClientContext>(client: &Client<C>, timeout: Duration) -> KafkaResult<Vec<String>> {
    let metadata = client.fetch_metadata(None, timeout)?;
    Ok(metadata.brokers().iter().map(address).collect())
}

/// A broker that Kafka names and that doesn't answer, and why, where its connection said so.
#[derive(Debug)]
pub struct Silent {
    /// Its address as Kafka advertises it.
    pub broker: String,
    /// The last connection's failure.
    pub reason: Option<String>,
}

/// A broker that leads a partition of the topic and doesn't answer; where nobody can tell who leads it, one that this
/// client has tried in vain.
pub fn silent_leader(
    consumer: &BaseConsumer<Remembered>,
    endpoints: &str,
    topic: &str,
    timeout: Duration,
) -> Option<Silent> {
    let metadata = match consumer.client().fetch_metadata(Some(topic), timeout) {
        Ok(metadata) => metadata,
        Err(error) if is_silence(&error) => return tried_in_vain(consumer, endpoints),
        Err(_) => return None,
    };
    let silent = |(_, partition): &(i32, i32)| {
        consumer.fetch_watermarks(topic, *partition, timeout).is_err_and(|error| is_silence(&error))
    };
    let (leader, _) = leaders(&metadata, topic).into_iter().find(silent)?;
    let Some(broker) = metadata.brokers().iter().find(|broker| broker.id() == leader).map(address) else {
        // The partition is between two leaders.
        return tried_in_vain(consumer, endpoints);
    };
    let reason = Remembered::of(consumer).about(&broker).map(str::to_owned);
    Some(Silent { broker, reason })
}

/// The broker that Kafka has named and that this client couldn't reach.
pub fn tried_in_vain(consumer: &BaseConsumer<Remembered>, endpoints: &str) -> Option<Silent> {
    let failures = Remembered::of(consumer);
    let (broker, reason) = failures.named(endpoints)?;
    Some(Silent { broker: broker.to_owned(), reason: Some(reason.to_owned()) })
}

/// The brokers that lead partitions of a topic, each with one of them.
fn leaders(metadata: &Metadata, topic: &str) -> Vec<(i32, i32)> {
    let about = metadata.topics().iter().filter(|about| about.name() == topic);
    let mut leaders: Vec<(i32, i32)> = Vec::new();
    for partition in about.flat_map(MetadataTopic::partitions) {
        if leaders.iter().all(|(leader, _)| *leader != partition.leader()) {
            leaders.push((partition.leader(), partition.id()));
        }
    }
    leaders
}

fn address(broker: &MetadataBroker) -> String {
    format!("{}:{}", broker.host(), broker.port())
}

/// Whether a broker didn't answer, rather than refused.
pub fn is_silence(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::OperationTimedOut
                | RDKafkaErrorCode::RequestTimedOut
                | RDKafkaErrorCode::AllBrokersDown
                | RDKafkaErrorCode::Resolve
        )
    )
}

/// Why connections ended, the last of each broker's.
#[derive(Debug, Default)]
pub struct Failures(VecDeque<(String, Instant)>);

impl Failures {
    /// A connection ended, for a reason that begins with the broker's name.
    pub fn note(&mut self, reason: &str) {
        let reason = failure(reason);
        let name = |reason: &str| reason.split(": ").next().map(str::to_owned);
        self.0.retain(|(other, _)| name(other) != name(reason));
        self.0.truncate(REMEMBERED);
        self.0.push_front((reason.to_owned(), Instant::now()));
    }

    /// A client tells an error. That all brokers are down follows from what was said of each.
    pub fn hear(&mut self, error: &KafkaError, reason: &str) {
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            self.note(reason);
        }
    }

    /// The last of all, and when that was.
    pub fn last(&self) -> Option<(&str, Instant)> {
        self.0.front().map(|(reason, at)| (reason.as_str(), *at))
    }

    /// Why there is no connection, where that is a question of security: a line that ends in what to do.
    pub fn explained(&self, terms: &Terms, endpoints: &str) -> Option<Explained> {
        // Of a listener that takes TLS alone, clients that don't speak it say nothing.
        let reason = self.last().map_or("", |(reason, _)| reason);
        let first = endpoints.split(',').next().unwrap_or(endpoints);
        explain(terms, broker_in(reason).unwrap_or(first), reason).map(Explained)
    }

    /// The last about a broker of this address.
    pub fn about(&self, broker: &str) -> Option<&str> {
        self.0.iter().map(|(reason, _)| reason.as_str()).find(|reason| reason.contains(broker))
    }

    /// The broker that Kafka has named and that couldn't be reached, and why.
    pub fn named(&self, endpoints: &str) -> Option<(&str, &str)> {
        self.0.iter().find_map(|(reason, _)| Some((named_in(reason, endpoints)?, reason.as_str())))
    }
}

/// A client's context for commands, which remembers why connections ended and says nothing by itself.
#[derive(Debug, Default)]
pub struct Remembered(Mutex<Failures>);

impl Remembered {
    /// What this client has met.
    pub fn of(consumer: &BaseConsumer<Self>) -> MutexGuard<'_, Failures> {
        // What it has to tell comes with its events; without a subscription there are no others.
        let until = Instant::now() + LISTEN;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            consumer.poll(left);
        }
        consumer.client().context().0.lock()
    }
}

impl ClientContext for Remembered {
    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.0.lock().hear(&error, reason);
    }
}

impl ConsumerContext for Remembered {}

#[cfg(test)]
mod tests;
