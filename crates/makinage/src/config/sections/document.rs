//! The file as the hooks see it: tagged JSON, as `protocol/README.md` has it.
//!
//! Written as text, since no JSON value of serde's holds integers of any size.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::config::tree::{Entry, Node, Scalar, Value};

#[cfg(test)]
mod tests;

/// The whole file, less `security` and `properties` of its Kafka section, which are no hook's business and may hold secrets.
pub fn write(root: &Node) -> Box<RawValue> {
    let mut root = root.clone();
    if let Value::Map(entries) = &mut root.value {
        entries.iter_mut().filter(|entry| matches!(entry.key.source(), Some("kafka" | "Kafka"))).for_each(thin);
    }
    let mut json = String::new();
    node(&root, &mut json);
    // What is written here is JSON by construction; the tests hold it to that for any text.
    RawValue::from_string(json).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// Whether two documents are the same to a hook, which sees mappings without an order.
pub fn same(one: &RawValue, other: &RawValue) -> bool {
    one.get() == other.get() || ordered(one) == ordered(other)
}

/// The text of a document with the pairs of each mapping in order of their keys.
fn ordered(document: &RawValue) -> String {
    #[derive(Deserialize)]
    struct Map<'d> {
        #[serde(borrow)]
        m: Vec<(&'d RawValue, &'d RawValue)>,
    }
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

fn thin(kafka: &mut Entry) {
    if let Value::Map(entries) = &mut kafka.value.value {
        entries.retain(|entry| !matches!(entry.key.source(), Some("security" | "properties")));
    }
}

fn node(node: &Node, json: &mut String) {
    match &node.value {
        Value::Scalar(_, Scalar::Null) => json.push_str("null"),
        Value::Scalar(_, Scalar::Bool(value)) => {
            json.push_str(if *value { "true" } else { "false" });
        }
        Value::Scalar(_, Scalar::Integer(digits)) => json.push_str(digits),
        Value::Scalar(_, Scalar::Float(value)) => float(*value, json),
        Value::Scalar(source, Scalar::Text) => text(source, json),
        Value::Scalar(_, Scalar::Date(value) | Scalar::Moment(value)) => tagged('d', json, |json| text(value, json)),
        Value::Scalar(_, Scalar::Bytes(base64)) => tagged('b', json, |json| text(base64, json)),
        Value::List(items) => list(items, json),
        Value::Set(items) => tagged('s', json, |json| list(items, json)),
        // Lists of pairs keep keys of every type.
        Value::Map(entries) => pairs('m', entries, json),
        Value::Pairs(entries) => pairs('p', entries, json),
    }
}

fn list(items: &[Node], json: &mut String) {
    json.push('[');
    for (index, item) in items.iter().enumerate() {
        separate(index, json);
        node(item, json);
    }
    json.push(']');
}

fn pairs(tag: char, entries: &[Entry], json: &mut String) {
    tagged(tag, json, |json| {
        json.push('[');
        for (index, entry) in entries.iter().enumerate() {
            separate(index, json);
            json.push('[');
            node(&entry.key, json);
            json.push(',');
            node(&entry.value, json);
            json.push(']');
        }
        json.push(']');
    });
}

fn tagged(tag: char, json: &mut String, write: impl FnOnce(&mut String)) {
    json.extend(['{', '"', tag, '"', ':']);
    write(json);
    json.push('}');
}

fn text(text: &str, json: &mut String) {
    json.push_str(&serde_json::Value::from(text).to_string());
}

fn float(value: f64, json: &mut String) {
    if value.is_nan() {
        json.push_str(r#"{"f":"nan"}"#);
    } else if value.is_infinite() {
        json.push_str(if value > 0.0 { r#"{"f":"inf"}"# } else { r#"{"f":"-inf"}"# });
    } else {
        // Always with a `.` or an exponent, so that it stays a float.
        json.push_str(&serde_json::Value::from(value).to_string());
    }
}

fn separate(index: usize, json: &mut String) {
    if index > 0 {
        json.push(',');
    }
}
