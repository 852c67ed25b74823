//! Decides what is served next, the only place that does; on a thread of its own, one generation at a time.

use std::{
    sync::Arc,
    thread,
    time::{Duration, SystemTime},
};

use crossbeam_channel::Sender;

use super::{Arrived, Made, Offer, Trouble, builder::Builder, mailbox::Mailbox};
use crate::{
    config::{Config, ModelStart},
    model::RecordPlace,
    panics,
    status::{Serving, SharedStatus},
    store::Store,
    worker::pool::Pool,
};

/// Models that are tried again when the configuration changes while nothing serves; those before them loaded no better.
const CANDIDATES: usize = 16;

/// Before each attempt to go back to the generation before.
const ROLLBACK_WAITS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(5), Duration::from_secs(30)];

/// Where what the loader makes goes.
#[derive(Debug)]
pub struct Outlets {
    /// Generations that are ready, to the pipeline.
    pub ready: Sender<Pool>,
    /// Records that could not be used, to the model topic's reader: it is to offer the model before.
    pub unusable: Sender<RecordPlace>,
    /// Takes note of what was served, and of what was taken back.
    pub store: Arc<Store>,
    /// What is known of the service.
    pub status: SharedStatus,
}

/// Makes generations of what the mailbox asks for.
#[derive(Debug)]
pub struct Loader {
    mailbox: Arc<Mailbox>,
    builder: Builder,
    outlets: Outlets,
    /// The newest configuration that was not found wanting.
    config: Arc<Config>,
    /// Models that another configuration may serve: the newest that was offered, and while nothing serves those that were tried in its place.
    candidates: Vec<Arc<Arrived>>,
    serving: Option<Made>,
    /// What is gone back to when the serving generation is taken back.
    previous: Option<Made>,
    generation: u64,
}

impl Loader {
    /// A loader without anything to serve yet, which asks the builder's mailbox.
    pub fn new(config: Config, builder: Builder, outlets: Outlets) -> Self {
        Self {
            mailbox: Arc::clone(&builder.mailbox),
            builder,
            outlets,
            config: Arc::new(config),
            candidates: vec![],
            serving: None,
            previous: None,
            generation: 0,
        }
    }

    /// Serves the mailbox until it is closed.
    pub fn run(mut self) {
        while let Some(wishes) = self.mailbox.wait() {
            panics::point("loader");
            if let Some(trouble) = wishes.trouble {
                self.roll_back(&trouble);
            }
            let changed = wishes.config.map(|config| self.config = Arc::new(*config)).is_some();
            match wishes.offer {
                Some(Offer::Newer(arrived)) => {
                    let tried = self.serve_newer(arrived);
                    match (changed && !self.serves_config(), tried) {
                        (false, _) => {}
                        (true, true) => self.serve_either(),
                        (true, false) => {
                            self.serve_config(0);
                        }
                    }
                }
                // An older model is for want of the newer ones, which may load with another configuration.
                offer => {
                    if changed {
                        self.serve_config(0);
                    }
                    match offer {
                        Some(Offer::Older(arrived)) => self.serve_older(arrived),
                        Some(Offer::Nothing) => self.serve_without_offer(),
                        _ => {}
                    }
                }
            }
        }
    }

    /// Says whether it was tried.
    fn serve_newer(&mut self, arrived: Arrived) -> bool {
        let arrived = Arc::new(arrived);
        let tried = !self.is_refused(&arrived);
        if tried {
            self.candidates.insert(0, Arc::clone(&arrived));
            self.candidates.truncate(if self.serving.is_some() { 1 } else { CANDIDATES });
            self.attempt(&arrived);
        }
        self.tell_if_nothing_serves(&arrived);
        tried
    }

    /// What serves by now is newer, or was gone back to.
    fn serve_older(&mut self, arrived: Arrived) {
        if self.serving.is_some() {
            return;
        }
        let arrived = Arc::new(arrived);
        if !self.is_refused(&arrived) {
            self.try_in_place_of_newer(&arrived);
        }
        self.tell_if_nothing_serves(&arrived);
    }

    fn try_in_place_of_newer(&mut self, arrived: &Arc<Arrived>) -> bool {
        if self.candidates.len() < CANDIDATES {
            self.candidates.push(Arc::clone(arrived));
        }
        self.attempt(arrived)
    }

    /// The reader is to offer the model before this one.
    fn tell_if_nothing_serves(&self, arrived: &Arrived) {
        if self.serving.is_none() {
            // The reader is gone only when the service is ending.
            let _ = self.outlets.unusable.send(arrived.place.clone());
        }
    }

    /// Whether this model was taken back before, and hasn't been published anew since.
    fn is_refused(&self, Arrived { place, model }: &Arrived) -> bool {
        let refusal = self.outlets.store.refusal(&model.identity, place);
        if let Some(reason) = &refusal {
            tracing::info!(
                "model {} from {place} (sha256 {}) was taken back before ({reason}): it isn't loaded until it is published again",
                model.identity.label(),
                model.identity.sha256
            );
        }
        refusal.is_some()
    }

    fn serve_without_offer(&mut self) {
        if self.serving.is_none() && !self.serve_from_store() {
            tracing::info!(
                "waiting for a model on topic {}: publish one with makinage-model-publisher; events wait on Kafka until then",
                self.config.operator.model.name
            );
        }
    }

    /// Where the topic has no model that loads, the one serves that did so last.
    fn serve_from_store(&mut self) -> bool {
        let topic = &self.config.operator.model;
        if topic.start_from == ModelStart::End {
            return false;
        }
        let Some((model, place)) = self.outlets.store.last_served() else { return false };
        if self.candidates.iter().any(|failed| failed.model.identity.sha256 == model.identity.sha256) {
            return false;
        }
        tracing::warn!(
            "topic {} has no model that can be served: serving the store's last one, {} (from {place}); publish a model, or that one again with: makinage model rollback",
            topic.name,
            model.identity.label()
        );
        self.try_in_place_of_newer(&Arc::new(Arrived { place, model }))
    }

