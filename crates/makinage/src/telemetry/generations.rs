//! What serves, what is on its way, and what became of those before.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use serde::Serialize;

use super::{
    histogram::{Histogram, Range},
    moment::now,
};
use crate::config::Config;

/// So many ended ones are kept.
const KEPT: usize = 50;

/// One configuration and one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct GenerationSeen {
    /// Its number; 0 for a model of which none was made.
    pub generation: u64,
    /// What its model is called.
    pub model: String,
    /// The model's bytes.
    pub sha256: String,
    /// Where it was published: `topic/partition/offset`.
    pub place: String,
    /// When that was seen, as RFC 3339 has it.
    pub since: String,
}

/// One that is being made.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Making {
    /// Which.
    #[serde(flatten)]
    pub generation: GenerationSeen,
    /// What is waited for: `unpack`, `environment`, `load`.
    pub step: &'static str,
}

/// A model that is being fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Fetching {
    /// Where it was published: `topic/partition/offset`.
    pub place: String,
    /// Since when, as RFC 3339 has it.
    pub since: String,
    /// Why it can't be had yet, where it was tried in vain.
    pub why: Option<String>,
}

/// What became of making one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// It took over.
    TookOver,
    /// It could not be made.
    Failed,
    /// It served, and was taken back.
    TakenBack,
}

impl Outcome {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::TookOver, Self::Failed, Self::TakenBack];
    /// Those of which it is known how long it took until then.
    pub(crate) const MADE: [Self; 2] = [Self::TookOver, Self::Failed];

    /// As it is shown.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TookOver => "took_over",
            Self::Failed => "failed",
            Self::TakenBack => "taken_back",
        }
    }
}

/// What happened to one.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Past {
    /// Which.
    #[serde(flatten)]
    pub generation: GenerationSeen,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, where that isn't plain.
    pub why: Option<String>,
    /// How long it took to make, in seconds.
    pub seconds: Option<f64>,
}

/// All generations that are known.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct GenerationsSeen {
    /// What serves.
    pub serving: Option<GenerationSeen>,
    /// What is being made.
    pub making: Option<Making>,
    /// The model that may be next.
    pub fetching: Option<Fetching>,
    /// What has happened, the newest first.
    pub past: VecDeque<Past>,
}

#[derive(Debug, Default)]
struct State {
    seen: GenerationsSeen,
    /// The configuration of the one that serves, and of the one that is being made.
    configs: (Option<Arc<Config>>, Option<Arc<Config>>),
    began: Option<Instant>,
    counts: [u64; Outcome::ALL.len()],
    configurations_refused: u64,
}

/// What serves, what is on its way, and what became of those before.
#[derive(Debug)]
pub(crate) struct Generations {
    state: Mutex<State>,
    /// How long it takes to make one, in seconds: in the order of [`Outcome::MADE`].
    pub seconds: [Histogram; Outcome::MADE.len()],
}

impl Default for Generations {
    fn default() -> Self {
        Self { state: Mutex::default(), seconds: Outcome::MADE.map(|_| Histogram::new(Range::SECONDS)) }
    }
}

impl Generations {
    /// The model that was published there is being fetched, maybe once more.
    pub(crate) fn fetches(&self, place: &str) {
        let fetching = &mut self.state.lock().seen.fetching;
        if fetching.as_ref().is_none_or(|fetching| fetching.place != place) {
            *fetching = Some(Fetching { place: place.to_owned(), since: now(), why: None });
        }
    }

    /// It can't be had yet.
    pub(crate) fn can_not_be_had(&self, why: &str) {
        if let Some(fetching) = &mut self.state.lock().seen.fetching {
            fetching.why = Some(why.to_owned());
        }
    }

    /// It is here, or is not there any more.
    pub(crate) fn fetched(&self) {
        self.state.lock().seen.fetching = None;
    }

