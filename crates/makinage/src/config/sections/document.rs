//! The file as the hooks see it: all of it, less what is no hook's business.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::yaml::{Entry, Node, Value, tagged};

#[cfg(test)]
mod tests;

/// The whole file, less what is no hook's business and may hold secrets: `security` and `properties` of its Kafka
/// section, `token` of `http`, `headers` of `traces`.
pub(crate) fn write(root: &Node) -> Box<RawValue> {
    let mut root = root.clone();
    if let Value::Map(entries) = &mut root.value {
        for entry in entries {
            match entry.key.source() {
                Some("kafka" | "Kafka") => thin(entry, &["security", "properties"]),
                Some("http") => thin(entry, &["token"]),
                Some("traces") => thin(entry, &["headers"]),
                _ => {}
            }
        }
    }
    // What is written there is JSON by construction; the tests hold it to that for any text.
    RawValue::from_string(tagged(&root)).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// Whether two documents are the same to a hook, which sees mappings without an order.
pub(crate) fn same(one: &RawValue, other: &RawValue) -> bool {
    one.get() == other.get() || ordered(one) == ordered(other)
}

/// The keys whose values differ in two documents, as `operators.serve.batch`: each as far down as there are mappings on
/// both sides, in the order of the alphabet.
pub(crate) fn differing(one: &RawValue, other: &RawValue) -> Vec<String> {
    let mut keys = vec![];
    compare("", (Some(one), Some(other)), &mut keys);
    keys
}

/// Notes the keys that differ below this one, or itself.
fn compare(key: &str, (one, other): (Option<&RawValue>, Option<&RawValue>), keys: &mut Vec<String>) {
    match (one.and_then(entries), other.and_then(entries)) {
        (Some(one), Some(other)) => {
            for name in one.keys().chain(other.keys()).collect::<BTreeSet<_>>() {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                compare(&key, (one.get(name).copied(), other.get(name).copied()), keys);
            }
        }
        _ if one.map(ordered) != other.map(ordered) => keys.push(key.to_owned()),
        _ => {}
    }
}

/// A mapping's values by its keys; those that are no texts are written as JSON.
fn entries(document: &RawValue) -> Option<BTreeMap<String, &RawValue>> {
    let Map { m } = serde_json::from_str(document.get()).ok()?;
    let name = |key: &RawValue| serde_json::from_str(key.get()).unwrap_or_else(|_| key.get().to_owned());
    Some(m.into_iter().map(|(key, value)| (name(key), value)).collect())
}

/// A mapping.
#[derive(Deserialize)]
struct Map<'d> {
    #[serde(borrow)]
    m: Vec<(&'d RawValue, &'d RawValue)>,
}

/// The text of a document with the pairs of each mapping in order of their keys.
fn ordered(document: &RawValue) -> String {
    if let Ok(Map { m }) = serde_json::from_str(document.get()) {
        let mut pairs: Vec<_> = m.iter().map(|(key, value)| format!("[{},{}]", key.get(), ordered(value))).collect();
        pairs.sort_unstable();
        return format!("{{\"m\":[{}]}}", pairs.join(","));
    }
    match serde_json::from_str::<Vec<&RawValue>>(document.get()) {
        Ok(items) => format!("[{}]", items.iter().map(|item| ordered(item)).collect::<Vec<_>>().join(",")),
        Err(_) => document.get().to_owned(),
    }
}

fn thin(section: &mut Entry, secrets: &[&str]) {
    if let Value::Map(entries) = &mut section.value.value {
        entries.retain(|entry| !entry.key.source().is_some_and(|key| secrets.contains(&key)));
    }
}
