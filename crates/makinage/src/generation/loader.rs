//! Decides what is served next, the only place that does; on a thread of its own, one generation at a time.
//!
//! It hears what has come ([`mailbox`](super::mailbox)), keeps what is known ([`known`](super::known)), and does one step after the other as
//! [`choose`] says, until there is nothing to do but wait.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use crossbeam_channel::Sender;

use super::{
    Arrived, Configuration, Made, Trouble,
    builder::Build,
    choice::{Circumstances, Next, State, choose},
    fetcher::Asks,
    known::Known,
    mailbox::{Mailbox, News, Took},
    models::{Models, NotHad},
    words,
};
use crate::{
    backoff::Backoff,
    config::{Config, ModelStart},
    model::{ModelIdentity, RecordPlace},
    panics,
    status::{Serving, SharedStatus},
    store::{Store, StoredModel},
};

/// Before the second and each further attempt to go back to the generation before.
const GOING_BACK: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(30)];
/// Between tries to read which models there are: the first wait and the longest.
const UNREADABLE: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_mins(1));

/// What is remembered of models beyond this process: the store, or a test's.
pub trait Memory: fmt::Debug + Send + Sync {
    /// A generation took the model up.
    fn served(&self, model: &StoredModel, place: &RecordPlace);
    /// The model was taken back.
    fn refuse(&self, identity: &ModelIdentity, place: &RecordPlace, reason: &str);
    /// Why the model isn't to be loaded from this record.
    fn refusal(&self, identity: &ModelIdentity, place: &RecordPlace) -> Option<String>;
    /// The model that was served last, with its record.
    fn last_served(&self) -> Option<(StoredModel, RecordPlace)>;
}

impl Memory for Store {
    fn served(&self, model: &StoredModel, place: &RecordPlace) {
        Self::served(self, model, place);
    }

    fn refuse(&self, identity: &ModelIdentity, place: &RecordPlace, reason: &str) {
        Self::refuse(self, identity, place, reason);
    }

    fn refusal(&self, identity: &ModelIdentity, place: &RecordPlace) -> Option<String> {
        Self::refusal(self, identity, place)
    }

    fn last_served(&self) -> Option<(StoredModel, RecordPlace)> {
        Self::last_served(self)
    }
}

/// Where models come from, and where what the loader makes goes.
#[derive(Debug)]
pub struct Outlets<T, R> {
    /// Which models there are.
    pub models: Arc<T>,
    /// Fetches them.
    pub asks: Asks,
    /// Takes note of what was served, and of what was taken back.
    pub memory: Arc<dyn Memory>,
    /// Generations that are ready, to the pipeline.
    pub ready: Sender<R>,
    /// What is known of the service.
    pub status: SharedStatus,
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
pub struct Loader<B: Build, T> {
    mailbox: Arc<Mailbox>,
    builder: B,
    outlets: Outlets<T, B::Ready>,
    /// The newest configuration that was not found wanting.
    configuration: Configuration,
    /// How many have come.
    configurations: u64,
    known: Known<Arc<Arrived>>,
    /// The number of the model that is being fetched.
    asked: u64,
    unreadable: Backoff,
    store_was_asked: bool,
    serving: Option<Made>,
    /// What is gone back to when the serving generation is taken back.
    previous: Option<Made>,
    going_back: Option<GoingBack>,
    generation: u64,
    /// Nobody takes generations any more.
    is_over: bool,
}

impl<B: Build, T: Models> Loader<B, T> {
    /// A loader without anything to serve yet.
    pub fn new(config: Config, mailbox: Arc<Mailbox>, builder: B, outlets: Outlets<T, B::Ready>) -> Self {
        Self {
            mailbox,
            builder,
            outlets,
            configuration: Configuration { number: 0, config: Arc::new(config) },
            configurations: 0,
            known: Known::default(),
            asked: 0,
            unreadable: UNREADABLE,
            store_was_asked: false,
            serving: None,
            previous: None,
            going_back: None,
            generation: 0,
            is_over: false,
        }
    }

