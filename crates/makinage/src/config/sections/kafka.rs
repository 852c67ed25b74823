//! The `kafka` section, also written `Kafka`.

use std::collections::BTreeMap;

use super::properties;
use crate::config::{
    reader::{field::Field, keys::Keys, problem::Findings, section::Section},
    values::endpoint,
};

#[cfg(test)]
mod tests;

const KEYS: Keys = Keys {
    here: &["endpoint", "properties"],
    refused: &[("security", "secured connections aren't there yet; remove it, and use a listener without")],
};

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
pub fn read(root: &Section, findings: &mut Findings) -> Option<Kafka> {
    let field = either(root, findings)?;
    let section = Section::read(field, &KEYS, findings)?;
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
