//! The user's configuration as plain JSON, made of the tagged form that workers get (`protocol/README.md`).

use serde_json::{Map, Value};

/// The same without tags. Keys that are no texts are written as JSON.
pub(super) fn plain(tagged: Value) -> Value {
    match tagged {
        Value::Array(items) => Value::Array(items.into_iter().map(plain).collect()),
        Value::Object(tag) => tag.into_iter().next().map_or(Value::Null, |(tag, value)| untagged(&tag, value)),
        scalar => scalar,
    }
}

fn untagged(tag: &str, value: Value) -> Value {
    match (tag, value) {
        ("m" | "p", Value::Array(pairs)) => Value::Object(pairs.into_iter().filter_map(pair).collect::<Map<_, _>>()),
        (_, value) => plain(value),
    }
}

fn pair(pair: Value) -> Option<(String, Value)> {
    let Value::Array(pair) = pair else { return None };
    let [key, value]: [Value; 2] = pair.try_into().ok()?;
    let key = match plain(key) {
        Value::String(key) => key,
        other => other.to_string(),
    };
    Some((key, plain(value)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::plain;

    #[test]
    fn tags_go_and_what_they_hold_stays() {
        let tagged =
            json!({"m": [["a", {"m": [[1, {"f": "nan"}]]}], ["b", [{"d": "2026-01-01"}, {"s": ["x"]}, true, null]]]});
        assert_eq!(plain(tagged), json!({"a": {"1": "nan"}, "b": ["2026-01-01", ["x"], true, null]}));
    }
}
