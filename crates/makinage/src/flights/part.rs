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
        /// The job's first place.
        start: usize,
        /// In ascending order, without gaps.
        answers: Vec<Answer>,
        /// The generation that scored them.
        generation: u64,
        model: ModelLabel,
    },
    /// One event that could not be scored, without an answer.
    Failed(usize, Failure),
    /// Nobody was asked about them, and nobody is to be any more.
    GivenUp(Range<usize>),
}

impl Part {
    /// The places in the flight that it is about.
    pub(crate) fn places(&self) -> Range<usize> {
        match self {
            Self::Answered { start, answers, .. } => {
                let first = start + answers.first().map_or(0, |answer| answer.first);
                first..first + answers.iter().map(|answer| answer.count).sum::<usize>()
            }
            Self::Failed(place, _) => *place..place + 1,
            Self::GivenUp(places) => places.clone(),
        }
    }

    /// Whether each of its events failed, and not all of them by what they are made of.
    pub(crate) fn is_all_failed(&self) -> bool {
        let Self::Answered { answers, .. } = self else { return false };
        let mut beyond_decode = false;
        for answer in answers {
            for item in 0..answer.count {
                let Outcome::Failed(failure) = answer.outcome(item) else { return false };
                beyond_decode |= failure.step != "decode";
            }
        }
        beyond_decode
    }

    /// The place of the first event that scored.
    pub(crate) fn first_scored(&self) -> Option<usize> {
        let Self::Answered { start, answers, .. } = self else { return None };
        let mut items = answers.iter().flat_map(|answer| (0..answer.count).map(move |item| (answer, item)));
        let (answer, item) =
            items.find(|(answer, item)| matches!(answer.outcome(*item), Outcome::Output(_) | Outcome::Prediction(_)))?;
        Some(start + answer.first + item)
    }

    /// Bytes that it holds.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Answered { answers, .. } => answers.iter().map(Answer::bytes).sum(),
            Self::Failed(_, failure) => failure.message.len(),
            Self::GivenUp(_) => 0,
        }
    }
}
