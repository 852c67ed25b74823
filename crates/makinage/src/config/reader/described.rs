//! What sections say of their keys, as data, and the JSON schema (draft 2020-12) that editors complete and check by.
//!
//! Whatever the program takes, the schema takes: an editor that marks what works is worse than none. It can't know all
//! that is refused, such as what concerns several keys; `makinage check` does.

use std::ops::RangeInclusive;

use serde_json::{Map, Value as Json, json};

use super::{keys::REPLACED, root};
use crate::yaml::{Node, Scalar, Value};

/// What there is to say of one key.
#[derive(Debug)]
pub(crate) struct Described {
    /// Its name.
    pub key: &'static str,
    /// What it means.
    pub says: &'static str,
    /// What may be written.
    pub form: String,
    /// The schema of that.
    pub schema: Json,
    /// What holds without it; empty where it must be given.
    pub default: String,
    /// Whether its section is wrong without it.
    pub required: bool,
    /// A value, as a file has it.
    pub example: &'static str,
    /// Whether a change takes a restart.
    pub restart: bool,
    /// The keys below it.
    pub below: Vec<Described>,
}

/// A mapping of these keys, and of no others.
pub(crate) fn section(keys: &[Described]) -> Json {
    let properties: Map<String, Json> = keys.iter().map(|key| (key.key.to_owned(), property(key))).collect();
    let required: Vec<&str> = keys.iter().filter(|key| key.required).map(|key| key.key).collect();
    let replaced: Vec<&str> = REPLACED.iter().map(|(name, _)| *name).collect();
    let mut schema = json!({
        "type": "object",
        "properties": properties,
        "patternProperties": {
            (format!("^({})$", replaced.join("|"))): {
                "deprecated": true,
                "description": "Of Maki Nage 0.8, and not used: remove it.",
            },
        },
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// A key's own schema, with all that is said of it.
fn property(key: &Described) -> Json {
    // A key without a value is the same as none.
    let mut schema = if key.required { key.schema.clone() } else { or_null(key.schema.clone()) };
    schema["description"] = Json::from(description(key));
    if let Some(default) = default(&key.default) {
        schema["default"] = default;
    }
    if !key.example.is_empty() {
        schema["examples"] = json!([of_yaml(key.example)]);
    }
    schema
}

fn description(key: &Described) -> String {
    let mut facts = Vec::new();
    if !key.form.is_empty() {
        facts.push(format!("Value: {}.", key.form));
    }
    if !key.default.is_empty() && key.below.is_empty() {
        facts.push(format!("Default: {}.", key.default));
    }
    if key.restart {
        facts.push("A change takes a restart.".to_owned());
    }
    let says = key.says.trim();
    let all = if facts.is_empty() { says.to_owned() } else { format!("{says}\n\n{}", facts.join(" ")) };
    // It is plain text: editors show backticks as they are.
    all.replace('`', "")
}

/// The value that holds without the key, where it is one that could be written.
fn default(says: &str) -> Option<Json> {
    let written = says.strip_prefix('`')?.strip_suffix('`')?;
    (!written.is_empty() && !written.contains('`')).then(|| of_yaml(written))
}

/// What a piece of YAML is in JSON.
pub(crate) fn of_yaml(text: &str) -> Json {
    root::parse(text).root.as_ref().map_or(Json::Null, of_node)
}

fn of_node(node: &Node) -> Json {
    match &node.value {
        Value::Scalar(_, Scalar::Null) => Json::Null,
        Value::Scalar(_, Scalar::Bool(value)) => json!(value),
        Value::Scalar(text, Scalar::Integer(_) | Scalar::Float(_)) => {
            serde_json::from_str(text).unwrap_or_else(|_| json!(text))
        }
        Value::Scalar(text, _) => json!(text),
        Value::List(items) | Value::Set(items) => items.iter().map(of_node).collect(),
        Value::Map(entries) | Value::Pairs(entries) => {
            let pair = |key: &Node, value| (key.source().unwrap_or_default().to_owned(), of_node(value));
            Json::Object(entries.iter().map(|entry| pair(&entry.key, &entry.value)).collect())
        }
    }
}

fn or_null(mut schema: Json) -> Json {
    if schema.get("$ref").is_some() {
        return either(&[schema, json!({"type": "null"})]);
    }
    if let Some(types) = schema.get_mut("type") {
        match types {
            Json::Array(types) => types.push(json!("null")),
            one => *one = json!([one.take(), "null"]),
        }
    }
    if let Some(Json::Array(words)) = schema.get_mut("enum") {
        words.push(Json::Null);
    }
    if let Some(Json::Array(forms)) = schema.get_mut("anyOf") {
        forms.push(json!({"type": "null"}));
    }
    schema
}

/// One of several forms.
pub(crate) fn either(forms: &[Json]) -> Json {
    json!({ "anyOf": forms })
}

/// A text that isn't empty.
pub(crate) fn text() -> Json {
    json!({"type": "string", "minLength": 1})
}

/// A text of a form.
pub(crate) fn matching(pattern: &str) -> Json {
    json!({"type": "string", "pattern": pattern})
}

/// Any text, in quotes or not: what looks like a number is one too.
pub(crate) fn scalar() -> Json {
    json!({"type": ["string", "number", "boolean"]})
}

/// One of these words.
pub(crate) fn words<'w>(words: impl IntoIterator<Item = &'w str>) -> Json {
    json!({"enum": words.into_iter().collect::<Vec<_>>()})
}

/// `true` or `false`.
pub(crate) fn flag() -> Json {
    json!({"type": "boolean"})
}

/// A whole number.
pub(crate) fn whole(range: &RangeInclusive<usize>) -> Json {
    json!({"type": "integer", "minimum": range.start(), "maximum": range.end()})
}

/// A word in place of a whole number.
pub(crate) fn word_or_whole(word: &str, range: &RangeInclusive<usize>) -> Json {
    either(&[words([word]), whole(range)])
}

/// A list of at least so many items.
pub(crate) fn list(item: &Json, least: usize) -> Json {
    json!({"type": "array", "items": item, "minItems": least})
}

/// A mapping of the user's own names.
pub(crate) fn named(value: &Json, names: &Json) -> Json {
    json!({"type": "object", "propertyNames": names, "additionalProperties": value})
}
