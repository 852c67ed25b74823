//! The user's configuration as plain JSON, made of the tagged form that workers get (`protocol/README.md`).

use serde_json::{Map, Number, Value};

/// Whole numbers up to this are what they are to whoever reads JSON in JavaScript: 2^53.
const EXACT: u64 = 1 << 53;

/// The same without tags. Keys that are no texts are written as JSON, and so are large whole numbers, as texts: pages
/// and dashboards would round them.
pub(super) fn plain(tagged: Value) -> Value {
    match tagged {
        Value::Array(items) => Value::Array(items.into_iter().map(plain).collect()),
        Value::Object(tag) => tag.into_iter().next().map_or(Value::Null, |(tag, value)| untagged(&tag, value)),
        Value::Number(number) if is_large(&number) => Value::String(number.to_string()),
        scalar => scalar,
    }
}

fn is_large(number: &Number) -> bool {
    let size = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
    size.is_some_and(|size| size > EXACT)
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
        let large = json!([9_007_199_254_740_992_u64, 9_007_199_254_740_993_u64, -9_007_199_254_740_993_i64, 1e300]);
        let shown = json!([9_007_199_254_740_992_u64, "9007199254740993", "-9007199254740993", 1e300]);
        assert_eq!(plain(json!({ "s": large })), shown);
        assert_eq!(plain(tagged), json!({"a": {"1": "nan"}, "b": ["2026-01-01", ["x"], true, null]}));
    }
}
