//! Events to rows of numbers: which JSON events can travel to the worker as a matrix. Pure.
//!
//! A JSON number, a list of JSON numbers, or lists of equally long lists of them become a row of the dtype that
//! `np.array(event)` would have: int64 when all its numbers are integers, float64 otherwise. Anything else (objects,
//! text, ragged lists, `null`, booleans, integers beyond 64 bits, empty lists, what isn't JSON, numbers beyond float64)
//! travels as it is, and the worker decides: this module never rejects an event. So does a large integer beside a
//! float: as a float64 it would be another number, or no longer be known for an integer.

use super::cursor::{Cursor, Number};

/// The largest integer up to which every integer is a float32: beside floats only these are written as floats, so that
/// no column, whatever its type, gets another number than the event has.
const EXACT: u64 = 1 << 24;

/// The deepest that lists may be nested: images with channels are three deep.
const MOST_AXES: usize = 4;

/// What an integer is that stands beside a float in an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mixed {
    /// A float: it is the same to the model.
    #[default]
    Float,
    /// What it is written as, which no row can say: models that are told of lists, and whose code may tell 1 from 1.0.
    Integer,
}

/// The shape and type of one event that is a row of numbers. Only rows that agree in it are stacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowKind {
    /// float64, else int64.
    pub float: bool,
    /// How deep its lists are; 0 for a single number.
    rank: usize,
    /// Their lengths, the outermost first; 0 beyond the rank.
    lengths: [u32; MOST_AXES],
}

impl RowKind {
    /// That of a list of so many numbers.
    pub(super) fn list(float: bool, length: usize) -> Option<Self> {
        let mut lengths = [0; MOST_AXES];
        lengths[0] = u32::try_from(length).ok()?;
        Some(Self { float, rank: 1, lengths })
    }

    /// The lengths of its lists, the outermost first; none for a single number.
    pub fn axes(&self) -> &[u32] {
        &self.lengths[..self.rank]
    }
}

/// Reads one event; its numbers are appended to `into` as little-endian int64 or float64, as the kind says.
///
/// `None`, with `into` as it was, for an event that isn't a row of numbers.
pub fn read_row(event: &[u8], mixed: Mixed, into: &mut Vec<u8>) -> Option<RowKind> {
    let mut reader = Reader { text: Cursor::new(event), numbers: Numbers::new(mixed, into), lengths: [0; MOST_AXES] };
    let rank = reader.event();
    let float = reader.numbers.end(rank.is_some());
    Some(RowKind { float: float?, rank: rank?, lengths: reader.lengths })
}

struct Reader<'a> {
    text: Cursor<'a>,
    numbers: Numbers<'a>,
    /// Of each axis, once its first list has ended.
    lengths: [u32; MOST_AXES],
}

impl Reader<'_> {
    /// The whole event; how deep its lists are.
    fn event(&mut self) -> Option<usize> {
        let rank = self.rank();
        match rank {
            0 => self.number()?,
            1..=MOST_AXES => self.list(0, rank)?,
            _ => return None,
        }
        self.text.is_at_end().then_some(rank)
    }

    /// With how many lists in lists the event begins.
    fn rank(&self) -> usize {
        let begin = self.text.rest().iter().take_while(|byte| matches!(byte, b'[' | b' ' | b'\t' | b'\n' | b'\r'));
        begin.filter(|byte| **byte == b'[').count()
    }

    /// A list along an axis, as long as the others along it.
    fn list(&mut self, axis: usize, rank: usize) -> Option<()> {
        self.text.expect(b'[')?;
        let mut length = 0;
        loop {
            if axis + 1 < rank {
                self.list(axis + 1, rank)?;
            } else {
                self.number()?;
            }
            length += 1;
            match self.text.token()? {
                b',' => {}
                b']' => break,
                _ => return None,
            }
        }
        let known = &mut self.lengths[axis];
        if *known == 0 {
            *known = length;
        }
        (*known == length).then_some(())
    }

    fn number(&mut self) -> Option<()> {
        self.text.space();
        self.numbers.push(self.text.number()?);
        Some(())
    }
}

/// The numbers of a row on their way: of one type, whichever of them says which.
#[derive(Debug)]
pub(super) struct Numbers<'a> {
    float: bool,
    /// Whether an integer exceeds `EXACT`.
    large: bool,
    mixed: Mixed,
    /// Whether an integer stands beside a float that is to be one.
    differ: bool,
    start: usize,
    into: &'a mut Vec<u8>,
}

impl<'a> Numbers<'a> {
    /// Numbers that are appended to `into`.
    pub(super) fn new(mixed: Mixed, into: &'a mut Vec<u8>) -> Self {
        Self { float: false, large: false, mixed, differ: false, start: into.len(), into }
    }

    /// One more of them.
    #[expect(
        clippy::cast_precision_loss,
        reason = "an integer that isn't exact as a float64 never leaves in a row with floats"
    )]
    pub(super) fn push(&mut self, number: Number) {
        let mut bits = number.bits;
        if !number.is_float {
            let value = bits.cast_signed();
            self.large |= value.unsigned_abs() > EXACT;
            if self.float {
                self.differ |= self.mixed == Mixed::Integer;
                bits = (value as f64).to_bits();
            }
        } else if !self.float {
            self.become_floats();
        }
        self.into.extend_from_slice(&bits.to_le_bytes());
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "an integer that isn't exact as a float64 never leaves in a row with floats"
    )]
    fn become_floats(&mut self) {
        self.float = true;
        self.differ |= self.mixed == Mixed::Integer && self.into.len() > self.start;
        for number in self.into[self.start..].as_chunks_mut::<8>().0 {
            *number = (i64::from_le_bytes(*number) as f64).to_le_bytes();
        }
    }

    /// Whether they are floats; `None`, with none of them left, where they are no row, or where not all are there.
    pub(super) fn end(&mut self, are_all: bool) -> Option<bool> {
        if are_all && !(self.float && self.large) && !self.differ {
            return Some(self.float);
        }
        self.into.truncate(self.start);
        None
    }
}

#[cfg(test)]
mod tests;
