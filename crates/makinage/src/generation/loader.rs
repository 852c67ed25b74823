//! Decides what is served next, the only place that does; on a thread of its own, one generation at a time.
//!
//! It hears what has come ([`mailbox`](super::mailbox)), keeps what is known ([`known`](super::known)), and does one
//! step after the other as [`choose`] says, until there is nothing to do but wait.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    Arrived, Configuration, Made, Trouble,
    builder::Build,
    choice::{Circumstances, Next, State, choose},
    fetcher::Asks,
    handover::{HandOver, Outcome},
    known::Known,
    mailbox::{Fetched, Mailbox, News},
    models::{Models, NotHad},
    words,
};
use crate::{
    backoff::Backoff,
    config::{Config, ModelStart},
    model::ModelIdentity,
    panics,
};

/// Before the second and each further attempt to go back to the generation before.
const GOING_BACK: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(30)];
/// Between tries to read which models there are: the first wait and the longest.
const UNREADABLE: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_mins(1));

/// Where models come from.
#[derive(Debug)]
pub(crate) struct Source<T> {
    /// Which models there are.
    pub models: Arc<T>,
    /// Fetches them.
    pub asks: Asks,
}

/// What served before one that was taken back, and how often it may be tried again.
#[derive(Debug)]
struct GoingBack {
    to: Made,
    due: Instant,
    waits: &'static [Duration],
}

/// Makes generations as the mailbox's news asks for them.
#[derive(Debug)]
pub(crate) struct Loader<B: Build, T> {
    mailbox: Arc<Mailbox>,
    source: Source<T>,
    hand_over: HandOver<B>,
    /// The newest configuration that was not found wanting.
    configuration: Configuration,
    /// How many have come.
    configurations: u64,
    known: Known<Arc<Arrived>>,
    /// The number of the model that is being fetched.
    asked: u64,
    unreadable: Backoff,
    store_was_asked: bool,
    /// What is gone back to when the serving generation is taken back.
    previous: Option<Made>,
    going_back: Option<GoingBack>,
}

impl<B: Build, T: Models> Loader<B, T> {
    /// A loader without anything to serve yet.
    pub(crate) fn new(config: Config, mailbox: Arc<Mailbox>, source: Source<T>, hand_over: HandOver<B>) -> Self {
        Self {
            mailbox,
            source,
            hand_over,
            configuration: Configuration { number: 0, config: Arc::new(config) },
            configurations: 0,
            known: Known::default(),
            asked: 0,
            unreadable: UNREADABLE,
            store_was_asked: false,
            previous: None,
            going_back: None,
        }
    }

    /// Works until the mailbox is closed, or nobody takes what is made.
    pub(crate) fn run(mut self) {
        let mut due = None;
        while let Some(news) = self.mailbox.wait(due) {
            panics::point("loader");
            let now = Instant::now();
            self.hear(news, now);
            due = self.step(now);
            if self.hand_over.is_over() {
                return;
            }
        }
    }

    /// Takes in what has come.
    fn hear(&mut self, news: News, now: Instant) {
        if let Some(trouble) = news.trouble {
            self.take_back(&trouble, now);
        }
        if let Some(config) = news.config {
            self.configurations += 1;
            self.configuration = Configuration { number: self.configurations, config: Arc::new(*config) };
            self.known.configured(self.serving_configuration());
        }
        if news.read {
            // What was fetched may be gone with the topic.
            self.hand_over.shown().fetched();
            self.known.read(now);
            self.store_was_asked = false;
        }
        for seen in news.seen {
            self.known.seen(seen, now);
            self.store_was_asked = false;
        }
        if let Some(fetched) = news.fetched.filter(|fetched| fetched.number == self.asked) {
            self.fetched(fetched, now);
        }
    }

    /// Does what is next, and says when there is more to do: at once, or later.
    fn step(&mut self, now: Instant) -> Option<Instant> {
        match self.next(now) {
            Next::Wait(due) => return due,
            Next::GoBack => self.go_back(now),
            Next::Build(index) => self.build(index),
            Next::Fetch(index) => self.fetch(index, now),
            Next::LookBack => self.look_back(now),
            Next::Reconfigure => self.reconfigure(),
            Next::LastServed => self.serve_last(),
        }
        Some(now)
    }

