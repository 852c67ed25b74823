//! The payload of a `result` frame, checked once and read without copying. Pure.

use std::{ops::Range, time::Duration};

use super::values::{StepValue, Values};
use crate::event::{Failure, Step, Took, WORKER_STEPS};

/// Results of consecutive events of a batch, as they came from a worker.
#[derive(Debug)]
pub struct Answer {
    /// Place of the first event.
    pub first: usize,
    /// Number of events.
    pub count: usize,
    /// Time that the worker spent on the batch so far.
    pub took: Took,
    form: Form,
    payload: Vec<u8>,
    /// What is known of single events, where somebody looks on.
    values: Values,
}

#[derive(Debug)]
enum Form {
    /// Where the statuses, and each item's bytes, are in the payload: `ends[i]` closes item `i`.
    Items {
        ends: Vec<usize>,
        data: usize,
    },
    Integers,
    Floats,
    Booleans,
}

/// What became of one event in a worker.
#[derive(Debug, PartialEq)]
pub enum Outcome<'a> {
    /// The record's value, encoded.
    Output(&'a [u8]),
    /// A prediction, for `[event, prediction]`.
    Prediction(Prediction<'a>),
    /// A step returned `None`.
    Skipped(Step),
    /// It could not be scored.
    Failed(Failure),
}

/// A prediction that the service joins to its event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Prediction<'a> {
    /// JSON text.
    Json(&'a [u8]),
    /// An integer.
    Integer(i64),
    /// A float, maybe NaN or infinite.
    Float(f64),
    /// A boolean.
    Boolean(bool),
}

/// What an item's status byte says that its bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Output,
    Prediction,
    Skipped,
    Failed,
    /// Failed, by an error after which the event may be tried again.
    Passing,
    /// A prediction, of eight bytes.
    Float,
}

impl Status {
    const ALL: [Self; 6] = [Self::Output, Self::Prediction, Self::Skipped, Self::Failed, Self::Passing, Self::Float];

    fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.get(usize::from(byte)).copied()
    }
}

