//! YAML 1.2's core schema: what a scalar means.

use super::{node::Scalar, syntax::Tag};
use crate::quoted::quoted;

/// Python refuses to read longer integers from text (`sys.int_info.default_max_str_digits` is 4,300).
const LONGEST_INTEGER: usize = 4_000;

/// What YAML 1.2 makes of a scalar; `Err` says what to write instead.
pub(super) fn strict(text: &str, plain: bool, tag: Option<&Tag>) -> Result<Scalar, String> {
    match tag {
        None if plain => by_looks(text),
        None => Ok(Scalar::Text),
        Some(Tag::Core(name)) if name == "str" => Ok(Scalar::Text),
        Some(Tag::Core(name)) => by_looks(text).and_then(|meaning| tagged(name, meaning)),
        Some(_) => {
            Err("tags other than `!!str`, `!!int`, `!!float`, `!!bool` and `!!null` mean nothing here; remove it"
                .to_owned())
        }
    }
}

fn tagged(tag: &str, meaning: Scalar) -> Result<Scalar, String> {
    match (tag, meaning) {
        ("int", meaning @ Scalar::Integer(_))
        | ("float", meaning @ Scalar::Float(_))
        | ("bool", meaning @ Scalar::Bool(_))
        | ("null", meaning @ Scalar::Null) => Ok(meaning),
        ("float", Scalar::Integer(digits)) => Ok(Scalar::Float(digits.parse().unwrap_or(f64::INFINITY))),
        (tag, _) => Err(format!("this value doesn't fit its tag {}; remove the tag", quoted(&format!("!!{tag}")))),
    }
}

/// What a scalar without quotes and tag is; `Err` says what to write instead.
fn by_looks(text: &str) -> Result<Scalar, String> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Scalar::Null),
        "true" | "True" | "TRUE" => return Ok(Scalar::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Scalar::Bool(false)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Ok(Scalar::Float(f64::INFINITY));
        }
        "-.inf" | "-.Inf" | "-.INF" => return Ok(Scalar::Float(f64::NEG_INFINITY)),
        ".nan" | ".NaN" | ".NAN" => return Ok(Scalar::Float(f64::NAN)),
        _ => {}
    }
    if let Some(integer) = integer(text) {
        return integer.map(Scalar::Integer);
    }
    Ok(float(text).map_or(Scalar::Text, Scalar::Float))
}

/// The integer in decimal, as JSON writes it; `None` if this is no integer.
fn integer(text: &str) -> Option<Result<String, String>> {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix)
            && !digits.is_empty()
            && digits.chars().all(|digit| digit.is_digit(radix))
        {
            return Some(u128::from_str_radix(digits, radix).map(|value| value.to_string()).map_err(|_| too_long()));
        }
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let digits = digits.trim_start_matches('0');
    Some(match digits.len() {
        0 => Ok("0".to_owned()),
        1..=LONGEST_INTEGER => Ok(format!("{sign}{digits}")),
        _ => Err(too_long()),
    })
}

/// The number, if this has the form of one. Rust's own parser also takes `inf`, `nan` and `infinity`, which are text
/// here.
fn float(text: &str) -> Option<f64> {
    let form = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-');
    if text.bytes().all(form) && text.bytes().any(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn too_long() -> String {
    "this number is too long to pass on; put it in quotes, and convert it where it is used".to_owned()
}
