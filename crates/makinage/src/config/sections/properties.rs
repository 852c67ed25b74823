//! `kafka.properties`: librdkafka's own settings, less those that would break a promise of this program.
//!
//! Whether librdkafka knows a property and takes its value is for librdkafka to say, when a client is made.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::security;
use crate::{
    config::{
        reader::{described, field::Field, problem::Findings, shape::Ground},
        values::secret::resolve,
    },
    quoted::quoted,
    yaml::{Scalar, Value},
};

#[cfg(test)]
mod tests;

/// Properties that can't be set, and why.
const REFUSED: &[(&[&str], &str)] = &[
    (&["bootstrap.servers", "metadata.broker.list"], "the servers are `kafka.endpoint`; set that instead"),
    (&["group.id"], "the consumer group is `application.name`; set that instead"),
    (
        &[
            "enable.auto.commit",
            "auto.commit.enable",
            "enable.auto.offset.store",
            "auto.commit.interval.ms",
            "offset.store.method",
        ],
        "an offset is committed only once its output has arrived, or events would be lost; remove it",
    ),
    (&["auto.offset.reset"], "where reading starts is a topic's `start_from`; set that instead"),
    (
        &["enable.idempotence", "enable.gapless.guarantee", "acks", "request.required.acks"],
        "outputs are written once, in order and acknowledged by all replicas; remove it",
    ),
    (
        &["retries", "message.send.max.retries", "message.timeout.ms", "delivery.timeout.ms"],
        "an output is sent until Kafka has it, or events would be lost; remove it",
    ),
    (&["isolation.level"], "events of aborted transactions never happened and aren't read; remove it"),
    (
        &["transactional.id"],
        "transactions come with an operator's `delivery: exactly_once`, which names them by itself; remove it",
    ),
    (&["partitioner"], "outputs go where their events' keys are, which decides their order; remove it"),
    (
        &["partition.assignment.strategy"],
        "how partitions move between instances is part of not losing events; remove it",
    ),
    (
        &["group.protocol", "group.remote.assignor"],
        "the newer protocol of consumer groups (KIP-848) stalls, and commits what brokers refuse, in the Kafka client that \
         is built in (librdkafka before 2.15); remove it",
    ),
    (&["enable.partition.eof"], "this program reads without end; remove it"),
    (
        &["delivery.report.only.error"],
        "an event is finished once its output is reported as delivered, so that nothing would ever be committed; remove it",
    ),
    (&["queuing.strategy"], "outputs are written in their events' order; remove it"),
    (&["topic.blacklist"], "the topics are those of `topics`; remove it"),
    (
        &["message.max.bytes", "max.request.size"],
        "how large a record may be is asked from its topic; set the topic's `max.message.bytes` instead",
    ),
    (&["plugin.library.paths"], "code is loaded only into the workers, never beside Kafka; remove it"),
];

/// With more, a retry could overtake what was sent before it.
const MOST_IN_FLIGHT: u64 = 5;

/// Any names but those that are refused whatever their value.
pub(crate) fn schema() -> Json {
    let refused: Vec<&str> = REFUSED.iter().flat_map(|(names, _)| names.iter().copied()).collect();
    described::named(&described::scalar(), &json!({"not": {"enum": refused}}))
}

/// The properties to pass through; those of security are for `secured`.
pub(crate) fn read(
    field: &Field,
    ground: &Ground,
    secured: &mut security::Reader,
    findings: &mut Findings,
) -> BTreeMap<String, String> {
    let mut properties = BTreeMap::new();
    for (name, field) in field.named(findings).unwrap_or_default() {
        if let Some(why) = refusal(name) {
            findings.problem(&field.place, format!("{} can't be set: {why}", quoted(name)));
        } else if secured.takes(name, &field, ground, findings) {
        } else if let Some(value) = value(&field, ground, findings) {
            if overtakes(name, &value) {
                let message = format!(
                    "with {} requests in flight, outputs could overtake each other; use at most {MOST_IN_FLIGHT}",
                    quoted(&value)
                );
                findings.problem(&field.place, message);
            } else {
                properties.insert(name.to_owned(), value);
            }
        }
    }
    properties
}

/// Any scalar, as librdkafka wants it written.
fn value(field: &Field, ground: &Ground, findings: &mut Findings) -> Option<String> {
    match &field.node.value {
        Value::Scalar(_, Scalar::Bool(value)) => Some(value.to_string()),
        Value::Scalar(_, Scalar::Integer(digits)) => Some(digits.clone()),
        Value::Scalar(text, Scalar::Float(_)) => Some(text.clone()),
        Value::Scalar(text, Scalar::Text) if text.contains("${") => {
            resolve(field, ground).map_err(|message| findings.problem(&field.place, message)).ok()
        }
        _ => field.text(findings).map(str::to_owned),
    }
}

/// Why the property can't be set, whatever its value.
fn refusal(name: &str) -> Option<&'static str> {
    if let Some((_, why)) = REFUSED.iter().find(|(names, _)| names.contains(&name)) {
        return Some(why);
    }
    let is_code = name.ends_with("_cb") || name.ends_with("_conf") || name.starts_with("dr_") || name == "opaque";
    is_code.then_some("it is part of this program's own code; remove it")
}

fn overtakes(name: &str, value: &str) -> bool {
    matches!(name, "max.in.flight" | "max.in.flight.requests.per.connection")
        && value.parse().map_or(true, |count: u64| count > MOST_IN_FLIGHT)
}
