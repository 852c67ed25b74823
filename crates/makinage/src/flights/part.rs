//! What is known about some events of a flight. Pure.

use std::ops::Range;

use crate::{
    event::Failure,
    model::ModelLabel,
    wire::answer::{Answer, Outcome},
};

/// What is known about consecutive events of a flight.
#[derive(Debug)]
pub enum Part {
    /// Workers' answers; places count from the job's first event.
    Answered {
        /// The places that this is about.
        places: Range<usize>,
        /// The job's first place.
        start: usize,
        /// In ascending order, without gaps.
        answers: Vec<Answer>,
        /// The generation that scored them.
        generation: u64,
        model: ModelLabel,
    },
    /// One event that could not be scored, without an answer; by which model, where one was asked.
    Failed(usize, Failure, Option<ModelLabel>),
    /// Nobody was asked about them, and nobody is to be any more.
    GivenUp(Range<usize>),
}

impl Part {
    /// All that a worker answered to a job whose first place is `start`.
    pub(crate) fn answered(start: usize, answers: Vec<Answer>, generation: u64, model: ModelLabel) -> Self {
        let first = start + answers.first().map_or(0, |answer| answer.first);
        let count: usize = answers.iter().map(|answer| answer.count).sum();
        Self::Answered { places: first..first + count, start, answers, generation, model }
    }

    /// The places in the flight that it is about.
    pub(crate) fn places(&self) -> Range<usize> {
        match self {
            Self::Answered { places, .. } | Self::GivenUp(places) => places.clone(),
            Self::Failed(place, ..) => *place..place + 1,
        }
    }

    /// Without what it says of the events from this place on; `None` where nothing is left.
    pub(crate) fn until(self, end: usize) -> Option<Self> {
        let Self::Answered { places, start, answers, generation, model } = self else { return None };
        let places = places.start..end.min(places.end);
        (!places.is_empty()).then_some(Self::Answered { places, start, answers, generation, model })
    }

    /// The place from which on all events failed, and not all of them by what they are made of.
    pub(crate) fn failing_from(&self) -> Option<usize> {
        let Self::Answered { start, answers, .. } = self else { return None };
        let (mut from, mut beyond_decode) = (None, false);
        let items = answers.iter().rev().flat_map(|answer| (0..answer.count).rev().map(move |item| (answer, item)));
        for (answer, item) in items {
            let Outcome::Failed(failure) = answer.outcome(item) else { break };
            from = Some(start + answer.first + item);
            beyond_decode |= failure.step != "decode";
        }
        from.filter(|_| beyond_decode)
    }

    /// Whether any of its events came past its decoding.
    pub(crate) fn is_of_the_model(&self) -> bool {
        let Self::Answered { answers, .. } = self else { return false };
        let mut items = answers.iter().flat_map(|answer| (0..answer.count).map(move |item| answer.outcome(item)));
        items.any(|outcome| !matches!(outcome, Outcome::Failed(failure) if failure.step == "decode"))
    }

    /// The place of the first event that scored.
    pub(crate) fn first_scored(&self) -> Option<usize> {
        let Self::Answered { start, answers, .. } = self else { return None };
        let mut items = answers.iter().flat_map(|answer| (0..answer.count).map(move |item| (answer, item)));
        let (answer, item) = items
            .find(|(answer, item)| matches!(answer.outcome(*item), Outcome::Output(_) | Outcome::Prediction(_)))?;
        Some(start + answer.first + item)
    }

    /// Bytes that it holds.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Answered { answers, .. } => answers.iter().map(Answer::bytes).sum(),
            Self::Failed(_, failure, _) => failure.message.len(),
            Self::GivenUp(_) => 0,
        }
    }
}
