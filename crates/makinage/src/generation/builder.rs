//! Makes a generation of a configuration and a model: from a zip in the store to workers that are warm. What becomes of
//! it is the loader's business.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use anyhow::Context;
use crossbeam_channel::{Receiver, Sender};

use super::{Made, mailbox::Mailbox};
use crate::{
    child::confine,
    config::Hooks,
    environment,
    python::Runner,
    store::{
        StoreError, StoredModel,
        workspace::{UnpackedModel, Workspace},
    },
    telemetry::Telemetry,
    wire::protocol::LoadFailure,
    worker::{
        messages::FromWorker,
        pool::Pool,
        samples::Samples,
        setup::{Setup, interpreter, setup},
        starting::Starting,
    },
};

/// The sink has ended, and with it the service: the mailbox is closed in a moment.
const LAST_MOMENT: Duration = Duration::from_secs(1);

/// What generations are made with.
#[derive(Debug)]
pub(crate) struct Builder {
    /// Where models are unpacked.
    pub workspace: Arc<Workspace>,
    /// Recent events, to warm up on.
    pub samples: Samples,
    /// Given to the workers, for their answers to the pipeline.
    pub answers: Sender<FromWorker>,
    /// The sink's limit.
    pub largest_output: LargestOutput,
    /// Closed when the service ends, which ends a build.
    pub mailbox: Arc<Mailbox>,
    /// Shows what a build waits for.
    pub telemetry: Arc<Telemetry>,
}

/// The most bytes of an output's value, which is known once the sink's topic is there.
#[derive(Debug)]
pub(crate) struct LargestOutput {
    comes: Receiver<usize>,
    known: OnceLock<usize>,
}

impl LargestOutput {
    /// Comes over this channel, once.
    pub(crate) fn new(comes: Receiver<usize>) -> Self {
        Self { comes, known: OnceLock::new() }
    }

    /// Waits for it; `None` when nobody is left to say.
    fn wait(&self) -> Option<usize> {
        if let Some(known) = self.known.get() {
            return Some(*known);
        }
        let comes = self.comes.recv().ok()?;
        Some(*self.known.get_or_init(|| comes))
    }
}

/// Makes generations: of workers, or a test's.
pub(crate) trait Build: Send {
    /// What a generation is for those who use it.
    type Ready: Send + fmt::Debug;

    /// Makes a generation. `beside_another`: one serves meanwhile.
    fn build(&self, made: &Made, beside_another: bool) -> anyhow::Result<Self::Ready>;
}

impl Build for Builder {
    type Ready = Pool;

    /// Unpacks, starts the workers, loads and warms up.
    fn build(&self, made: &Made, beside_another: bool) -> anyhow::Result<Pool> {
        let Made { generation, configuration, model } = made;
        let config = &configuration.config;
        let (label, sha256) = (model.model.identity.label(), &model.model.identity.sha256);
        tracing::info!(
            generation,
            model = &*label,
            "generation {generation}: loading model {label} from {} (sha256 {sha256})",
            model.place
        );
        let unpacked = Arc::new(self.unpack(&model.model, beside_another).context("step unpack")?);
        let stopping = || self.mailbox.is_closed();
        let runner = Runner::new(&stopping, environment::LONGEST);
        let runner = if beside_another { runner.on_one_processor() } else { runner };
        self.telemetry.generations.waits_for("environment");
        let python = interpreter(config, &unpacked, &runner).context("step environment")?;
        let Some(max_output_bytes) = self.largest_output.wait() else {
            self.mailbox.closes_by(Instant::now() + LAST_MOMENT);
            anyhow::bail!("the service ends");
        };
        let mut setup = setup(config, unpacked, python, max_output_bytes).context("the workers' setup")?;
        setup.telemetry = Arc::clone(&self.telemetry);
        if config.operator.hooks == Hooks::default() {
            setup.samples = self.samples.copies();
        }
        let starting = if beside_another { Starting::beside_another() } else { Starting::default() };
        self.telemetry.generations.waits_for("load");
        let pool = self.start(*generation, setup, starting).map_err(|failure| {
            let traceback =
                failure.traceback.as_deref().map(|text| format!("\n{}", text.trim_end())).unwrap_or_default();
            anyhow::anyhow!("{failure}{traceback}")
        })?;
        if let Some(loaded) = pool.loaded() {
            let (flavour, seconds) = (&loaded.flavour, loaded.seconds);
            tracing::info!(
                generation,
                model = &*label,
                "generation {generation}: {flavour} model {label} loaded in {seconds:.1} s"
            );
            for warning in &loaded.warnings {
                tracing::warn!(code = "M009", model = &*label, "model {label}: {warning}");
            }
        }
        Ok(pool)
    }
}

impl Builder {
    /// Starts the workers, which end at once when the service does.
    fn start(&self, generation: u64, setup: Setup, starting: Starting) -> Result<Pool, LoadFailure> {
        let starting = Arc::new(starting);
        let ending = Arc::clone(&starting);
        let start = || Pool::start(generation, setup, starting, &self.answers);
        self.mailbox.run_until_closed(move || ending.abandon(), start)
    }

    /// Unpacks a model. Where another serves meanwhile, that is done on one processor, as loading is.
    fn unpack(&self, model: &StoredModel, beside_another: bool) -> Result<UnpackedModel, StoreError> {
        let note = |error| tracing::debug!("the loader's processors: {error}");
        if beside_another {
            confine::confine_this_thread().unwrap_or_else(note);
        }
        let unpacked = self.workspace.unpack(model);
        // Threads that this one starts would inherit it.
        confine::release_this_thread().unwrap_or_else(note);
        unpacked
    }
}
