//! A place in a text of JSON, and what is read from there: space, single bytes, numbers, plain texts. Pure.
//!
//! A decimal fraction becomes the float that is nearest to it, as the standard library reads it. Where its digits are a
//! whole number that a float holds, one division by a power of ten is that: both are exact, and a division rounds once.
//! Of more digits, up to 18, the quotient is had as a whole number of more bits than a float has, and is rounded once
//! too. What is longer, and what has an exponent, is left to the standard library.

/// The largest whole number up to which a float64 holds each.
const EXACT: u64 = 1 << 53;

/// So many digits are below 2^63, whatever they are.
const MOST_DIGITS: usize = 18;

/// Powers of ten, of which a float64 holds each.
const POWERS: [f64; MOST_DIGITS + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];

/// A JSON number: a finite float64 where it has a fraction or an exponent, else an int64.
///
/// No enum of the two, which the compiler would hand over through memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    /// Its bytes, as the processor has them.
    pub(super) bits: u64,
    /// Of which type it is.
    pub(super) is_float: bool,
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self { bits: value.to_bits(), is_float: true }
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self { bits: value.cast_unsigned(), is_float: false }
    }
}

/// What is left of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The whole text.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// What has been passed since `begin`, an earlier place in the same text.
    pub(super) fn since(&self, begin: Self) -> &'a [u8] {
        &self.bytes[begin.at..self.at]
    }

    /// The next byte.
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Passes over these bytes, if they come next.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> bool {
        let comes = self.rest().starts_with(bytes);
        self.at += if comes { bytes.len() } else { 0 };
        comes
    }

    /// Passes over space.
    pub(super) fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The next byte that isn't space.
    pub(super) fn token(&mut self) -> Option<u8> {
        self.space();
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Passes over this byte, which must be the next that isn't space.
    pub(super) fn expect(&mut self, wanted: u8) -> Option<()> {
        (self.token()? == wanted).then_some(())
    }

    /// Whether nothing but space is left.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.space();
        self.at == self.bytes.len()
    }

    /// A text without escapes, and without its quotes.
    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        self.expect(b'"')?;
        let rest = self.rest();
        let length = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..=0x1f))?;
        self.at += length + 1;
        (rest[length] == b'"').then(|| &rest[..length])
    }

    /// The number that comes next, in JSON's grammar.
    #[inline]
    pub(super) fn number(&mut self) -> Option<Number> {
        let text = self.rest();
        let is_negative = *text.first()? == b'-';
        let begin = usize::from(is_negative);
        let mut digits = Digits::default().and_few(&text[begin..]);
        let whole = digits.count;
        if whole == 0 || (whole > 1 && text[begin] == b'0') {
            return None;
        }
        let mut end = begin + whole;
        let is_fraction = text.get(end) == Some(&b'.');
        if is_fraction {
            digits = digits.and(&text[end + 1..]);
            (digits.count > whole).then_some(())?;
            end = begin + digits.count + 1;
        }
        let has_exponent = matches!(text.get(end), Some(b'e' | b'E'));
        let number = if has_exponent {
            end += exponent(&text[end..])?;
            None
        } else if is_fraction {
            digits.divided(digits.count - whole, is_negative).map(Number::from)
        } else {
            digits.integer(is_negative).map(Number::from)
        };
        self.at += end;
        number.or_else(|| parsed(&text[..end], is_fraction || has_exponent))
    }
}

/// A number as the standard library reads it.
#[cold]
fn parsed(text: &[u8], is_float: bool) -> Option<Number> {
    let text = std::str::from_utf8(text).ok()?;
    if is_float {
        text.parse().ok().filter(|float: &f64| float.is_finite()).map(Number::from)
    } else {
        text.parse::<i64>().ok().map(Number::from)
    }
}

/// How long the exponent is with which the text begins.
fn exponent(text: &[u8]) -> Option<usize> {
    let begin = if matches!(text.get(1), Some(b'+' | b'-')) { 2 } else { 1 };
    let digits = Digits::default().and(&text[begin..]);
    (digits.count > 0).then_some(begin + digits.count)
}

/// Digits that were read. Their value is right as long as they are few enough.
#[derive(Debug, Clone, Copy, Default)]
struct Digits {
    value: u64,
    count: usize,
}

impl Digits {
    /// With those with which the text begins.
    #[inline]
    fn and(mut self, mut text: &[u8]) -> Self {
        const TENS: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];
        while let Some((eight, rest)) = text.split_first_chunk() {
            let (count, value) = leading(*eight);
            self.value = self.value.wrapping_mul(TENS[count]).wrapping_add(value);
            self.count += count;
            if count < 8 {
                return self;
            }
            text = rest;
        }
        self.and_few(text)
    }

    /// The same, for few digits.
    #[inline]
    fn and_few(mut self, text: &[u8]) -> Self {
        for digit in text.iter().map(|byte| byte.wrapping_sub(b'0')).take_while(|digit| *digit <= 9) {
            self.value = self.value.wrapping_mul(10).wrapping_add(digit.into());
            self.count += 1;
        }
        self
    }

    /// The whole number, where it is one that was read right.
    fn integer(self, is_negative: bool) -> Option<i64> {
        let sign = if is_negative { -1 } else { 1 };
        (self.count <= MOST_DIGITS).then(|| sign * self.value.cast_signed())
    }

    /// Divided by this power of ten, to the nearest float.
    #[expect(clippy::cast_precision_loss, reason = "no larger one is taken than float64 holds")]
    fn divided(self, power: usize, is_negative: bool) -> Option<f64> {
        (self.count <= MOST_DIGITS).then(|| {
            let float =
                if self.value <= EXACT { self.value as f64 / POWERS[power] } else { nearest(self.value, power) };
            f64::from_bits(float.to_bits() | u64::from(is_negative) << 63)
        })
    }
}

/// More than 2^53 divided by a power of ten of at most so many digits, as the nearest float.
#[inline(never)]
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "rounding is what this is for")]
fn nearest(above: u64, power: usize) -> f64 {
    let below = (0..power).fold(1_u64, |below, _| below * 10);
    let (up, down) = (above.leading_zeros(), below.leading_zeros());
    let (above, below) = (u128::from(above << up) << 63, u128::from(below << down));
    // Of 63 or 64 bits; what is left over can only decide which way 53 of them are rounded.
    let quotient = (above / below) as u64;
    let is_exact = u128::from(quotient) * below == above;
    let float = (quotient | u64::from(!is_exact)) as f64;
    float * f64::from_bits(u64::from(1023 + down - up - 63) << 52)
}

/// How many of eight bytes are digits, before the first that isn't, and their value.
fn leading(eight: [u8; 8]) -> (usize, u64) {
    const ZEROS: u64 = u64::from_le_bytes(*b"00000000");
    let digits = u64::from_le_bytes(eight) ^ ZEROS;
    // The upper bit of each byte: set from the first that isn't 0 to 9 on; what is above that may be anything.
    let others = (digits.wrapping_add(0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080;
    let count = others.trailing_zeros() / 8;
    // With zeros before them there are eight.
    let padded = digits.unbounded_shl(64 - 8 * count);
    let pairs = padded.wrapping_mul(10).wrapping_add(padded >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    let value = fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff;
    (count as usize, value)
}

#[cfg(test)]
mod tests;
