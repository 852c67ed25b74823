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
    /// Its number.
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
mod tests {
    use super::*;

    fn named(generation: u64) -> GenerationSeen {
        let (model, sha256, place) = (format!("iris@{generation}"), "00".into(), "model/0/0".into());
        GenerationSeen { generation, model, sha256, place, since: now() }
    }

    #[test]
    fn one_that_takes_over_serves_and_one_that_fails_changes_nothing_but_the_past() {
        let generations = Generations::default();
        generations.begins(named(1));
        generations.waits_for("load");
        assert_eq!(generations.seen().making.map(|making| making.step), Some("load"));
        generations.takes_over();
        generations.begins(named(2));
        generations.failed("step load: ImportError");
        let seen = generations.seen();
        assert_eq!(seen.serving.map(|serving| serving.generation), Some(1));
        assert!(seen.making.is_none());
        let past: Vec<_> = seen.past.iter().map(|past| (past.generation.generation, past.outcome)).collect();
        assert_eq!(past, [(2, Outcome::Failed), (1, Outcome::TookOver)]);
        generations.taken_back("3 crashes");
        assert_eq!(generations.counts().map(|(_, count)| count), [1, 1, 1]);
        assert_eq!(generations.seconds.each_ref().map(|seconds| seconds.snapshot().count()), [1, 1]);
    }
}
