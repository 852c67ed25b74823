//! The types that plain scalars have by their looks: PyYAML's regular expressions (`resolver.py`), in their order.

/// A scalar's type by its looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Implicit {
    /// `yes`, `Off`, `TRUE`, but not `y`.
    Bool,
    /// With a `.`; an exponent needs a sign.
    Float,
    /// Binary, octal with a leading zero, decimal, hexadecimal, or in parts of sixty.
    Integer,
    /// `<<`
    Merge,
    /// `~`, `null`, nothing.
    Null,
    /// A date, with or without a time.
    Timestamp,
    /// `=`
    Value,
    /// All else.
    Text,
}

/// The type of a plain scalar.
pub(super) fn implicit(text: &str) -> Implicit {
    match text {
        "yes" | "Yes" | "YES" | "no" | "No" | "NO" | "true" | "True" | "TRUE" | "false" | "False" | "FALSE" | "on"
        | "On" | "ON" | "off" | "Off" | "OFF" => Implicit::Bool,
        "" | "~" | "null" | "Null" | "NULL" => Implicit::Null,
        "<<" => Implicit::Merge,
        "=" => Implicit::Value,
        _ if is_float(text) => Implicit::Float,
        _ if is_integer(text) => Implicit::Integer,
        _ if is_date(text) || is_moment(text) => Implicit::Timestamp,
        _ => Implicit::Text,
    }
}

fn is_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut whole = Cursor(unsigned);
    let mut sixty = Cursor(unsigned);
    let mut fraction = Cursor(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF")
        || matches!(text, ".nan" | ".NaN" | ".NAN")
        || (whole.number() && whole.is('.') && whole.any(decimal) && whole.exponent() && whole.ends())
        || (fraction.is('.') && fraction.number() && fraction.exponent() && fraction.ends())
        || (sixty.number() && sixty.sixties() && sixty.is('.') && sixty.any(decimal) && sixty.ends())
}

fn is_integer(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let based = |prefix: &str, digit: fn(char) -> bool| {
        unsigned.strip_prefix(prefix).is_some_and(|digits| !digits.is_empty() && digits.chars().all(digit))
    };
    let mut sixty = Cursor(unsigned);
    unsigned == "0"
        || based("0b", |digit| matches!(digit, '0' | '1' | '_'))
        || based("0", |digit| matches!(digit, '0'..='7' | '_'))
        || based("0x", |digit| digit.is_ascii_hexdigit() || digit == '_')
        || (unsigned.starts_with(|digit| matches!(digit, '1'..='9'))
            && sixty.any(decimal)
            && (sixty.ends() || (sixty.sixties() && sixty.ends())))
}

fn is_date(text: &str) -> bool {
    let mut date = Cursor(text);
    date.digits(4, 4) && date.is('-') && date.digits(2, 2) && date.is('-') && date.digits(2, 2) && date.ends()
}

fn is_moment(text: &str) -> bool {
    let mut moment = Cursor(text);
    moment.date() && moment.time() && moment.ends()
}

/// Whether a tagged text is a date or a time: days and months may be of one digit, which they need two of otherwise.
pub(super) fn is_timestamp(text: &str) -> bool {
    let mut date = Cursor(text);
    (date.date() && date.ends()) || is_moment(text)
}

fn decimal(character: char) -> bool {
    character.is_ascii_digit() || character == '_'
}

fn blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

/// What is left of a text; each step says whether it went.
pub(super) struct Cursor<'t>(pub &'t str);

impl<'t> Cursor<'t> {
    /// Whether nothing is left.
    pub(super) fn ends(&self) -> bool {
        self.0.is_empty()
    }

    /// One character.
    pub(super) fn is(&mut self, character: char) -> bool {
        let rest = self.0.strip_prefix(character);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// What comes, as long as it is of a kind.
    pub(super) fn take(&mut self, kind: impl Fn(char) -> bool) -> &'t str {
        let end = self.0.find(|character| !kind(character)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }

    /// So many ASCII digits, as many as there are.
    pub(super) fn digits(&mut self, least: usize, most: usize) -> bool {
        let there = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        self.0 = &self.0[there..];
        there >= least
    }

    /// Anything of a kind, or nothing.
    fn any(&mut self, kind: impl Fn(char) -> bool) -> bool {
        self.take(kind);
        true
    }

    /// Digits and underscores that begin with a digit.
    fn number(&mut self) -> bool {
        self.0.starts_with(|digit: char| digit.is_ascii_digit()) && self.any(decimal)
    }

    /// `e+5`, or nothing.
    fn exponent(&mut self) -> bool {
        !(self.is('e') || self.is('E')) || ((self.is('-') || self.is('+')) && self.digits(1, usize::MAX))
    }

    /// `:30:00`, one part or more.
    fn sixties(&mut self) -> bool {
        let mut parts = 0;
        while self.is(':') {
            let part = self.take(|digit| digit.is_ascii_digit());
            if part.is_empty() || part.len() > 2 || (part.len() == 2 && part.as_bytes()[0] > b'5') {
                return false;
            }
            parts += 1;
        }
        parts > 0
    }

    /// `2024-1-2`
    pub(super) fn date(&mut self) -> bool {
        self.digits(4, 4) && self.is('-') && self.digits(1, 2) && self.is('-') && self.digits(1, 2)
    }

    /// ` 10:00:00.5 +01:00` or the like, from the blank or `T` on.
    fn time(&mut self) -> bool {
        (self.is('T') || self.is('t') || !self.take(blank).is_empty())
            && self.digits(1, 2)
            && self.is(':')
            && self.digits(2, 2)
            && self.is(':')
            && self.digits(2, 2)
            && (!self.is('.') || self.any(|digit| digit.is_ascii_digit()))
            && self.any(blank)
            && self.zone()
    }

    /// `Z`, `+1`, `+01:00`, or nothing: blanks before nothing are no part of a time.
    fn zone(&mut self) -> bool {
        if self.is('-') || self.is('+') {
            return self.digits(1, 2) && (!self.is(':') || self.digits(2, 2));
        }
        self.is('Z') || self.ends()
    }
}