    fn next(&self, now: Instant) -> Next {
        let circumstances = Circumstances {
            now,
            configuration: self.configuration.number,
            older: self.known.older(),
            underway: self.known.underway(),
            looks_further: self.known.looks_further(),
            going_back: self.going_back.as_ref().map(|going_back| going_back.due),
            store_was_asked: self.store_was_asked,
        };
        choose(self.serving_configuration(), &self.known.candidates(), &circumstances)
    }

    fn serving_configuration(&self) -> Option<u64> {
        self.hand_over.serving().map(|serving| serving.configuration.number)
    }

    fn look_back(&mut self, now: Instant) {
        let before = self.known.last().cloned();
        let Ok(found) = self.source.models.newest_before(before.as_ref()) else {
            self.known.ask_later(now + self.unreadable.failed());
            return;
        };
        self.unreadable.succeeded();
        if let (Some(place), Some(older), None) = (&before, &found, self.hand_over.serving())
            && self.known.state(older).is_none()
        {
            tracing::warn!(
                code = "M002",
                topic = place.topic.as_str(),
                partition = place.partition,
                offset = place.offset,
                "{}",
                words::looking_back(place, older)
            );
        }
        let serving = self.hand_over.serving().map(|serving| &serving.model.place);
        let late = self.known.found(found.clone(), serving, now);
        for (late, newest) in late.iter().zip(found.iter().cycle()) {
            tracing::warn!(
                code = "M003",
                topic = late.topic.as_str(),
                partition = late.partition,
                offset = late.offset,
                "{}",
                words::late(late, newest)
            );
        }
    }

    fn fetch(&mut self, index: usize, now: Instant) {
        let Some(place) = self.known.place(index) else { return };
        self.known.fetching(&place, now);
        self.hand_over.shown().fetches(&place.to_string());
        self.asked = self.source.asks.ask(place);
    }

    /// A model is here, or can't be had.
    fn fetched(&mut self, fetched: Fetched, now: Instant) {
        let Some(place) = self.known.fetched() else { return };
        match &fetched.outcome {
            Err(NotHad::Later(why)) => self.hand_over.shown().can_not_be_had(why),
            Err(NotHad::Unusable(why)) => self.hand_over.shown().unusable(why),
            Ok(_) | Err(NotHad::Gone) => self.hand_over.shown().fetched(),
        }
        match fetched.outcome {
            Ok(arrived) if self.is_refused(&arrived) => self.known.set(&place, State::Passed),
            Ok(arrived) => self.known.set(&place, State::Here(Arc::new(arrived), vec![])),
            Err(NotHad::Later(why)) => {
                if self.known.later(&place, now) {
                    tracing::warn!(
                        code = "M004",
                        topic = place.topic.as_str(),
                        partition = place.partition,
                        offset = place.offset,
                        "{}",
                        words::waited_for(&place, &why)
                    );
                }
            }
            Err(NotHad::Unusable(why)) => {
                tracing::error!(
                    code = "M005",
                    topic = place.topic.as_str(),
                    partition = place.partition,
                    offset = place.offset,
                    "{}",
                    words::unusable(&place, &why)
                );
                self.known.set(&place, State::Passed);
            }
            Err(NotHad::Gone) => {
                self.known.set(&place, State::Passed);
                // The times of those before it count anew.
                self.known.ask_anew(now);
            }
        }
    }

    /// Whether this model was taken back before, and hasn't been published anew since.
    fn is_refused(&self, Arrived { place, model }: &Arrived) -> bool {
        let refusal = self.hand_over.memory().refusal(&model.identity, place);
        if let Some(reason) = &refusal {
            tracing::info!("{}", words::refused(model, place, reason));
        }
        refusal.is_some()
    }