    fn serves_config(&self) -> bool {
        self.serving.as_ref().is_some_and(|serving| Arc::ptr_eq(&serving.config, &self.config))
    }

    /// With a new configuration the newest model may load that didn't, or one of those that were tried in its place; else the one that serves stays.
    /// So many of these were tried with it already.
    fn serve_config(&mut self, tried: usize) -> bool {
        let mut models: Vec<_> = self.candidates.iter().skip(tried).cloned().collect();
        if let Some(serving) = &self.serving
            && !self.candidates.iter().any(|candidate| Arc::ptr_eq(candidate, &serving.model))
        {
            models.push(Arc::clone(&serving.model));
        }
        if models.iter().any(|model| self.attempt(model)) {
            return true;
        }
        if let Some(serving) = &self.serving {
            self.config = Arc::clone(&serving.config);
        }
        false
    }

    /// A configuration came with the newest model, and one of the two is bad: the other is taken up.
    fn serve_either(&mut self) {
        if !self.serve_config(1)
            && self.serving.is_some()
            && let Some(newest) = self.candidates.first().cloned()
        {
            self.attempt(&newest);
        }
    }

    /// Goes back to what was served before.
    fn roll_back(&mut self, trouble: &Trouble) {
        let Some(serving) = self.serving.clone().filter(|serving| serving.generation == trouble.generation) else {
            return;
        };
        let label = serving.model.model.identity.label();
        let Some(previous) = self.previous.clone() else {
            tracing::error!(
                "generation {} (model {label}): {}; there is no earlier generation to go back to, so it goes on",
                trouble.generation,
                trouble.what
            );
            return;
        };
        self.outlets.status.lock().rollbacks += 1;
        let is_same_model = serving.model.model.identity.sha256 == previous.model.model.identity.sha256;
        let (what_before, what_to_do) = if is_same_model {
            ("the configuration before".to_owned(), "mend the configuration and save it again")
        } else {
            let before = format!("model {}", previous.model.model.identity.label());
            (before, "mend the model and publish it: this one isn't loaded until it is published again")
        };
        tracing::error!(
            "generation {} (model {label} from {}) is taken back: {}; going back to {what_before}; {what_to_do}",
            trouble.generation,
            serving.model.place,
            trouble.what
        );
        // Where the configuration changed with it, either may be to blame.
        if !is_same_model && Arc::ptr_eq(&serving.config, &previous.config) {
            self.outlets.store.refuse(&serving.model.model.identity, &serving.model.place, &trouble.what);
        }
        self.config = previous.config;
        self.candidates = vec![Arc::clone(&previous.model)];
        // It loaded before: what keeps it from loading now should pass.
        for wait in ROLLBACK_WAITS {
            thread::sleep(wait);
            if self.attempt(&previous.model) {
                // What was taken back is nothing to go back to.
                self.previous = None;
                return;
            }
        }
    }

    /// Makes a generation of the configuration and this model. Where that fails, what is served goes on.
    fn attempt(&mut self, arrived: &Arc<Arrived>) -> bool {
        self.generation += 1;
        let made = Made { generation: self.generation, config: Arc::clone(&self.config), model: Arc::clone(arrived) };
        let label = arrived.model.identity.label();
        self.outlets.status.lock().loading = Some(label.to_string());
        let outcome = self.builder.build(&made, self.serving.is_some());
        self.outlets.status.lock().loading = None;
        match outcome {
            Ok(pool) => self.switch(made, pool),
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

    fn switch(&mut self, made: Made, pool: Pool) -> bool {
        if self.outlets.ready.send(pool).is_err() {
            return true;
        }
        let identity = &made.model.model.identity;
        self.outlets.status.lock().serving = Some(Serving {
            generation: made.generation,
            model: identity.label().to_string(),
            sha256: identity.sha256.clone(),
            since: SystemTime::now(),
        });
        self.outlets.store.served(&made.model.model, &made.model.place);
        self.previous = self.serving.replace(made);
        self.candidates.truncate(1);
        true
    }

    fn tell_failure(&self, made: &Made, error: &anyhow::Error) {
        let failed = {
            let mut status = self.outlets.status.lock();
            status.failed_generations += 1;
            status.last_failure = Some(format!("{error:#}"));
            status.failed_generations
        };
        let model = &made.model.model.identity;
        let subject = format!("model {} from {} (sha256 {})", model.label(), made.model.place, model.sha256);
        let (is_new_model, is_new_config) = self.serving.as_ref().map_or((true, true), |serving| {
            (serving.model.model.identity.sha256 != model.sha256, !Arc::ptr_eq(&serving.config, &made.config))
        });
        // At fault is what the generation that serves doesn't have.
        let (subject, what_to_do) = match (is_new_model, is_new_config) {
            (false, true) => (
                format!("the changed configuration, with {subject},"),
                "mend it and save it again, or mend what it needs and send this process SIGHUP",
            ),
            (_, false) => (subject, "mend it and publish it again"),
            (true, true) => (subject, "mend the model and publish it again, or mend the configuration and save it"),
        };
        let what_now = match &self.serving {
            Some(serving) => {
                format!(
                    "generation {} (model {}) goes on serving",
                    serving.generation,
                    serving.model.model.identity.label()
                )
            }
            None => "nothing is served yet".to_owned(),
        };
        tracing::error!(
            "generation {}: {subject} is not taken up, and {what_now}; {what_to_do} ({failed} failed since the start): {error:#}",
            made.generation,
        );
    }
}
