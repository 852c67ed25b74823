//! Numbers, as PyYAML computes them (`constructor.py`).

use crate::yaml::node::Scalar;

/// Python reads no longer integers from text; nobody writes them.
const LONGEST: usize = 4_000;

/// 60 to this power times a digit is exact as a float.
const MOST_SIXTIES: usize = 12;

const TOO_LONG: &str = "the number is too long";
const NO_DIGITS: &str = "there are no digits";
const NO_NUMBER: &str = "the value doesn't fit its tag";

/// An integer, whose form `resolve` has checked.
pub(super) fn integer(text: &str) -> Result<Scalar, &'static str> {
    let text = text.replace('_', "");
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(&text);
    let (digits, radix) = match (unsigned.strip_prefix("0b"), unsigned.strip_prefix("0x")) {
        (Some(digits), _) => (digits, 2),
        (_, Some(digits)) => (digits, 16),
        _ if unsigned.starts_with('0') => (unsigned, 8),
        _ => (unsigned, 10),
    };
    if digits.is_empty() {
        return Err(NO_DIGITS);
    }
    let mut parts = digits.split(':');
    let mut number = Decimal::default();
    for digit in parts.next().unwrap_or_default().chars() {
        number.push(radix, digit.to_digit(radix).ok_or(NO_NUMBER)?)?;
    }
    for part in parts {
        number.push(60, part.parse().map_err(|_| NO_NUMBER)?)?;
    }
    let digits = number.digits();
    let sign = if text.starts_with('-') && digits != "0" { "-" } else { "" };
    Ok(Scalar::Integer(format!("{sign}{digits}")))
}

/// A number of any size, in groups of nine decimal digits, the last first.
#[derive(Default)]
struct Decimal(Vec<u32>);

impl Decimal {
    const GROUP: u64 = 1_000_000_000;

    /// `self * radix + digit`
    fn push(&mut self, radix: u32, digit: u32) -> Result<(), &'static str> {
        let mut carry = u64::from(digit);
        for group in &mut self.0 {
            let value = u64::from(*group) * u64::from(radix) + carry;
            carry = value / Self::GROUP;
            *group = u32::try_from(value % Self::GROUP).unwrap_or_default();
        }
        if carry > 0 {
            self.0.push(u32::try_from(carry).map_err(|_| TOO_LONG)?);
        }
        if self.0.len() * 9 > LONGEST { Err(TOO_LONG) } else { Ok(()) }
    }

    fn digits(&self) -> String {
        let groups: Vec<_> = self.0.iter().rev().map(|group| format!("{group:09}")).collect();
        match groups.concat().trim_start_matches('0') {
            "" => "0".to_owned(),
            digits => digits.to_owned(),
        }
    }
}

/// A float by its looks, or whatever Python's `float` takes where a tag asks for one.
pub(super) fn float(text: &str) -> Result<Scalar, &'static str> {
    let text = text.replace('_', "").to_ascii_lowercase();
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(&text);
    let value = match unsigned {
        ".inf" => f64::INFINITY,
        ".nan" => f64::NAN,
        _ if unsigned.contains(':') => sixties(unsigned)?,
        _ => decimal(unsigned)?,
    };
    Ok(Scalar::Float(if text.starts_with('-') { -value } else { value }))
}

/// `1:30.5`, added up from the last part to the first, as PyYAML does: the order decides about the last digit.
fn sixties(text: &str) -> Result<f64, &'static str> {
    let mut parts = text.split(':').rev().map(decimal).collect::<Result<Vec<_>, _>>()?;
    if parts.len() > MOST_SIXTIES {
        return Err(TOO_LONG);
    }
    let mut base = 1.0;
    let mut value = 0.0;
    for part in parts.drain(..) {
        value += part * base;
        base *= 60.0;
    }
    Ok(value)
}

fn decimal(text: &str) -> Result<f64, &'static str> {
    let form = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'+' | b'-');
    let is_word = matches!(text, "inf" | "infinity" | "nan");
    if is_word || (text.bytes().all(form) && text.bytes().any(|byte| byte.is_ascii_digit())) {
        return text.parse().map_err(|_| NO_NUMBER);
    }
    Err(NO_NUMBER)
}