    /// Makes a generation of a candidate.
    fn build(&mut self, index: usize) {
        let model = match self.known.candidates().get(index) {
            Some(State::Here(model, _)) => Arc::clone(model),
            _ => return,
        };
        match self.hand_over.attempt(&self.configuration, &model) {
            Outcome::Serves(before) => {
                self.known.serves(index);
                self.served(before);
            }
            Outcome::Failed => {
                let serves = self.hand_over.serving().is_some();
                self.known.failed(index, self.configuration.number, serves);
                self.store_was_asked = false;
            }
        }
    }

    /// Makes a generation of the model that serves and the newest configuration, which is dropped where that fails.
    fn reconfigure(&mut self) {
        let Some(serving) = self.hand_over.serving().cloned() else { return };
        match self.hand_over.attempt(&self.configuration, &serving.model) {
            Outcome::Serves(before) => self.served(before),
            Outcome::Failed => self.configuration = serving.configuration,
        }
    }

    /// Another generation serves. What was taken back is nothing to go back to, but what served before it is.
    fn served(&mut self, before: Option<Made>) {
        self.previous = self.going_back.take().map(|going_back| going_back.to).or(before);
        self.hand_over.memory().let_go();
    }

    /// Where the topic has no model that loads, the one serves that did so last.
    fn serve_last(&mut self) {
        self.store_was_asked = true;
        let topic = self.configuration.config.operator.model.clone();
        let last = if topic.start_from == ModelStart::End { None } else { self.hand_over.memory().last_served() };
        match last {
            Some((model, place)) if !self.is_known(&model.identity) => {
                tracing::warn!(
                    code = "M006", topic = topic.name.as_str(), model = %model.identity.label(),
                    "{}", words::last_served(&topic.name, &model, &place)
                );
                self.known.add_off_topic(place.clone(), Arc::new(Arrived { place, model }));
            }
            _ => tracing::info!("{}", words::waiting(&topic.name)),
        }
    }

    fn is_known(&self, identity: &ModelIdentity) -> bool {
        let candidates = self.known.candidates();
        let mut here = candidates.into_iter().filter_map(|state| match state {
            State::Here(arrived, _) => Some(&arrived.model.identity.sha256),
            _ => None,
        });
        here.any(|sha256| *sha256 == identity.sha256)
    }

    /// What serves is to be taken back.
    fn take_back(&mut self, trouble: &Trouble, now: Instant) {
        let serving = self.hand_over.serving().filter(|serving| serving.generation == trouble.generation);
        let Some(serving) = serving.cloned() else { return };
        // What is taken back is nothing to go back to, so that there is none until another one serves.
        let Some(previous) = self.previous.take() else {
            tracing::error!(
                code = "M007", model = %serving.label(), generation = trouble.generation,
                "{}", words::nothing_before(&serving, trouble)
            );
            return;
        };
        tracing::error!(
            code = "M008", model = %serving.label(), generation = trouble.generation,
            "{}", words::taken_back(&serving, &previous, trouble)
        );
        self.hand_over.taken_back(&trouble.what);
        if !serving.has_model_of(&previous) {
            // Where the configuration changed with it, either may be to blame.
            if serving.has_configuration_of(&previous) {
                let Arrived { place, model } = &*serving.model;
                self.hand_over.memory().refuse(&model.identity, place, &trouble.what);
            }
            self.known.set(&serving.model.place, State::Passed);
        }
        self.configuration = previous.configuration.clone();
        self.going_back = Some(GoingBack { to: previous, due: now, waits: &GOING_BACK });
    }

    /// It loaded before: what keeps it from loading now should pass.
    fn go_back(&mut self, now: Instant) {
        let Some(mut going_back) = self.going_back.take() else { return };
        let outcome = self.hand_over.attempt(&going_back.to.configuration, &going_back.to.model);
        if let Outcome::Serves(taken_back) = outcome {
            drop(taken_back);
            self.hand_over.memory().let_go();
            self.known.ask_anew(now);
            return;
        }
        if let Some((wait, waits)) = going_back.waits.split_first() {
            (going_back.due, going_back.waits) = (now + *wait, waits);
            self.going_back = Some(going_back);
        } else if let Some(serving) = self.hand_over.serving()
            && self.configuration.number == going_back.to.configuration.number
        {
            self.configuration = serving.configuration.clone();
        }
    }
}

#[cfg(test)]
mod tests;
