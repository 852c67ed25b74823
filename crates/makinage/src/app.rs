//! The service's life: build the parts, run the pipeline, end without replay.

use std::{sync::Arc, thread};

use anyhow::Context;
use crossbeam_channel::{Receiver, Sender, bounded};

use crate::{
    config::{Config, cache_folder},
    kafka::client::Cluster,
    model::{
        store::Store,
        topic::{Arrived, ModelReader},
    },
    pipeline::{Ended, Inputs, Pipeline},
    sink::kafka::KafkaSink,
    source::{
        acks::Acks,
        kafka::{KafkaSource, MAX_OPEN, Wiring},
    },
    stop::Stop,
    worker::{
        plan::plan,
        pool::{FromWorker, Pool},
    },
};

/// Answers that wait for the pipeline; workers hold at most two batches each, so this is never full for long.
const ANSWERS: usize = 1024;

/// Serves until a signal, or an event's failure under `on_error: stop`. `true` when it ended as it should.
pub fn serve(config: &Config, stop: &Stop) -> anyhow::Result<bool> {
    let cluster = Cluster::new(&config.kafka, &config.application);
    let store = Store::open(&cache_folder())?;
    let acks = Arc::new(Acks::default());
    // Each message holds at least one of the at most MAX_OPEN open events, or is one of a few about the assignment.
    let (intake, events) = bounded(MAX_OPEN + 64);
    let wiring = Wiring { acks: Arc::clone(&acks), intake, stop: stop.clone() };
    let source = KafkaSource::new(&cluster, &config.operator.data, wiring)?;
    let stop_timeout = config.stop_timeout;
    let source = thread::Builder::new().name("source".into()).spawn(move || source.run(stop_timeout))?;

    let (arrived, models) = bounded(1);
    let reader = ModelReader::new(&cluster, &config.operator.model, Arc::clone(&store), arrived)?;
    thread::Builder::new().name("models".into()).spawn(move || reader.run())?;

    let route = (&config.operator.sink, config.operator.data.as_slice());
    let sink = KafkaSink::open(&cluster, route, Arc::clone(&acks), &|| stop.requested())?;
    let ended = if let Some(sink) = sink {
        run_pipeline(config, models, events, (sink, acks))?
    } else {
        drop(events);
        Ended { clean: true, stopped_by_error: false, failed: 0 }
    };
    stop.request();
    source.join().map_err(|_| anyhow::anyhow!("the source's thread panicked; this is a bug"))?;
    tracing::info!("stopped");
    Ok(ended.clean && !ended.stopped_by_error)
}

fn run_pipeline(
    config: &Config,
    models: Receiver<Arrived>,
    intake: Receiver<crate::source::Intake>,
    (sink, acks): (KafkaSink, Arc<Acks>),
) -> anyhow::Result<Ended> {
    let (answers, workers) = bounded(ANSWERS);
    let (ready, generations) = bounded(1);
    let loader = Loader { config: config.clone(), max_output_bytes: sink.max_output_bytes(), answers, ready };
    thread::Builder::new().name("loader".into()).spawn(move || loader.run(&models))?;
    let inputs = Inputs { intake, workers, generations };
    Ok(Pipeline::new(&config.operator, inputs, sink, acks).run(config.stop_timeout))
}

/// Turns each model that arrives into a generation of workers.
struct Loader {
    config: Config,
    max_output_bytes: usize,
    answers: Sender<FromWorker>,
    ready: Sender<Pool>,
}

impl Loader {
    fn run(self, models: &Receiver<Arrived>) {
        for (generation, arrived) in (1..).zip(models) {
            match self.load(generation, arrived) {
                Ok(Some(pool)) => {
                    if self.ready.send(pool).is_err() {
                        return;
                    }
                }
                Ok(None) => {}
                Err(error) => tracing::error!("generation {generation}: {error:#}"),
            }
        }
    }

    fn load(&self, generation: u64, arrived: Arrived) -> anyhow::Result<Option<Pool>> {
        let Arrived { place, model } = arrived;
        let (label, sha256) = (Arc::clone(&model.label), model.sha256.clone());
        tracing::info!("generation {generation}: loading model {label} from {place} (sha256 {sha256})");
        let plan = plan(&self.config, Arc::new(model), self.max_output_bytes).context("the workers' setup")?;
        match Pool::start(generation, plan, &self.answers) {
            Ok(pool) => {
                if let Some(loaded) = pool.loaded() {
                    tracing::info!(
                        "generation {generation}: {} model {label} loaded in {:.1} s",
                        loaded.flavour,
                        loaded.seconds
                    );
                    loaded.warnings.iter().for_each(|warning| tracing::warn!("model {label}: {warning}"));
                }
                Ok(Some(pool))
            }
            Err(failure) => {
                let traceback =
                    failure.traceback.as_deref().map(|text| format!("\n{}", text.trim_end())).unwrap_or_default();
                tracing::error!(
                    "model {label} from {place} (sha256 {sha256}) does not load: {failure}; what was served before goes on, and the next model is waited for{traceback}"
                );
                Ok(None)
            }
        }
    }
}
