//! The payload of a `values` frame: what some events of a batch had after each step. Pure.

use std::{ops::Range, time::Duration};

use serde::Deserialize;

use crate::event::WORKER_STEPS;

/// Characters of a value that are kept, with what says that there were more.
const LONGEST: usize = 501;
/// Bytes of a payload: each character may be escaped.
const MOST_BYTES: usize = 16 << 20;
/// Events that are told of in one frame, at most: those that were asked for, and some that ended early.
const MOST_EVENTS: usize = 512;
/// Steps of an event, at most: it comes through each once, and one that waits is looked at more often.
const MOST_STEPS: usize = 16;

/// What an event had after a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepValue {
    /// One of [`WORKER_STEPS`].
    pub step: &'static str,
    /// The value as a text, or its beginning; `None` where nothing is to be shown.
    pub value: Option<String>,
    /// How long the step took, where that is known of this event alone.
    pub took: Option<Duration>,
}

/// What some events of a batch had, by their places.
#[derive(Debug, Default)]
pub(crate) struct Values(Vec<(usize, Vec<StepValue>)>);

/// A `values` payload that breaks the protocol.
#[derive(Debug, thiserror::Error)]
#[error(
    "the worker sent values that are not what the protocol says ({0}); something in the model or the hooks wrote to its socket"
)]
pub struct MalformedValues(String);

#[derive(Deserialize)]
struct Payload {
    events: Vec<EventSaid>,
}

#[derive(Deserialize)]
struct EventSaid {
    place: u32,
    steps: Vec<StepSaid>,
}

#[derive(Deserialize)]
struct StepSaid {
    step: String,
    value: Option<String>,
    nanoseconds: Option<u64>,
}

impl Values {
    /// Checks a payload.
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, MalformedValues> {
        if payload.len() > MOST_BYTES {
            return Err(MalformedValues(format!("{} bytes", payload.len())));
        }
        let said: Payload = serde_json::from_slice(payload).map_err(|error| MalformedValues(error.to_string()))?;
        if said.events.len() > MOST_EVENTS || said.events.iter().any(|event| event.steps.len() > MOST_STEPS) {
            return Err(MalformedValues("more than was asked for".to_owned()));
        }
        let event = |EventSaid { place, steps }: EventSaid| {
            let steps = steps.into_iter().map(StepSaid::checked).collect::<Result<_, _>>()?;
            Ok((place as usize, steps))
        };
        said.events.into_iter().map(event).collect::<Result<_, _>>().map(Self)
    }

    /// Takes out those of the events in these places.
    pub(crate) fn of(&mut self, places: &Range<usize>) -> Self {
        Self(self.0.extract_if(.., |(place, _)| places.contains(place)).collect())
    }

    /// A copy of those of the events in these places.
    pub(super) fn copied(&self, places: &Range<usize>) -> Self {
        Self(self.0.iter().filter(|(place, _)| places.contains(place)).cloned().collect())
    }

    /// Those of the event in this place; none where nothing is known of it.
    pub(crate) fn at(&self, place: usize) -> &[StepValue] {
        self.0.iter().find(|(at, _)| *at == place).map_or(&[], |(_, steps)| steps)
    }

    /// Bytes that it holds, more or less.
    pub(super) fn bytes(&self) -> usize {
        let steps = self.0.iter().flat_map(|(_, steps)| steps);
        steps.map(|step| size_of::<StepValue>() + step.value.as_ref().map_or(0, String::len)).sum()
    }
}

impl StepSaid {
    fn checked(self) -> Result<StepValue, MalformedValues> {
        let Self { step, value, nanoseconds } = self;
        let step = WORKER_STEPS.into_iter().find(|known| *known == step);
        let step = step.ok_or_else(|| MalformedValues("an unknown step".to_owned()))?;
        let value = value.map(|text| match text.char_indices().nth(LONGEST) {
            Some((end, _)) => text[..end].to_owned(),
            None => text,
        });
        Ok(StepValue { step, value, took: nanoseconds.map(Duration::from_nanos) })
    }
}

#[cfg(test)]
mod tests;
