//! YAML 1.2's core schema: what a plain scalar means.

use super::Scalar;

/// Python refuses to read longer integers from text (`sys.int_info.default_max_str_digits` is 4,300).
const LONGEST_INTEGER: usize = 4_000;

/// What a scalar without quotes and tag is; `Err` says what to write instead.
pub fn plain(text: &str) -> Result<Scalar, String> {
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

/// The number, if this has the form of one. Rust's own parser also takes `inf`, `nan` and `infinity`, which are text here.
fn float(text: &str) -> Option<f64> {
    let form = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-');
    if text.bytes().all(form) && text.bytes().any(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn too_long() -> String {
    "this number is too long to pass on; put it in quotes, and convert it where it is used".to_owned()
}
