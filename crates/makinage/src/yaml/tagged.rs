//! A tree as tagged JSON, in which every type survives: `protocol/README.md` has it.
//!
//! Written as text, since no JSON value of serde's holds integers of any size.

use super::node::{Entry, Node, Scalar, Value};

/// The tree's JSON.
pub(crate) fn tagged(root: &Node) -> String {
    let mut json = String::new();
    node(root, &mut json);
    json
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
        Value::Scalar(_, Scalar::Date(value) | Scalar::Moment(value)) => under('d', json, |json| text(value, json)),
        Value::Scalar(_, Scalar::Bytes(base64)) => under('b', json, |json| text(base64, json)),
        Value::List(items) => list(items, json),
        Value::Set(items) => under('s', json, |json| list(items, json)),
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
    under(tag, json, |json| {
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

fn under(tag: char, json: &mut String, write: impl FnOnce(&mut String)) {
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
