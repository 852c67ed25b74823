//! The `kafka` section, also written `Kafka`.

use std::collections::BTreeMap;

use super::properties;
use crate::config::{
    reader::{
        field::Field,
        problem::Findings,
        section::Section,
        shape::{Shaped, section},
    },
    values::endpoint,
};

#[cfg(test)]
mod tests;

section! {
    /// The keys of the section.
    pub struct KafkaKeys
    by hand {
        /// One server is enough to find the others; the port is 9092 where none is given.
        endpoint: "one server, several with commas, or a list", "",
            example r#"["kafka-1", "kafka-2:9093", "[::1]:9092"]"#, restart;
        /// librdkafka's own settings, less those that would break a promise of this program.
        properties: "names and values", "none",
            example "{client.id: my_model_serving, compression.type: lz4, linger.ms: 1}", restart;
    }
    keys {}
    refused {
        security: "secured connections aren't there yet; remove it, and use a listener without";
    }
}

const REMEDY: &str = "say where Kafka is, for example `endpoint: \"localhost:9092\"`";

/// How to reach Kafka.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kafka {
    /// `host:port` of each bootstrap server; the port is 9092 where the file gives none. Never empty.
    pub endpoints: Vec<String>,
    /// librdkafka properties passed through, already checked against those that would break a promise.
    pub properties: BTreeMap<String, String>,
}

/// The section below the file's top level.
pub(crate) fn read(root: &Section, findings: &mut Findings) -> Option<Kafka> {
    let field = either(root, findings)?;
    let section = Section::read(field, &KafkaKeys::KEYS, findings)?;
    let properties = section.get("properties").map(|field| properties::read(field, findings)).unwrap_or_default();
    let endpoints = endpoint::read(section.require("endpoint", REMEDY, findings)?, findings)?;
    Some(Kafka { endpoints, properties })
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
