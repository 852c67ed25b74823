//! Events that a model would take, made of what it says of itself: of its input example, else of its signature.
//!
//! They are for people to begin with. What is in a model's files is the word of whoever saved it: what can't be read
//! gives no events, and what is large gives few.

use serde_json::{Map, Value as Json, json};

use super::mlmodel::LIMITS;
use crate::yaml::{Node, outline};

#[cfg(test)]
mod tests;

/// So many of an example's rows become events.
const MOST: usize = 3;
/// A signature is as deep as its author likes.
const DEEPEST: usize = 16;
/// The most values of a tensor that are written out: an event is for people to read.
const MOST_VALUES: u64 = 4096;

/// What a model says of what it is given.
#[derive(Debug, Clone, PartialEq)]
pub struct Inputs {
    /// Where its input example is, below its folder.
    pub example: Option<String>,
    /// Whether the example is a record of names and values, or a list of inputs, as it stands.
    as_it_stands: bool,
    columns: Vec<Json>,
    /// Whether an event is the one column's value.
    bare: bool,
}

impl Inputs {
    /// Reads the text of an `MLmodel` file.
    pub fn parse(mlmodel: &str) -> Result<Self, String> {
        let root = outline(mlmodel, &LIMITS)?;
        let text = |path: &[&str]| -> Option<String> {
            let node = path.iter().try_fold(&root, |node: &Node, key| node.at(key))?;
            node.source().map(str::to_owned)
        };
        let inputs = text(&["signature", "inputs"]).unwrap_or_default();
        Ok(Self {
            example: text(&["saved_input_example_info", "artifact_path"]),
            as_it_stands: text(&["saved_input_example_info", "type"]).as_deref() == Some("json_object"),
            columns: serde_json::from_str(&inputs).unwrap_or_default(),
            bare: text(&["signature", "is_signature_from_type_hint"]).as_deref() == Some("true"),
        })
    }

    /// The names of the columns; none where they have none.
    pub fn names(&self) -> Vec<&str> {
        let names: Option<Vec<&str>> = self.columns.iter().map(|column| column.get("name")?.as_str()).collect();
        names.unwrap_or_default()
    }

    /// Events of the example's rows.
    pub fn of_example(&self, example: &[u8]) -> Vec<Json> {
        let Ok(example) = serde_json::from_slice(example) else { return Vec::new() };
        match example {
            Json::Array(rows) => rows.into_iter().take(MOST).collect(),
            Json::Object(example) if self.as_it_stands => vec![Json::Object(example)],
            Json::Object(mut example) => {
                let columns = example.remove("columns");
                match example.remove("data") {
                    Some(Json::Array(rows)) => {
                        rows.into_iter().take(MOST).map(|row| with_names(columns.as_ref(), row)).collect()
                    }
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        }
    }

    /// An event of the signature's types; none where there is no signature, or none that a small event fits.
    pub fn of_signature(&self) -> Option<Json> {
        if self.columns.is_empty() {
            return None;
        }
        let values: Vec<Json> = self.columns.iter().map(|column| value(column, 0)).collect::<Option<_>>()?;
        let names = self.names();
        Some(match <[Json; 1]>::try_from(values) {
            // One tensor, or one value that isn't a column, is all of an event.
            Ok([only]) if names.is_empty() && (self.bare || is_tensor(&self.columns[0])) => only,
            Ok(only) if names.is_empty() => only.into_iter().collect(),
            Ok(only) => record(&names, only),
            Err(values) if names.is_empty() => Json::Array(values),
            Err(values) => record(&names, values),
        })
    }
}

fn record(names: &[&str], values: impl IntoIterator<Item = Json>) -> Json {
    Json::Object(names.iter().map(|name| (*name).to_owned()).zip(values).collect())
}

/// A row of a table with columns, as an object where these have names.
fn with_names(columns: Option<&Json>, row: Json) -> Json {
    let names = columns.and_then(Json::as_array).and_then(|names| names.iter().map(Json::as_str).collect());
    let names: Option<Vec<&str>> = names;
    match (names, row) {
        (Some(names), Json::Array(values)) if names.len() == values.len() => record(&names, values),
        (_, row) => row,
    }
}

fn is_tensor(column: &Json) -> bool {
    column["type"] == "tensor"
}

/// A value of a column's type.
fn value(column: &Json, depth: usize) -> Option<Json> {
    if depth > DEEPEST {
        return None;
    }
    Some(match column["type"].as_str()? {
        "boolean" => json!(true),
        "integer" | "long" => json!(1),
        "float" | "double" => json!(0.5),
        "string" | "any" => json!("text"),
        "datetime" => json!("2026-01-31T09:30:00"),
        // In base64, as MLflow's own servers read it.
        "binary" => json!("AAAA"),
        "array" => json!([value(&column["items"], depth + 1)?]),
        "map" => json!({"key": value(&column["values"], depth + 1)?}),
        "object" => {
            let properties = column["properties"].as_object()?;
            let pairs = properties.iter().map(|(name, below)| Some((name.clone(), value(below, depth + 1)?)));
            Json::Object(pairs.collect::<Option<Map<_, _>>>()?)
        }
        "tensor" => tensor(&column["tensor-spec"])?,
        _ => return None,
    })
}

/// One sample: the first dimension is that of the rows.
fn tensor(spec: &Json) -> Option<Json> {
    let element = match spec["dtype"].as_str()? {
        "bool" => json!(true),
        "str" | "object" => json!("text"),
        kind if kind.starts_with("int") || kind.starts_with("uint") => json!(1),
        _ => json!(0.5),
    };
    let sizes: Vec<i64> = spec["shape"].as_array()?.iter().map(Json::as_i64).collect::<Option<_>>()?;
    let sizes: Vec<u64> = sizes.iter().skip(1).map(|size| u64::try_from(*size).unwrap_or(1)).collect();
    let all = sizes.iter().try_fold(1_u64, |all, size| all.checked_mul(*size))?;
    if all > MOST_VALUES || sizes.len() > DEEPEST {
        return None;
    }
    let wrap = |inner: Json, size: &u64| (0..*size).map(|_| inner.clone()).collect();
    Some(sizes.iter().rev().fold(element, wrap))
}
