//! The service's life: build the parts, start a thread for each, wait for the stream's end, end without replay.
//!
//! ```text
//!  source ─events─▶ stream ◀─generations─ loader ◀─models─ fetch
//!                      └──complaints──▶ mailbox ◀──seen── models, ◀──configurations── configuration
//! ```
//!
//! A panic of any thread ends the service (`panics`). Whatever ends it, these are joined here, or named. Others only
//! wait and hold nothing (signals, changed configurations, the look at topics that grow, what people want done, the one
//! that gives memory back), and workers' slots end with their pool.

mod memory;
mod traced;

use std::{sync::Arc, thread, time::Duration};

use anyhow::Context;
use crossbeam_channel::{Receiver, Sender, bounded};

use crate::{
    child::confine,
    config::{Config, Guarantee, Operator, cache_folder},
    delivery::{Delivery, at_least_once::AtLeastOnce, client as transactions, exactly_once::Ties, instance::Name},
    generation::{
        builder::{Builder, LargestOutput},
        fetcher::{Fetcher, fetcher},
        handover::{HandOver, LoaderOutlets},
        loader::{self, Loader},
        mailbox::Mailbox,
    },
    http::{self, Shown},
    interventions::{Interventions, TopicAndStore},
    kafka::client::Cluster,
    pipeline::{Inputs, Pipeline, PipelineOutlets},
    reload::{Changes, request::Request},
    sink::{bell::Bell, opening::Opening},
    source::{
        Wiring,
        acks::Acks,
        kafka::{KafkaSource, MOST_OPEN},
        mandate::Mandate,
        pause::Pause,
    },
    stop::Stop,
    store::{self, Store, workspace::Workspace},
    telemetry::Telemetry,
    threads::Threads,
    topic::{
        reader::ModelReader,
        shelf::{KafkaShelf, Shelf, ShelfOutlets},
    },
    worker::samples::Samples,
};

/// Answers that wait for the pipeline; workers hold at most two batches each, so this is never full for long.
const ANSWERS: usize = 1024;
/// The longest wait for those who make generations; what they leave half-made is made anew at the next start.
const LAST_MOMENT: Duration = Duration::from_millis(500);

/// Serves until a signal, or an event's failure under `on_error: stop`. `true` when it ended as it should.
/// `changes` is where changed configurations come from, `None` for no changes.
pub(crate) fn serve(config: &Config, changes: Option<Changes>, stop: &Stop) -> anyhow::Result<bool> {
    let service = Service::build(config, changes.as_ref().map(Changes::requests), stop)?;
    let ends = service.ends.clone();
    let mut makers = Threads::default();
    let served = service.start(changes, &mut makers).and_then(Running::wait);
    // All that counts is done by now: that must not take so long that the stop's own time is over.
    for name in makers.join(LAST_MOMENT.min(config.application.stop_timeout / 10)) {
        tracing::debug!("the thread {name} has not ended yet: it ends with the program");
    }
    ends.workspace.clear();
    ends.acks.end_spans();
    traced::send_last(&ends.telemetry.traces, &ends.stop, config.application.stop_timeout);
    ends.stop.tell_counts();
    tracing::info!("stopped");
    served
}

/// The parts, one a thread.
struct Service {
    source: KafkaSource,
    /// Says that there is a generation.
    begins: Receiver<()>,
    stream: Stream,
    models: ModelReader,
    fetcher: Fetcher<KafkaShelf>,
    loader: Loader<Builder, KafkaShelf>,
    config: Config,
    ends: Ends,
}

/// What ends the parts.
#[derive(Clone)]
struct Ends {
    mailbox: Arc<Mailbox>,
    acks: Arc<Acks>,
    stop: Stop,
    workspace: Arc<Workspace>,
    telemetry: Arc<Telemetry>,
}

