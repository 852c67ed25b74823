//! Whether transactions may begin. No request tells of that right, so a producer tries, under a name that nobody has:
//! whoever began under an instance's own would end what that is at.

use std::time::Duration;

use kafka_headers::tokens::Supplied;
use rdkafka::{
    client::ClientContext,
    config::RDKafkaLogLevel,
    error::{KafkaError, KafkaResult},
    message::DeliveryResult,
    producer::{BaseProducer, Producer, ProducerContext},
};

use super::{
    acls::Verdict,
    client::Cluster,
    denied::{Operation, Resource, is_denial},
    described::reason,
    settings,
};

/// Tries to begin under a name that begins as those of an instance do. A right that is granted for these alone isn't
/// found, so that what is missing is a note.
pub fn transactions(cluster: &Cluster, stem: &str, timeout: Duration) -> Verdict {
    let Err(error) = try_to_begin(cluster, &format!("{stem}-check"), timeout) else { return Verdict::Met };
    if !is_denial(&error) {
        return Verdict::Unknown(error.to_string());
    }
    let all = format!("{}-", cluster.application());
    let operations = [Operation::Write, Operation::Describe];
    let line = cluster.rights().missing(&reason(&error), Resource::TransactionalId(&all), &operations);
    Verdict::Lesser(format!(
        "exactly_once: {line} --resource-pattern-type prefixed; without it nothing is written, unless just the names of \
         the instances are allowed"
    ))
}

fn try_to_begin(cluster: &Cluster, name: &str, timeout: Duration) -> KafkaResult<()> {
    let settings = settings::transactional(&cluster.producer(), name);
    let producer: Supplied<BaseProducer<Quiet>> = settings.create_with_context(Quiet)?;
    producer.init_transactions(timeout)
}

/// What the trial comes to is all that is told of it.
struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!("{error}: {reason}");
    }
}

impl ProducerContext for Quiet {
    type DeliveryOpaque = ();

    /// Nothing is sent.
    fn delivery(&self, _report: &DeliveryResult<'_>, _opaque: ()) {}
}