    /// It can never be served: it has no generation, and nobody knows what it is called.
    pub(crate) fn unusable(&self, why: &str) {
        let mut state = self.state.lock();
        let Some(Fetching { place, since, .. }) = state.seen.fetching.take() else { return };
        let model = format!("published at {place}");
        let generation = GenerationSeen { generation: 0, model, sha256: String::new(), place, since };
        state.note(generation, Outcome::Failed, Some(why.to_owned()), None);
    }

    /// A changed configuration is not taken up.
    pub(crate) fn refuses_configuration(&self) {
        self.state.lock().configurations_refused += 1;
    }

    /// How many changed configurations were not taken up.
    pub(crate) fn configurations_refused(&self) -> u64 {
        self.state.lock().configurations_refused
    }

    /// One is being made from now on.
    pub(crate) fn begins(&self, generation: GenerationSeen) {
        let mut state = self.state.lock();
        state.began = Some(Instant::now());
        state.seen.making = Some(Making { generation, step: "unpack" });
    }

    /// What that is configured by.
    pub(crate) fn is_of(&self, config: &Arc<Config>) {
        self.state.lock().configs.1 = Some(Arc::clone(config));
    }

    /// What that waits for now.
    pub(crate) fn waits_for(&self, step: &'static str) {
        if let Some(making) = &mut self.state.lock().seen.making {
            making.step = step;
        }
    }

    /// It serves.
    pub(crate) fn takes_over(&self) {
        let mut state = self.state.lock();
        let Some((generation, took)) = self.made(&mut state, Outcome::TookOver) else { return };
        state.configs.0 = state.configs.1.take();
        state.seen.serving = Some(GenerationSeen { since: now(), ..generation.clone() });
        state.note(generation, Outcome::TookOver, None, Some(took));
    }

    /// It could not be made.
    pub(crate) fn failed(&self, why: &str) {
        let mut state = self.state.lock();
        let Some((generation, took)) = self.made(&mut state, Outcome::Failed) else { return };
        state.note(generation, Outcome::Failed, Some(why.to_owned()), Some(took));
    }

    /// The one that serves is to be taken back.
    pub(crate) fn taken_back(&self, why: &str) {
        let mut state = self.state.lock();
        let Some(generation) = state.seen.serving.clone() else { return };
        state.note(generation, Outcome::TakenBack, Some(why.to_owned()), None);
    }

    /// The one that was being made, which is over, and how long it took.
    fn made(&self, state: &mut State, outcome: Outcome) -> Option<(GenerationSeen, Duration)> {
        let (generation, took) = state.ends()?;
        let seconds = Outcome::MADE.iter().zip(&self.seconds).find(|(one, _)| **one == outcome);
        if let Some((_, seconds)) = seconds {
            seconds.observe(took.as_secs_f64(), 1);
        }
        Some((generation, took))
    }

    /// The configuration of what serves; it changes while the service runs.
    pub(crate) fn config(&self) -> Option<Arc<Config>> {
        self.state.lock().configs.0.clone()
    }

    /// All that is known now.
    pub(crate) fn seen(&self) -> GenerationsSeen {
        self.state.lock().seen.clone()
    }

    /// How many had each outcome since the start.
    pub(crate) fn counts(&self) -> [(Outcome, u64); Outcome::ALL.len()] {
        let state = self.state.lock();
        Outcome::ALL.map(|outcome| (outcome, state.counts[outcome as usize]))
    }
}

impl State {
    fn ends(&mut self) -> Option<(GenerationSeen, Duration)> {
        let generation = self.seen.making.take()?.generation;
        Some((generation, self.began.take().map_or(Duration::ZERO, |began| began.elapsed())))
    }

    fn note(&mut self, generation: GenerationSeen, outcome: Outcome, why: Option<String>, took: Option<Duration>) {
        self.counts[outcome as usize] += 1;
        let generation = GenerationSeen { since: now(), ..generation };
        let past = Past { generation, outcome, why, seconds: took.map(|took| took.as_secs_f64()) };
        self.seen.past.truncate(KEPT - 1);
        self.seen.past.push_front(past);
    }
}

#[cfg(test)]
mod tests;