impl Service {
    /// Builds all parts; nothing runs yet.
    fn build(config: &Config, reloads: Option<Sender<Request>>, stop: &Stop) -> anyhow::Result<Self> {
        let cluster = Arc::new(Cluster::new(&config.kafka, &config.application.name));
        let (mailbox, acks) = (Arc::<Mailbox>::default(), Arc::<Acks>::default());
        let telemetry =
            Arc::new(Telemetry::of(&cluster.connection.traffic, traced::tracer(config, cluster.instance())));
        let pause = Arc::<Pause>::default();
        let interventions = Interventions::new(&pause, reloads, TopicAndStore(config.clone()), &telemetry);
        let (seen, counted) = (Arc::clone(&telemetry), Arc::clone(&acks));
        http::start(config, Shown { telemetry: seen, acks: counted, interventions, stop: stop.clone() });
        let counted = Arc::clone(&acks);
        stop.count_with(move || counted.counts());
        let workspace = Workspace::open(&cache_folder())?;
        let store = Store::open(&store::folder_of(config), config.models.keep)?;
        let samples = Samples::default();

        // Each message holds at least one of the at most MOST_OPEN open events, or is one of a few about assignments.
        let (intake, events) = bounded(MOST_OPEN + 64);
        let (ready, generations) = bounded(1);
        let (begin, begins) = bounded(1);
        let (answers, workers) = bounded(ANSWERS);
        let (limit, largest_output) = bounded(1);

        let transactional = config.operator.tuning.delivery == Guarantee::ExactlyOnce;
        let mandate = transactional.then(Arc::<Mandate>::default);
        let wiring = Wiring {
            acks: Arc::clone(&acks),
            intake,
            stop: stop.clone(),
            mandate: mandate.clone(),
            telemetry: Arc::clone(&telemetry),
            pause,
        };
        cluster.watch_files();
        let source = KafkaSource::new(&cluster, &config.operator.data, wiring)?;
        let stream = Stream {
            cluster: Arc::clone(&cluster),
            operator: config.operator.clone(),
            inputs: Inputs { intake: events, workers, generations },
            outlets: PipelineOutlets {
                mailbox: Arc::clone(&mailbox),
                samples: samples.clone(),
                stop: stop.clone(),
                telemetry: Arc::clone(&telemetry),
            },
            acks: Arc::clone(&acks),
            mandate,
            limit,
            flush_timeout: config.application.stop_timeout,
        };
        let to_store = ShelfOutlets {
            store: Arc::clone(&store),
            workspace: Arc::clone(&workspace),
            mailbox: Arc::clone(&mailbox),
        };
        let shelf = Arc::new(Shelf::open(&cluster, &config.operator, to_store));
        let models = ModelReader::new(Arc::clone(&shelf), config.operator.model.start_from, Arc::clone(&mailbox));
        let (requests, fetcher) = fetcher(Arc::clone(&shelf), Arc::clone(&mailbox));
        let ends = Ends { mailbox, acks, stop: stop.clone(), workspace, telemetry: Arc::clone(&telemetry) };
        let builder = Builder {
            workspace: Arc::clone(&ends.workspace),
            samples,
            answers,
            largest_output: LargestOutput::new(largest_output),
            mailbox: Arc::clone(&ends.mailbox),
            telemetry: Arc::clone(&telemetry),
        };
        let hand_over = HandOver::new(
            builder,
            LoaderOutlets { ready, begin, memory: store, telemetry: Arc::clone(&telemetry) },
            Arc::clone(&ends.mailbox),
        );
        let known = loader::Source { models: shelf, asks: requests };
        let loader = Loader::new(config.clone(), Arc::clone(&ends.mailbox), known, hand_over);
        Ok(Self { source, begins, stream, models, fetcher, loader, config: config.clone(), ends })
    }

