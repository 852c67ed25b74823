//! Builds generations, one at a time, on a thread of its own: the only place that decides what is served next.

use std::{sync::Arc, time::SystemTime};

use anyhow::Context;
use crossbeam_channel::Sender;

use super::{Arrived, Offer, Trouble, mailbox::Mailbox};
use crate::{
    config::{Config, Hooks},
    model::{RecordPlace, workspace::Workspace},
    status::{Serving, SharedStatus},
    worker::{
        plan::plan,
        pool::{FromWorker, Pool},
        samples::Samples,
    },
};

/// What a generation is made of.
#[derive(Debug, Clone)]
struct Made {
    generation: u64,
    config: Arc<Config>,
    model: Arc<Arrived>,
}

/// Where what the loader makes generations of comes from.
#[derive(Debug)]
pub struct Inlets {
    /// What is wished for.
    pub mailbox: Arc<Mailbox>,
    /// Where models are unpacked.
    pub workspace: Arc<Workspace>,
    /// Recent events.
    pub samples: Samples,
}

/// Where what the loader makes goes.
#[derive(Debug)]
pub struct Outlets {
    /// Generations that are ready, to the pipeline.
    pub ready: Sender<Pool>,
    /// Given to the workers, for their answers to the pipeline.
    pub answers: Sender<FromWorker>,
    /// Records that could not be used, to the model topic's reader: it is to offer the model before.
    pub unusable: Sender<RecordPlace>,
    /// What is known of the service.
    pub status: SharedStatus,
}

/// Makes generations of what the mailbox asks for.
#[derive(Debug)]
pub struct Loader {
    mailbox: Arc<Mailbox>,
    workspace: Arc<Workspace>,
    outlets: Outlets,
    samples: Samples,
    max_output_bytes: usize,
    /// The newest configuration that was not found wanting.
    config: Arc<Config>,
    /// The newest model that was offered.
    newest: Option<Arc<Arrived>>,
    serving: Option<Made>,
    /// What is gone back to when the serving generation is taken back.
    previous: Option<Made>,
    generation: u64,
}

impl Loader {
    /// A loader without anything to serve yet. `max_output_bytes` is the sink's limit.
    pub fn new(config: Config, inlets: Inlets, outlets: Outlets, max_output_bytes: usize) -> Self {
        let Inlets { mailbox, workspace, samples } = inlets;
        Self {
            mailbox,
            workspace,
            outlets,
            samples,
            max_output_bytes,
            config: Arc::new(config),
            newest: None,
            serving: None,
            previous: None,
            generation: 0,
        }
    }

    /// Serves the mailbox until it is closed.
    pub fn run(mut self) {
        while let Some(wishes) = self.mailbox.wait() {
            if let Some(trouble) = wishes.trouble {
                self.roll_back(&trouble);
            }
            let changed = wishes.config.map(|config| self.config = Arc::new(*config)).is_some();
            match wishes.offer {
                Some(Offer::Newer(arrived) | Offer::Older(arrived)) => self.serve_model(arrived),
                Some(Offer::Nothing) => self.serve_without_offer(),
                None if changed => self.serve_config(),
                None => {}
            }
        }
    }

    fn serve_model(&mut self, arrived: Arrived) {
        let arrived = Arc::new(arrived);
        self.newest = Some(Arc::clone(&arrived));
        if !self.attempt(&arrived) && self.serving.is_none() {
            // The reader is gone only when the service is ending.
            let _ = self.outlets.unusable.send(arrived.place.clone());
        }
    }

    fn serve_without_offer(&self) {
        if self.serving.is_none() {
            tracing::info!(
                "waiting for a model on topic {}: publish one with makinage-model-publisher; events wait on Kafka until then",
                self.config.operator.model.name
            );
        }
    }

    /// With a new configuration the newest model may load that didn't; else the one that serves stays.
    fn serve_config(&mut self) {
        let Some(newest) = self.newest.clone() else { return };
        if self.attempt(&newest) {
            return;
        }
        let Some(serving) = self.serving.clone() else { return };
        if Arc::ptr_eq(&serving.model, &newest) || !self.attempt(&serving.model) {
            self.config = serving.config;
        }
    }

    /// Goes back to what was served before.
    fn roll_back(&mut self, trouble: &Trouble) {
        let Some(serving) = self.serving.clone().filter(|serving| serving.generation == trouble.generation) else {
            return;
        };
        let label = serving.model.model.identity.label();
        let Some(previous) = self.previous.take() else {
            tracing::error!(
                "generation {} (model {label}): {}; there is no earlier generation to go back to, so it goes on",
                trouble.generation,
                trouble.what
            );
            return;
        };
        self.outlets.status.lock().rollbacks += 1;
        tracing::error!(
            "generation {} (model {label} from {}) is taken back: {}; going back to model {}",
            trouble.generation,
            serving.model.place,
            trouble.what,
            previous.model.model.identity.label()
        );
        self.config = previous.config;
        self.newest = Some(Arc::clone(&previous.model));
        if self.attempt(&previous.model) {
            // What was taken back is nothing to go back to.
            self.previous = None;
        }
    }

    /// Makes a generation of the configuration and this model. Where that fails, what is served goes on.
    fn attempt(&mut self, arrived: &Arc<Arrived>) -> bool {
        self.generation += 1;
        let made = Made { generation: self.generation, config: Arc::clone(&self.config), model: Arc::clone(arrived) };
        let label = arrived.model.identity.label();
        self.outlets.status.lock().loading = Some(label.to_string());
        let outcome = self.start(&made);
        self.outlets.status.lock().loading = None;
        match outcome {
            Ok(pool) => self.switch(made, pool),
            Err(error) => {
                self.tell_failure(&made, &error);
                false
            }
        }
    }

    fn start(&self, made: &Made) -> anyhow::Result<Pool> {
        let Made { generation, config, model } = made;
        let (label, sha256) = (model.model.identity.label(), &model.model.identity.sha256);
        tracing::info!("generation {generation}: loading model {label} from {} (sha256 {sha256})", model.place);
        let unpacked = Arc::new(self.workspace.unpack(&model.model).context("step unpack")?);
        let mut plan = plan(config, unpacked, self.max_output_bytes).context("the workers' setup")?;
        plan.beside_another = self.serving.is_some().into();
        if config.operator.hooks == Hooks::default() {
            plan.samples = self.samples.take();
        }
        let pool = Pool::start(*generation, plan, &self.outlets.answers).map_err(|failure| {
            let traceback =
                failure.traceback.as_deref().map(|text| format!("\n{}", text.trim_end())).unwrap_or_default();
            anyhow::anyhow!("{failure}{traceback}")
        })?;
        if let Some(loaded) = pool.loaded() {
            let (flavour, seconds) = (&loaded.flavour, loaded.seconds);
            tracing::info!("generation {generation}: {flavour} model {label} loaded in {seconds:.1} s");
            loaded.warnings.iter().for_each(|warning| tracing::warn!("model {label}: {warning}"));
        }
        Ok(pool)
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
        self.previous = self.serving.replace(made);
        true
    }

    fn tell_failure(&self, made: &Made, error: &anyhow::Error) {
        let failed = {
            let mut status = self.outlets.status.lock();
            status.failed_generations += 1;
            status.last_failure = Some(format!("{error:#}"));
            status.failed_generations
        };
        let identity = &made.model.model.identity;
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
            "generation {}: model {} from {} (sha256 {}) is not taken up, and {what_now}; mend it and publish it again ({failed} failed since the start): {error:#}",
            made.generation,
            identity.label(),
            made.model.place,
            identity.sha256,
        );
    }
}
