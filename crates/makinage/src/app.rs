//! The service's life: build the parts, run the pipeline, end without replay.

use std::{sync::Arc, thread};

use crossbeam_channel::bounded;

use crate::{
    child::confine,
    config::{Config, cache_folder},
    generation::{
        builder::Builder,
        fetcher::fetcher,
        loader::{self, Loader},
        mailbox::Mailbox,
    },
    kafka::client::Cluster,
    pipeline::{self, Inputs, Pipeline},
    reload::{self, Changes},
    sink::kafka::KafkaSink,
    source::{
        Wiring,
        acks::Acks,
        kafka::{KafkaSource, MAX_OPEN},
    },
    status::SharedStatus,
    stop::Stop,
    store::{self, Store, workspace::Workspace},
    topic::{
        reader::ModelReader,
        shelf::{self, Shelf},
    },
    worker::samples::Samples,
};

/// Answers that wait for the pipeline; workers hold at most two batches each, so this is never full for long.
const ANSWERS: usize = 1024;

/// Serves until a signal, or an event's failure under `on_error: stop`. `true` when it ended as it should.
/// `changes` is where changed configurations come from, `None` for no changes.
pub fn serve(config: &Config, changes: Option<Changes>, stop: &Stop) -> anyhow::Result<bool> {
    let cluster = Cluster::new(&config.kafka, &config.application.name);
    let acks = Arc::new(Acks::default());
    let counted = Arc::clone(&acks);
    stop.count_with(move || counted.counts());
    // Each message holds at least one of the at most MAX_OPEN open events, or is one of a few about the assignment.
    let (intake, events) = bounded(MAX_OPEN + 64);
    let wiring = Wiring { acks: Arc::clone(&acks), intake, stop: stop.clone() };
    let source = KafkaSource::new(&cluster, &config.operator.data, wiring)?;
    let stop_timeout = config.application.stop_timeout;
    let source = thread::Builder::new().name("source".into()).spawn(move || source.run(stop_timeout))?;

    let workspace = Workspace::open(&cache_folder())?;
    let mailbox = Arc::new(Mailbox::default());
    let store = Store::open(&store::folder_of(config), config.models.keep)?;
    let outlets =
        shelf::Outlets { store: Arc::clone(&store), workspace: Arc::clone(&workspace), mailbox: Arc::clone(&mailbox) };
    let shelf = Arc::new(Shelf::open(&cluster, &config.operator, outlets));
    let (asks, fetcher) = fetcher(Arc::clone(&shelf), Arc::clone(&mailbox));
    let reader = ModelReader::new(Arc::clone(&shelf), config.operator.model.start_from, Arc::clone(&mailbox));
    thread::Builder::new().name("models".into()).spawn(move || reader.run())?;
    thread::Builder::new().name("fetch".into()).spawn(move || {
        // A large model is hashed and assembled here while another serves.
        if let Err(error) = confine::confine_this_thread() {
            tracing::debug!("models are fetched on all processors: {error}");
        }
        fetcher.run();
    })?;

    let route = (&config.operator.sink, config.operator.data.as_slice());
    let sink = KafkaSink::open(&cluster, route, Arc::clone(&acks), &|| stop.requested())?;
    let done = if let Some(sink) = sink {
        let (ready, generations) = bounded(1);
        let (answers, workers) = bounded(ANSWERS);
        let status = SharedStatus::default();
        if let Some(changes) = changes {
            let outlets = reload::Outlets { mailbox: Arc::clone(&mailbox), status: status.clone() };
            changes.watch(config.clone(), outlets)?;
        }
        let outlets = loader::Outlets { models: shelf, asks, memory: store, ready, status };
        let to_loader =
            pipeline::Outlets { mailbox: Arc::clone(&mailbox), samples: Samples::default(), stop: stop.clone() };
        let builder = Builder {
            workspace: Arc::clone(&workspace),
            samples: to_loader.samples.clone(),
            answers,
            max_output_bytes: sink.max_output_bytes(),
            mailbox: Arc::clone(&mailbox),
        };
        let loader = Loader::new(config.clone(), Arc::clone(&mailbox), builder, outlets);
        thread::Builder::new().name("loader".into()).spawn(move || loader.run())?;
        let inputs = Inputs { intake: events, workers, generations };
        let pipeline = Pipeline::new(&config.operator, (inputs, to_loader), sink, Arc::clone(&acks));
        // Not on this thread, which has to end the others if it panics.
        let pipeline = thread::Builder::new().name("pipeline".into()).spawn(move || pipeline.run(stop_timeout))?;
        pipeline.join().is_ok_and(|ended| ended.clean && !ended.stopped_by_error)
    } else {
        drop(events);
        true
    };
    mailbox.close();
    acks.close();
    stop.request();
    let left = source.join().is_ok();
    workspace.clear();
    stop.tell_counts();
    tracing::info!("stopped");
    Ok(done && left)
}