    /// Starts a thread for each part; those who make generations are among `makers`.
    fn start(self, changes: Option<Changes>, makers: &mut Threads) -> anyhow::Result<Running> {
        let Self { source, begins, stream, models, fetcher, loader, config, ends } = self;
        let stop_timeout = config.application.stop_timeout;
        let mut running = Running { source: None, stream: None, ends };
        spawn("memory", memory::give_back_what_is_free)?;
        running.source = Some(spawn("source", move || source.run(&begins, stop_timeout))?);
        makers.start("models", || models.run())?;
        makers.start("fetch", || {
            // A large model is hashed and assembled here while another serves.
            if let Err(error) = confine::confine_this_thread() {
                tracing::debug!("models are fetched on all processors: {error}");
            }
            fetcher.run();
        })?;
        makers.start("loader", || loader.run())?;
        if let Some(changes) = changes {
            let Ends { mailbox, telemetry, .. } = &running.ends;
            changes.watch(config, Arc::clone(mailbox), Arc::clone(telemetry))?;
        }
        running.stream = Some(spawn("pipeline", || stream.run())?);
        Ok(running)
    }
}

fn spawn<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> anyhow::Result<thread::JoinHandle<T>> {
    thread::Builder::new().name(name.into()).spawn(run).with_context(|| format!("can't start the thread {name}"))
}

/// The stream's two threads. Dropping this ends all parts.
struct Running {
    source: Option<thread::JoinHandle<bool>>,
    stream: Option<thread::JoinHandle<anyhow::Result<bool>>>,
    ends: Ends,
}

impl Running {
    /// Waits for the stream's end, ends all others, and waits for what the source has left to commit.
    fn wait(mut self) -> anyhow::Result<bool> {
        let streamed = self.stream.take().map(thread::JoinHandle::join);
        self.ends.all();
        let left = self.source.take().map(thread::JoinHandle::join);
        // A thread that panicked has told so, and the service has not ended as it should.
        match streamed {
            Some(Ok(streamed)) => Ok(streamed? && matches!(left, Some(Ok(true))) && !self.ends.stop.failed()),
            _ => Ok(false),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.ends.all();
    }
}

impl Ends {
    /// Asks all parts to end.
    fn all(&self) {
        self.mailbox.close();
        self.acks.close();
        self.stop.request();
    }
}

/// The pipeline's thread, which first waits for the sink's topic.
struct Stream {
    cluster: Arc<Cluster>,
    operator: Operator,
    inputs: Inputs,
    outlets: PipelineOutlets,
    acks: Arc<Acks>,
    /// Where outputs and offsets are in transactions.
    mandate: Option<Arc<Mandate>>,
    /// Takes the size of the largest output, once that is known.
    limit: Sender<usize>,
    flush_timeout: Duration,
}

impl Stream {
    /// Runs until the source says that it ends. `true` when all that was given to a worker was written.
    fn run(self) -> anyhow::Result<bool> {
        let stop = self.outlets.stop.clone();
        if let Some(mandate) = self.mandate.clone() {
            let (instance, folder) = (self.cluster.instance(), cache_folder().join("transactions"));
            let name = Name::new(self.cluster.application(), instance, &folder)?;
            let telemetry = Arc::clone(&self.outlets.telemetry);
            let ties = Ties { acks: Arc::clone(&self.acks), mandate, stop, telemetry, bell: Bell::new().0 };
            let Some(delivery) = transactions::open(&self.cluster, &self.operator, &ties, name)? else {
                return Ok(true);
            };
            let largest = delivery.max_output_bytes();
            return Ok(self.deliver(delivery, largest));
        }
        let (sources, stopped) = (self.operator.data.as_slice(), || stop.requested());
        let opening = Opening { cluster: &self.cluster, sources, acks: &self.acks, stopped: &stopped };
        let Some(sink) = opening.operator(&self.operator)? else { return Ok(true) };
        let largest = sink.max_output_bytes();
        let delivery = AtLeastOnce::new(sink, Arc::clone(&self.acks));
        Ok(self.deliver(delivery, largest))
    }

    fn deliver(self, delivery: impl Delivery, largest: usize) -> bool {
        // Who makes generations may have ended before the first.
        let _ = self.limit.send(largest);
        let pipeline = Pipeline::new(&self.operator, self.inputs, self.outlets, delivery, self.acks);
        let ended = pipeline.run(self.flush_timeout);
        ended.clean && !ended.stopped_by_error
    }
}
