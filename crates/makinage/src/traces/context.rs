//! A place in a trace, as `traceparent` writes it: W3C's Trace Context, version 00. Pure.

use std::fmt;

/// Bytes of a `traceparent` of version 00.
pub(super) const LENGTH: usize = 55;
/// The trace is recorded by whoever wrote this.
const SAMPLED: u8 = 1;
/// The trace's number is random (level 2 of the specification): passed on with it.
const RANDOM: u8 = 2;

/// Which trace, and which span of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Context {
    /// The trace.
    pub trace: [u8; 16],
    /// The span.
    pub span: [u8; 8],
    flags: u8,
}

impl Context {
    /// A trace's first span, which is recorded. Of the trace's number the last half is the one that it was chosen by.
    pub(super) fn begun(chosen: u64) -> Self {
        let mut trace = [0; 16];
        trace[..8].copy_from_slice(&fastrand::u64(1..).to_be_bytes());
        trace[8..].copy_from_slice(&chosen.to_be_bytes());
        Self { trace, span: number(), flags: SAMPLED }
    }

    /// Another span of the same trace, which is recorded.
    pub(super) fn beside(&self) -> Self {
        Self { trace: self.trace, span: number(), flags: SAMPLED | (self.flags & RANDOM) }
    }

    /// What a `traceparent` says; `None` where it says nothing, by the specification.
    pub(super) fn parse(value: &[u8]) -> Option<Self> {
        let version = hex::<1>(value.get(..2)?)?[0];
        let is_whole = match version {
            0 => value.len() == LENGTH,
            // No version at all.
            0xff => false,
            // What later versions have more stands behind a hyphen.
            _ => value.len() == LENGTH || value.get(LENGTH) == Some(&b'-'),
        };
        let hyphens = [2, 35, 52].iter().all(|place| value.get(*place) == Some(&b'-'));
        if !is_whole || !hyphens {
            return None;
        }
        let (trace, span, flags) = (hex(&value[3..35])?, hex(&value[36..52])?, hex::<1>(&value[53..55])?[0]);
        (trace != [0; 16] && span != [0; 8]).then_some(Self { trace, span, flags })
    }

    /// Whether whoever wrote it has recorded its span.
    pub(super) fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// The flags, as far as they are known.
    pub(super) fn flags(&self) -> u8 {
        self.flags & (SAMPLED | RANDOM)
    }
}

/// As `traceparent` has it.
impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (trace, span) = (u128::from_be_bytes(self.trace), u64::from_be_bytes(self.span));
        write!(f, "00-{trace:032x}-{span:016x}-{:02x}", self.flags())
    }
}

/// A span's number: any but zero, which is none.
fn number() -> [u8; 8] {
    fastrand::u64(1..).to_be_bytes()
}

/// Digits of a hexadecimal number, in small letters alone.
fn hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
