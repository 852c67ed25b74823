//! Events to rows of numbers: which JSON events can travel to the worker as a matrix. Pure.
//!
//! A JSON number, a list of JSON numbers, or lists of equally long lists of them become a row of the dtype that
//! `np.array(event)` would have: int64 when all its numbers are integers, float64 otherwise. Anything else (objects,
//! text, ragged lists, `null`, booleans, integers beyond 64 bits, empty lists, what isn't JSON, numbers beyond float64)
//! travels as it is, and the worker decides: this module never rejects an event. So does a large integer beside a
//! float: as a float64 it would be another number, or no longer be known for an integer.

/// The largest integer up to which every integer is a float32: beside floats only these are written as floats, so that
/// no column, whatever its type, gets another number than the event has.
const EXACT: u64 = 1 << 24;

/// The deepest that lists may be nested: images with channels are three deep.
const MOST_AXES: usize = 4;

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
    /// The lengths of its lists, the outermost first; none for a single number.
    pub fn axes(&self) -> &[u32] {
        &self.lengths[..self.rank]
    }
}

/// Reads one event; its numbers are appended to `into` as little-endian int64 or float64, as the kind says.
///
/// `None`, with `into` as it was, for an event that isn't a row of numbers.
pub fn read_row(event: &[u8], into: &mut Vec<u8>) -> Option<RowKind> {
    let start = into.len();
    let lengths = [0; MOST_AXES];
    let mut reader = Reader { text: event, at: 0, float: false, large: false, lengths, start, into };
    let rank = reader.event();
    if let Some(rank) = rank.filter(|_| !(reader.float && reader.large)) {
        Some(RowKind { float: reader.float, rank, lengths: reader.lengths })
    } else {
        into.truncate(start);
        None
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    float: bool,
    /// Whether an integer exceeds `EXACT`.
    large: bool,
    /// Of each axis, once its first list has ended.
    lengths: [u32; MOST_AXES],
    start: usize,
    into: &'a mut Vec<u8>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The whole event; how deep its lists are.
    fn event(&mut self) -> Option<usize> {
        let rank = self.rank();
        if rank == 0 {
            self.space();
            self.number()?;
        } else if rank <= MOST_AXES {
            self.list(0, rank)?;
        } else {
            return None;
        }
        self.space();
        (self.at == self.text.len()).then_some(rank)
    }

    /// With how many lists in lists the event begins.
    fn rank(&self) -> usize {
        let begin = self.text.iter().take_while(|byte| matches!(byte, b'[' | b' ' | b'\t' | b'\n' | b'\r'));
        begin.filter(|byte| **byte == b'[').count()
    }

    /// A list along an axis, as long as the others along it.
    fn list(&mut self, axis: usize, rank: usize) -> Option<()> {
        (self.token()? == b'[').then_some(())?;
        let mut length = 0;
        loop {
            if axis + 1 < rank {
                self.list(axis + 1, rank)?;
            } else {
                self.space();
                self.number()?;
            }
            length += 1;
            match self.token()? {
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

    /// The next byte that isn't space.
    fn token(&mut self) -> Option<u8> {
        self.space();
        self.at += 1;
        self.text.get(self.at - 1).copied()
    }

    /// One number in JSON's grammar.
    fn number(&mut self) -> Option<()> {
        let begin = self.at;
        let negative = self.peek()? == b'-';
        self.at += usize::from(negative);
        let digits = self.at;
        let mut value: Option<i64> = Some(0);
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            let digit = i64::from(digit - b'0');
            // Accumulated on the negative side, whose range is the larger by one.
            value = value.and_then(|value| value.checked_mul(10)?.checked_sub(digit));
            self.at += 1;
        }
        let count = self.at - digits;
        if count == 0 || (count > 1 && self.text[digits] == b'0') {
            return None;
        }
        if matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            self.fraction()?;
            let text = std::str::from_utf8(&self.text[begin..self.at]).ok()?;
            self.push_float(text.parse().ok().filter(|float: &f64| float.is_finite())?);
        } else {
            let value = if negative { value? } else { value?.checked_neg()? };
            self.push_integer(value);
        }
        Some(())
    }

    fn fraction(&mut self) -> Option<()> {
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let begin = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        (self.at > begin).then_some(())
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "an integer that isn't exact as a float64 never leaves in a row with floats"
    )]
    fn push_integer(&mut self, value: i64) {
        self.large |= value.unsigned_abs() > EXACT;
        if self.float {
            self.into.extend_from_slice(&(value as f64).to_le_bytes());
        } else {
            self.into.extend_from_slice(&value.to_le_bytes());
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "an integer that isn't exact as a float64 never leaves in a row with floats"
    )]
    fn push_float(&mut self, value: f64) {
        if !self.float {
            self.float = true;
            for number in self.into[self.start..].as_chunks_mut::<8>().0 {
                *number = (i64::from_le_bytes(*number) as f64).to_le_bytes();
            }
        }
        self.into.extend_from_slice(&value.to_le_bytes());
    }
}

#[cfg(test)]
mod tests;
