//! What is known about some events of a flight. Pure.

use std::{ops::Range, sync::Arc};

use super::job::Attempt;
use crate::{
    event::{Failure, Step},
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
        attempt: Attempt,
    },
    /// One event that could not be scored, without an answer; by which model, where one was asked.
    Failed(usize, Failure, Option<ModelLabel>),
    /// Nobody was asked about them, and nobody is to be any more.
    GivenUp(Range<usize>),
}

impl Part {
    /// All that a worker answered to a job whose first place is `start`.
    pub(crate) fn answered(
        start: usize,
        answers: Vec<Answer>,
        generation: u64,
        model: ModelLabel,
        attempt: Attempt,
    ) -> Self {
        let first = start + answers.first().map_or(0, |answer| answer.first);
        let count: usize = answers.iter().map(|answer| answer.count).sum();
        Self::Answered { places: first..first + count, start, answers, generation, model, attempt }
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
        let Self::Answered { places, start, answers, generation, model, attempt } = self else { return None };
        let places = places.start..end.min(places.end);
        (!places.is_empty()).then_some(Self::Answered { places, start, answers, generation, model, attempt })
    }

    /// The places of events that failed by errors which may pass, and are to be tried again.
    pub(crate) fn passing(&self) -> Vec<usize> {
        let Self::Answered { places, start, answers, attempt: Attempt { is_last: false, .. }, .. } = self else {
            return vec![];
        };
        let items = answers.iter().flat_map(|answer| (0..answer.count).map(move |item| (answer, item)));
        let passing = items.filter(|(answer, item)| answer.may_pass(*item));
        passing.map(|(answer, item)| start + answer.first + item).filter(|place| places.contains(place)).collect()
    }

    /// What it says of all other events than those of these places, which ascend.
    pub(crate) fn without(self, held: &[usize]) -> Vec<Self> {
        let Self::Answered { places, start, answers, generation, model, attempt } = self else { return vec![self] };
        let mut parts = vec![];
        for answer in answers {
            let first = start + answer.first;
            let about = first.max(places.start)..(first + answer.count).min(places.end);
            let part = |places: Range<usize>, answer| {
                let (answers, model) = (vec![answer], Arc::clone(&model));
                Self::Answered { places, start, answers, generation, model, attempt }
            };
            let among: Vec<usize> = held.iter().copied().filter(|place| about.contains(place)).collect();
            if among.is_empty() {
                parts.push(part(about, answer));
                continue;
            }
            let begins = [about.start].into_iter().chain(among.iter().map(|place| place + 1));
            let ends = among.iter().copied().chain([about.end]);
            for run in begins.zip(ends).map(|(begin, end)| begin..end).filter(|run| !run.is_empty()) {
                let copied = answer.copied(run.start - first..run.end - first);
                parts.push(part(run, copied));
            }
        }
        parts.retain(|part| !part.places().is_empty());
        parts
    }

    /// The place of the first event that failed since one has scored, where that may be the process's fault.
    pub(crate) fn failing_from(&self) -> Option<usize> {
        let Self::Answered { start, answers, attempt, .. } = self else { return None };
        let mut from = None;
        let items = answers.iter().rev().flat_map(|answer| (0..answer.count).rev().map(move |item| (answer, item)));
        for (answer, item) in items {
            let may_pass = !attempt.is_last && answer.may_pass(item);
            match Sign::of(&answer.outcome(item)) {
                Sign::Scores => break,
                Sign::Fails if !may_pass => from = Some(start + answer.first + item),
                Sign::Fails | Sign::Nothing => {}
            }
        }
        from
    }

    /// Whether the model was asked for any of its events, or may have been.
    pub(crate) fn is_of_the_model(&self) -> bool {
        self.has_any(|outcome| match outcome {
            Outcome::Output(_) | Outcome::Prediction(_) => true,
            Outcome::Skipped(step) => *step != Step::PreTransform,
            Outcome::Failed(failure) => !["decode", Step::PreTransform.name()].contains(&&*failure.step),
        })
    }

    /// Whether any of its events shows that the process can score.
    pub(crate) fn scores(&self) -> bool {
        self.has_any(|outcome| Sign::of(outcome) == Sign::Scores)
    }

    fn has_any(&self, is_one: impl Fn(&Outcome<'_>) -> bool) -> bool {
        let Self::Answered { answers, .. } = self else { return false };
        let mut items = answers.iter().flat_map(|answer| (0..answer.count).map(move |item| answer.outcome(item)));
        items.any(|outcome| is_one(&outcome))
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

/// What an event's outcome says of the process that it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// It can score.
    Scores,
    /// It may be exhausted.
    Fails,
    /// The model was not asked, or need not have been.
    Nothing,
}

impl Sign {
    fn of(outcome: &Outcome<'_>) -> Self {
        match outcome {
            Outcome::Output(_) | Outcome::Prediction(_) | Outcome::Skipped(Step::PostTransform) => Self::Scores,
            // A filter answers however the process is.
            Outcome::Skipped(Step::PreTransform | Step::Predict) => Self::Nothing,
            // What the event is made of is at fault, unless code of the user's reads it, which may need something.
            Outcome::Failed(failure) if failure.step == "decode" && failure.location.is_none() => Self::Nothing,
            Outcome::Failed(_) => Self::Fails,
        }
    }
}

#[cfg(test)]
mod tests;