    /// Works until the mailbox is closed, or nobody takes what is made.
    pub fn run(mut self) {
        let mut due = None;
        while let Some(news) = self.mailbox.wait(due) {
            panics::point("loader");
            let now = Instant::now();
            self.hear(news, now);
            due = self.step(now);
            if self.is_over {
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
            self.known.configured(self.serving.as_ref().map(|serving| serving.configuration.number));
        }
        if news.read {
            self.known.read(now);
            self.store_was_asked = false;
        }
        for seen in news.seen {
            self.known.seen(seen, now);
            self.store_was_asked = false;
        }
        if let Some(took) = news.took.filter(|took| took.number == self.asked) {
            self.took(took, now);
        }
    }

    /// Does what is next, and says when there is more to do: at once, or later.
    fn step(&mut self, now: Instant) -> Option<Instant> {
        match self.next(now) {
            Next::Wait(due) => return due,
            Next::GoBack => self.go_back(now),
            Next::Build(index) => self.build(index),
            Next::Take(index) => self.take(index, now),
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
            going_back: self.going_back.as_ref().map(|going_back| going_back.due),
            store_was_asked: self.store_was_asked,
        };
        let serving = self.serving.as_ref().map(|serving| serving.configuration.number);
        choose(serving, &self.known.candidates(), &circumstances)
    }

    fn look_back(&mut self, now: Instant) {
        let before = self.known.last().cloned();
        let Ok(found) = self.outlets.models.newest_before(before.as_ref()) else {
            self.known.ask_later(now + self.unreadable.failed());
            return;
        };
        self.unreadable.succeeded();
        if let (Some(place), Some(older), None) = (&before, &found, &self.serving)
            && self.known.state(older).is_none()
        {
            tracing::warn!("{}", words::looking_back(place, older));
        }
        let serving = self.serving.as_ref().map(|serving| &serving.model.place);
        for late in self.known.found(found.clone(), serving, now) {
            found.iter().for_each(|newest| tracing::warn!("{}", words::late(&late, newest)));
        }
    }

    fn take(&mut self, index: usize, now: Instant) {
        let Some(place) = self.known.place(index) else { return };
        self.known.taking(&place, now);
        self.asked = self.outlets.asks.ask(place);
    }

    /// A model is here, or can't be had.
    fn took(&mut self, took: Took, now: Instant) {
        let Some(place) = self.known.taken() else { return };
        match took.outcome {
            Ok(arrived) if self.is_refused(&arrived) => self.known.set(&place, State::Passed),
            Ok(arrived) => self.known.set(&place, State::Here(Arc::new(arrived), vec![])),
            Err(NotHad::Later(why)) => {
                if self.known.later(&place, now) {
                    tracing::warn!("{}", words::waited_for(&place, &why));
                }
            }
            Err(NotHad::Unusable(why)) => {
                tracing::error!("{}", words::unusable(&place, &why));
                self.known.set(&place, State::Passed);
            }
            Err(NotHad::Gone) => self.known.set(&place, State::Passed),
        }
    }

    /// Whether this model was taken back before, and hasn't been published anew since.
    fn is_refused(&self, Arrived { place, model }: &Arrived) -> bool {
        let refusal = self.outlets.memory.refusal(&model.identity, place);
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
        if self.attempt(&self.configuration.clone(), &model) {
            self.known.serves(index);
        } else {
            self.known.failed(index, self.configuration.number, self.serving.is_some());
            self.store_was_asked = false;
        }
    }

    /// Makes a generation of the model that serves and the newest configuration, which is dropped where that fails.
    fn reconfigure(&mut self) {
        let Some(serving) = self.serving.clone() else { return };
        if !self.attempt(&self.configuration.clone(), &serving.model) {
            self.configuration = serving.configuration;
        }
    }

    /// Where the topic has no model that loads, the one serves that did so last.
    fn serve_last(&mut self) {
        self.store_was_asked = true;
        let topic = self.configuration.config.operator.model.clone();
        let last = if topic.start_from == ModelStart::End { None } else { self.outlets.memory.last_served() };
        match last {
            Some((model, place)) if !self.is_known(&model.identity) => {
                tracing::warn!("{}", words::last_served(&topic.name, &model, &place));
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
        let Some(serving) = self.serving.clone().filter(|serving| serving.generation == trouble.generation) else {
            return;
        };
        let Some(previous) = self.previous.take() else {
            tracing::error!("{}", words::nothing_before(&serving, trouble));
            return;
        };
        self.outlets.status.lock().rollbacks += 1;
        tracing::error!("{}", words::taken_back(&serving, &previous, trouble));
        if !words::is_same_model(&serving, &previous) {
            // Where the configuration changed with it, either may be to blame.
            if words::is_same_configuration(&serving, &previous) {
                let Arrived { place, model } = &*serving.model;
                self.outlets.memory.refuse(&model.identity, place, &trouble.what);
            }
            self.known.set(&serving.model.place, State::Passed);
        }
        self.configuration = previous.configuration.clone();
        self.going_back = Some(GoingBack { to: previous, due: now, waits: &GOING_BACK });
    }

    /// It loaded before: what keeps it from loading now should pass.
    fn go_back(&mut self, now: Instant) {
        let Some(mut going_back) = self.going_back.take() else { return };
        if self.attempt(&going_back.to.configuration, &going_back.to.model) {
            // What was taken back is nothing to go back to.
            self.previous = None;
            self.known.ask_anew(now);
            return;
        }
        if let Some((wait, waits)) = going_back.waits.split_first() {
            (going_back.due, going_back.waits) = (now + *wait, waits);
            self.going_back = Some(going_back);
        } else if let Some(serving) = &self.serving
            && self.configuration.number == going_back.to.configuration.number
        {
            self.configuration = serving.configuration.clone();
        }
    }

    /// Makes a generation. Where that fails, what is served goes on.
    fn attempt(&mut self, configuration: &Configuration, model: &Arc<Arrived>) -> bool {
        self.generation += 1;
        let (configuration, model) = (configuration.clone(), Arc::clone(model));
        let made = Made { generation: self.generation, configuration, model };
        self.outlets.status.lock().loading = Some(made.model.model.identity.label().to_string());
        let outcome = self.builder.build(&made, self.serving.is_some());
        self.outlets.status.lock().loading = None;
        match outcome {
            Ok(ready) => {
                self.switch(made, ready);
                true
            }
            // The service ends, and what was under way with it.
            Err(error) if self.mailbox.is_closed() => {
                tracing::debug!("generation {}: {error:#}", made.generation);
                false
            }
            Err(error) => {
                self.tell_failure(&made, &error);
                false
            }
        }
    }

    fn switch(&mut self, made: Made, ready: B::Ready) {
        if self.outlets.ready.send(ready).is_err() {
            self.is_over = true;
            return;
        }
        let identity = &made.model.model.identity;
        self.outlets.status.lock().serving = Some(Serving {
            generation: made.generation,
            model: identity.label().to_string(),
            sha256: identity.sha256.clone(),
            since: SystemTime::now(),
        });
        self.outlets.memory.served(&made.model.model, &made.model.place);
        let before = self.serving.replace(made);
        // What was taken back is nothing to go back to, but what served before it is.
        self.previous = self.going_back.take().map(|going_back| going_back.to).or(before);
    }

    fn tell_failure(&self, made: &Made, error: &anyhow::Error) {
        let failed = {
            let mut status = self.outlets.status.lock();
            status.failed_generations += 1;
            status.last_failure = Some(format!("{error:#}"));
            status.failed_generations
        };
        tracing::error!("{}", words::failure(made, self.serving.as_ref(), failed, error));
    }
}

#[cfg(test)]
mod tests;
