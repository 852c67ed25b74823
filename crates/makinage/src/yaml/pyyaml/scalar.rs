//! What a scalar means to PyYAML, by its looks or its tag.

use super::{
    number,
    resolve::{self, Implicit},
    time,
};
use crate::{
    quoted::quoted,
    yaml::{node::Scalar, syntax::Tag},
};

/// The meaning of a scalar; `Err` says what to write instead.
pub(super) fn meaning(text: &str, plain: bool, tag: Option<&Tag>) -> Result<Scalar, String> {
    match tag {
        None if !plain => Ok(Scalar::Text),
        None | Some(Tag::None) => implicit(text).map_err(|reason| refusal(text, reason)),
        Some(Tag::Core(name)) => explicit(name, text).map_err(|reason| refusal(&format!("!!{name} {text}"), reason)),
        Some(tag) => Err(format!("the tag {} means nothing to PyYAML's safe_load; remove it", quoted(&tag.shown()))),
    }
}

fn implicit(text: &str) -> Result<Scalar, &'static str> {
    match resolve::implicit(text) {
        Implicit::Bool => boolean(text),
        Implicit::Float => number::float(text),
        Implicit::Integer => number::integer(text),
        Implicit::Null => Ok(Scalar::Null),
        Implicit::Timestamp => time::timestamp(text),
        Implicit::Merge | Implicit::Value => Err("YAML 1.1 keeps it for keys"),
        Implicit::Text => Ok(Scalar::Text),
    }
}

fn explicit(tag: &str, text: &str) -> Result<Scalar, &'static str> {
    match tag {
        "str" => Ok(Scalar::Text),
        "null" => Ok(Scalar::Null),
        "bool" => boolean(text),
        "int" if resolve::implicit(text) == Implicit::Integer => number::integer(text),
        "float" => number::float(text),
        "timestamp" if resolve::is_timestamp(text) => time::timestamp(text),
        "binary" => base64(text).map(Scalar::Bytes),
        _ => Err("the value doesn't fit its tag"),
    }
}

fn boolean(text: &str) -> Result<Scalar, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "on" => Ok(Scalar::Bool(true)),
        "no" | "false" | "off" => Ok(Scalar::Bool(false)),
        _ => Err("the value doesn't fit its tag"),
    }
}

/// Base64 without line breaks and blanks, if it is that.
fn base64(text: &str) -> Result<String, &'static str> {
    let base64: String = text.split_ascii_whitespace().collect();
    let digits = base64.trim_end_matches('=');
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let padding = base64.len() - digits.len();
    if digits.bytes().all(alphabet) && base64.len().is_multiple_of(4) && padding <= 2 {
        Ok(base64)
    } else {
        Err("this isn't base64")
    }
}

fn refusal(written: &str, reason: &str) -> String {
    format!(
        "PyYAML, which Maki Nage read this with, refuses {} ({reason}); put it in quotes if text is meant",
        quoted(written)
    )
}
