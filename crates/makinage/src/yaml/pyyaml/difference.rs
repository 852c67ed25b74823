//! What is said of a scalar that YAML 1.2 would read otherwise.

use crate::{
    quoted::{quoted, shortened},
    yaml::node::Scalar,
};

/// Keys whose values are shown to nobody.
const SECRETS: [&str; 10] =
    ["pass", "pwd", "secret", "token", "api_key", "apikey", "access_key", "private_key", "credential", "auth"];

/// Where a scalar stands.
#[derive(Debug)]
pub(super) struct Site<'p> {
    /// The keys that lead to it, or that it is the last of.
    pub path: &'p str,
    /// Whether it is a key.
    pub is_key: bool,
}

/// What the scalar at `place` is below `config`, and what to write; `None` if YAML 1.2 agrees.
pub(super) fn difference(place: &Site<'_>, text: &str, here: &Scalar, strict: &Scalar) -> Option<String> {
    if same(here, strict) {
        return None;
    }
    if place.is_key {
        let what = format!("the key {} is {}", quoted(text), shown(here));
        return Some(format!("{what} here, as Maki Nage's PyYAML read it: {}", remedy(text, here, strict)));
    }
    // Of a mapping that is called so all values are.
    let path = place.path.to_lowercase();
    let is_secret = SECRETS.iter().any(|word| path.contains(word));
    let (name, what) =
        if is_secret { ("this value".to_owned(), kind(here).to_owned()) } else { (quoted(text), shown(here)) };
    let remedy = if is_secret { "put it in quotes if text is meant".to_owned() } else { remedy(text, here, strict) };
    Some(format!("{name} is {what} here, as Maki Nage's PyYAML read it: {remedy}"))
}

fn same(here: &Scalar, strict: &Scalar) -> bool {
    match (here, strict) {
        (Scalar::Float(here), Scalar::Float(strict)) => here.to_bits() == strict.to_bits(),
        _ => here == strict,
    }
}

fn kind(meaning: &Scalar) -> &'static str {
    match meaning {
        Scalar::Null => "None",
        Scalar::Bool(_) => "a truth value",
        Scalar::Integer(_) => "an integer",
        Scalar::Float(_) => "a float",
        Scalar::Text => "text",
        Scalar::Date(_) => "a date",
        Scalar::Moment(_) => "a date and time",
        Scalar::Bytes(_) => "bytes",
    }
}

/// As Python shows it.
fn shown(meaning: &Scalar) -> String {
    match meaning {
        Scalar::Bool(true) => "True".to_owned(),
        Scalar::Bool(false) => "False".to_owned(),
        Scalar::Integer(_) | Scalar::Float(_) => number(meaning),
        Scalar::Date(text) => format!("the date {text}"),
        Scalar::Moment(text) => format!("the time {}", text.replacen('T', " ", 1).replacen(".000000", "", 1)),
        _ => kind(meaning).to_owned(),
    }
}

fn remedy(text: &str, here: &Scalar, strict: &Scalar) -> String {
    let quote = format!("quote it ({:?})", shortened(text));
    match (here, strict) {
        (Scalar::Text, _) => format!("{quote}, or write {} if the number is meant", number(strict)),
        (_, Scalar::Text) => format!("{quote} if text is meant, else write {}", plainly(text, here)),
        _ => format!("write {} if that is meant, else {}", number(strict), plainly(text, here)),
    }
}

/// How to write a meaning so that nobody takes it for another.
fn plainly(text: &str, meaning: &Scalar) -> String {
    match meaning {
        Scalar::Bool(value) => value.to_string(),
        Scalar::Date(_) | Scalar::Moment(_) => format!("!!timestamp {text}"),
        _ => number(meaning),
    }
}

/// A number as both YAML 1.1 and 1.2 read it.
fn number(meaning: &Scalar) -> String {
    match meaning {
        Scalar::Integer(digits) if digits.len() > 40 => format!("a number of {} digits", digits.len()),
        Scalar::Integer(digits) => digits.clone(),
        Scalar::Float(value) if value.is_nan() => ".nan".to_owned(),
        Scalar::Float(value) if value.is_infinite() => if *value > 0.0 { ".inf" } else { "-.inf" }.to_owned(),
        Scalar::Float(value) if *value == 0.0 || (1e-4..1e16).contains(&value.abs()) => format!("{value:?}"),
        Scalar::Float(value) => exponential(*value),
        _ => kind(meaning).to_owned(),
    }
}

/// `1.0e+300`: with a point and a sign, without which YAML 1.1 sees text.
fn exponential(value: f64) -> String {
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let point = if digits.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    format!("{digits}{point}e{sign}{exponent}")
}