/// A `result` payload that breaks the protocol.
#[derive(Debug, thiserror::Error)]
#[error(
    "the worker sent a result that is not what the protocol says ({0}); something in the model or the hooks wrote to its socket"
)]
pub struct MalformedAnswer(&'static str);

/// Where the times by step begin, and where the form stands.
const STEPS: usize = 16;
const FORM: usize = STEPS + 8 * WORKER_STEPS.len();
const HEAD: usize = FORM + 1;

impl Answer {
    /// Checks a payload.
    pub fn parse(payload: Vec<u8>) -> Result<Self, MalformedAnswer> {
        let head: &[u8; HEAD] = payload.first_chunk().ok_or(MalformedAnswer("shorter than its head"))?;
        let first = read_u32(head, 0);
        let count = read_u32(head, 4);
        let nanoseconds = read_u64(head, 8);
        let steps: [u64; WORKER_STEPS.len()] = std::array::from_fn(|step| read_u64(head, STEPS + 8 * step));
        let took = Took { whole: Duration::from_nanos(nanoseconds), steps: steps.map(Duration::from_nanos) };
        let in_steps = steps.iter().try_fold(0_u64, |sum, step| sum.checked_add(*step));
        if in_steps.is_none_or(|sum| sum > nanoseconds) {
            return Err(MalformedAnswer("more time in its steps than in all"));
        }
        let body = payload.len() - HEAD;
        let (form, expected) = match head[FORM] {
            0 => {
                let lengths = HEAD + count;
                let data = lengths + 4 * count;
                if payload.len() < data {
                    return Err(MalformedAnswer("fewer items than it says"));
                }
                let mut end = data;
                let ends: Vec<usize> = (0..count)
                    .map(|item| {
                        end += read_u32(&payload, lengths + 4 * item);
                        end
                    })
                    .collect();
                (Form::Items { ends, data }, end - HEAD)
            }
            1 => (Form::Integers, 8 * count),
            2 => (Form::Floats, 8 * count),
            3 => (Form::Booleans, count),
            _ => return Err(MalformedAnswer("unknown form")),
        };
        if body != expected {
            return Err(MalformedAnswer("its length is not that of its items"));
        }
        let answer = Self { first, count, took, form, payload, values: Values::default() };
        answer.check_items()?;
        Ok(answer)
    }

    /// Each item has a status, one that was skipped names its step, and a float has eight bytes: what the counts, and
    /// who reads it, rest on.
    fn check_items(&self) -> Result<(), MalformedAnswer> {
        let Form::Items { ends, data } = &self.form else { return Ok(()) };
        for item in 0..self.count {
            match Status::from_byte(self.payload[HEAD + item]) {
                None => return Err(MalformedAnswer("an event without a known status")),
                Some(Status::Skipped) if Step::from_name(self.item(item, ends, *data)).is_none() => {
                    return Err(MalformedAnswer("an event that an unknown step skipped"));
                }
                Some(Status::Float) if self.item(item, ends, *data).len() != 8 => {
                    return Err(MalformedAnswer("an event whose float hasn't eight bytes"));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// The bytes of one item, given where each ends and where the first begins.
    fn item(&self, item: usize, ends: &[usize], data: usize) -> &[u8] {
        let begin = item.checked_sub(1).map_or(data, |before| ends[before]);
        &self.payload[begin..ends[item]]
    }

    /// With what the worker has said of its events before.
    #[must_use]
    pub(crate) fn with(self, values: &mut Values) -> Self {
        let values = values.of(&(self.first..self.first + self.count));
        Self { values, ..self }
    }

    /// What the event at `first + item` had after each step, where that is known.
    pub(crate) fn steps(&self, item: usize) -> &[StepValue] {
        self.values.at(self.first + item)
    }

    /// Bytes that it holds.
    pub fn bytes(&self) -> usize {
        self.payload.len() + self.values.bytes()
    }

    /// What became of the event at `first + item`. `item` must be below `count`.
    pub fn outcome(&self, item: usize) -> Outcome<'_> {
        match &self.form {
            Form::Integers => Outcome::Prediction(Prediction::Integer(i64::from_le_bytes(self.eight(item)))),
            Form::Floats => Outcome::Prediction(Prediction::Float(f64::from_le_bytes(self.eight(item)))),
            Form::Booleans => Outcome::Prediction(Prediction::Boolean(self.payload[HEAD + item] != 0)),
            Form::Items { ends, data } => {
                let bytes = self.item(item, ends, *data);
                match self.status(item) {
                    Status::Output => Outcome::Output(bytes),
                    Status::Prediction => Outcome::Prediction(Prediction::Json(bytes)),
                    Status::Float => Outcome::Prediction(Prediction::Float(f64::from_le_bytes(read_eight(bytes, 0)))),
                    Status::Skipped => Outcome::Skipped(checked(Step::from_name(bytes))),
                    Status::Failed | Status::Passing => {
                        Outcome::Failed(serde_json::from_slice(bytes).unwrap_or_else(|error| {
                            Failure::new(
                                "predict",
                                "WorkerError",
                                format!("the worker's own report can't be read: {error}"),
                            )
                        }))
                    }
                }
            }
        }
    }

    /// Whether the event at `first + item` failed by an error that may pass. `item` must be below `count`.
    pub(crate) fn may_pass(&self, item: usize) -> bool {
        matches!(self.form, Form::Items { .. }) && self.status(item) == Status::Passing
    }

    /// A copy of what it says of these items, for an answer of which others are held back or asked for again.
    pub(crate) fn copied(&self, items: Range<usize>) -> Self {
        let (first, count) = (self.first + items.start, items.len());
        let mut payload = vec![0; HEAD];
        let form = match &self.form {
            Form::Items { ends, data } => {
                let begin = items.start.checked_sub(1).map_or(*data, |before| ends[before]);
                let end = items.end.checked_sub(1).map_or(*data, |last| ends[last]);
                payload.extend_from_slice(&self.payload[HEAD + items.start..HEAD + items.end]);
                payload.extend_from_slice(&self.payload[begin..end]);
                let data = HEAD + count;
                Form::Items { ends: ends[items].iter().map(|end| end - begin + data).collect(), data }
            }
            Form::Integers => {
                payload.extend_from_slice(self.values(&items, 8));
                Form::Integers
            }
            Form::Floats => {
                payload.extend_from_slice(self.values(&items, 8));
                Form::Floats
            }
            Form::Booleans => {
                payload.extend_from_slice(self.values(&items, 1));
                Form::Booleans
            }
        };
        let values = self.values.copied(&(first..first + count));
        Self { first, count, took: self.took, form, payload, values }
    }

    /// The bytes of these items, where each has so many.
    fn values(&self, items: &Range<usize>, width: usize) -> &[u8] {
        &self.payload[HEAD + width * items.start..HEAD + width * items.end]
    }

    fn status(&self, item: usize) -> Status {
        checked(Status::from_byte(self.payload[HEAD + item]))
    }

    fn eight(&self, item: usize) -> [u8; 8] {
        read_eight(&self.payload, HEAD + 8 * item)
    }
}

fn checked<T>(value: Option<T>) -> T {
    value.expect("each item was checked when it was parsed")
}

fn read_u64(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(read_eight(bytes, at))
}

fn read_eight(bytes: &[u8], at: usize) -> [u8; 8] {
    bytes[at..at + 8].try_into().expect("a slice of eight")
}

fn read_u32(bytes: &[u8], at: usize) -> usize {
    let four: [u8; 4] = bytes[at..at + 4].try_into().expect("a slice of four");
    u32::from_le_bytes(four) as usize
}
