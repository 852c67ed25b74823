//! The `kafka` section, also written `Kafka`.

use std::{collections::BTreeMap, marker::PhantomData};

use serde_json::{Value as Json, json};

use super::{
    properties,
    security::{self, Security, SecurityKeys, note_repetition},
};
use crate::{
    config::{
        reader::{
            described,
            field::Field,
            kinds::Below,
            problem::{Findings, Place},
            section::Section,
            shape::{Ground, Kind, Shaped, section},
        },
        values::{endpoint, expanded::Expanded},
    },
    yaml::join,
};

#[cfg(test)]
mod tests;

section! {
    /// The keys of the section.
    pub struct KafkaKeys
    by hand {
        /// One server is enough to find the others; the port is 9092 where none is given.
        endpoint: "one server, several with commas, or a list", "",
            schema described::either(&[described::text(), described::list(&described::text(), 1)]),
            example r#"["kafka-1", "kafka-2:9093", "[::1]:9092"]"#, restart;
    }
    keys {
        /// How connections are secured. Its values may be `${env:NAME}` or `${file:PATH}`, which is for passwords above
        /// all.
        security: Option<SecurityKeys> = Below::<SecurityKeys>(PhantomData), optional "",
            example "{sasl: {mechanism: SCRAM-SHA-512, username: service, password: \"${env:KAFKA_PASSWORD}\"}}", restart;
        /// A name of this instance that stays the same when it is started anew: no events move then, if it is back in
        /// time (`group.instance.id`). Two instances must not have the same.
        instance: Option<String> = Expanded, optional "none", example "\"serving-${env:HOSTNAME}\"", restart;
        /// The rack, or zone, that this machine is in: records are read from a replica there, where brokers allow it
        /// (`client.rack`).
        rack: Option<String> = Expanded, optional "none", example "eu-west-1a", restart;
    }
    by hand {
        /// librdkafka's own settings, less those that would break a promise of this program. Values may be references
        /// as in `security`.
        properties: "names and values", "none", schema properties::schema(),
            example "{client.id: my_model_serving, compression.type: lz4, linger.ms: 1}", restart;
    }
    keys {}
}

/// The section's schema, by a reference to [`definition`], since the file knows it by two names.
pub(crate) fn schema() -> Json {
    json!({"$ref": "#/$defs/kafka"})
}

/// What [`schema`] refers to.
pub(crate) fn definition() -> Json {
    described::section(&KafkaKeys::described())
}

const REMEDY: &str = "say where Kafka is, for example `endpoint: \"localhost:9092\"`";

/// How to reach Kafka.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kafka {
    /// `host:port` of each bootstrap server; the port is 9092 where the file gives none. Never empty.
    pub endpoints: Vec<String>,
    /// librdkafka properties passed through, already checked against those that would break a promise.
    pub properties: BTreeMap<String, String>,
    /// How connections are secured.
    pub security: Security,
}

/// The section below the file's top level.
pub(crate) fn read(root: &Section, ground: &Ground, findings: &mut Findings) -> Option<Kafka> {
    let field = either(root, findings)?;
    let section = Section::read(field, &KafkaKeys::KEYS, findings)?;
    let mut secured = security::Reader::default();
    if let Some(field) = section.get("security") {
        secured.section(field, ground, findings);
    }
    let given = section.get("properties");
    let mut properties = given.map(|field| properties::read(field, ground, &mut secured, findings)).unwrap_or_default();
    for (key, property) in [("instance", "group.instance.id"), ("rack", "client.rack")] {
        let Some(field) = section.get(key) else { continue };
        if let Some(entry) = given.and_then(|given| given.node.get(property)) {
            let place = Place::key(entry.key.line, join(&section.place.below("properties").key, property));
            note_repetition(&place, &field.place, findings);
        } else if let Some(value) = Expanded.read(field, ground, findings) {
            properties.insert(property.to_owned(), value);
        }
    }
    let endpoints = section.require("endpoint", REMEDY, findings).cloned();
    let endpoints = endpoints.and_then(|field| endpoint::read(&field, findings));
    let security = secured.finish(endpoints.as_deref().unwrap_or_default(), ground, findings);
    Some(Kafka { endpoints: endpoints?, properties, security })
}

fn either<'s, 't>(root: &'s Section<'t>, findings: &mut Findings) -> Option<&'s Field<'t>> {
    match (root.get("kafka"), root.get("Kafka")) {
        (Some(lower), Some(upper)) => {
            let (first, second) = if lower.place.line <= upper.place.line { (lower, upper) } else { (upper, lower) };
            let line = first.place.line.unwrap_or_default();
            findings.problem(
                &second.place,
                format!(
                    "`kafka` and `Kafka` are the same section, which is already on line {line}; keep one of the two"
                ),
            );
            Some(first)
        }
        (None, Some(upper)) => Some(upper),
        (_, None) => root.require("kafka", REMEDY, findings),
    }
}
