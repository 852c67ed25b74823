//! `makinage demo`: the whole product on one machine with nothing set up.
//!
//! ```text
//! Python (found or made) ─▶ model trained ─▶ mock cluster ─▶ service ─▶ model published ─▶ events in, predictions out ─▶ end
//! ```
//!
//! Only the cluster is special. Everything else is what it is elsewhere: configuration files, the service, the
//! publisher, and Kafka clients, which could as well be other programs.

mod cluster;
mod environment;
mod files;
mod programs;
mod publishing;
mod screen;
mod service;
mod stream;
mod table;
mod training;

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

use self::{
    files::Files,
    publishing::publish,
    screen::{Log, Screen},
    service::Service,
    stream::Stream,
    table::Table,
    training::train,
};
use super::log_to;
use crate::{
    python::{OnceError, RunError},
    stop::Stop,
};

/// Warnings that are none here: that the group is new, and begins at the beginning; what libraries say of themselves.
const LOGGED: &str = "warn,worker=error,makinage::source::start=error";
/// The longest that the demo takes to end.
const STOP: Duration = Duration::from_secs(10);
/// The longest wait for the first prediction, which comes when the service and its model are there.
const START: Duration = Duration::from_mins(5);
/// The longest wait for any other one.
const OVERDUE: Duration = Duration::from_mins(1);
/// The longest wait for a message before it is looked whether the demo is to end.
const TICK: Duration = Duration::from_millis(100);

/// What the user chooses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    /// End after so many events.
    pub events: Option<u64>,
    /// Events a second.
    pub rate: u32,
}

/// Runs until Ctrl-C, or until the events are scored.
pub(crate) fn run(options: Options) -> anyhow::Result<ExitCode> {
    let screen = Screen::open();
    let log = Log::new(&screen);
    log_to(LOGGED, log.clone());
    let stop = Stop::default();
    stop.bound(STOP);
    stop.end_at_a_panic();
    stop.listen()?;
    let demo = Demo { options, screen, log, stop };
    let outcome = demo.run();
    demo.screen.clear();
    match outcome {
        Err(error) if is_stop(&error) => Ok(ExitCode::SUCCESS),
        outcome => outcome.map(|()| ExitCode::SUCCESS),
    }
}

/// Whether something ended because the demo was to end, which is no failure.
fn is_stop(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(RunError::Stopped)) || matches!(error.downcast_ref(), Some(OnceError::Stopped))
}

/// An address of this machine's that nobody else listens on.
fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("a port for the service's status")?;
    Ok(listener.local_addr()?)
}

struct Demo {
    options: Options,
    screen: Screen,
    log: Log,
    stop: Stop,
}

impl Demo {
    fn run(&self) -> anyhow::Result<()> {
        let folder = tempfile::Builder::new().prefix("makinage-demo-").tempdir().context("a folder for the demo")?;
        self.screen.line("makinage demo: a model that tells iris flowers apart, on a Kafka in memory")?;
        let trained = train(folder.path(), &self.screen, &self.stop)?;
        let address = cluster::start()?;
        let status = free_address()?;
        let files = Files::write(folder.path(), &address, status, &trained.python, &trained.model)?;
        self.screen.line(&format!("Python    {}", trained.python.display()))?;
        self.screen.line(&format!("Kafka     {address} (other clients can join in: topics data, model, predict)"))?;
        self.screen.line(&format!("status    http://{status} (also: makinage top --url http://{status})"))?;
        self.screen.line(&format!("files     {}", folder.path().display()))?;

        self.screen.busy("starting the service");
        let service = Service::start(&files.serve, &self.stop)?;
        let shown = publish(&files.publish)
            .and_then(|published| {
                self.screen.line(&published.line)?;
                Stream::open(&address, trained, published.label)
            })
            .and_then(|stream| self.show(stream, &service));
        self.stop.request();
        // The service's own reason comes first: what else failed, failed because of it.
        service.join()?;
        let table = shown?;
        self.screen.line("")?;
        self.screen.line(&table.summary())?;
        self.screen.line("next: a model of your own on a Kafka of your own (README.md, \"Serve a model\")")?;
        self.screen.line("  makinage --config config.serve.yaml")?;
        self.screen.line("  makinage-model-publisher --config config.publish.yaml")?;
        Ok(())
    }

    fn show(&self, mut stream: Stream, service: &Service) -> anyhow::Result<Table> {
        let mut table = Table::default();
        let began = Instant::now();
        self.screen.busy("waiting for the service to load the model");
        stream.produce()?;
        while !self.is_over(service) {
            if stream.receive(TICK)?.is_some() {
                self.screen.line(&format!(
                    "serving   since the first prediction, {:.1} s after the model was published",
                    began.elapsed().as_secs_f32()
                ))?;
                self.stream(&mut stream, service, &mut table)?;
                break;
            }
            if self.log.has_error() {
                bail!("the service does not serve; it says why above");
            }
            if stream.overdue(START).is_some() {
                bail!("the service made no prediction within {} s; RUST_LOG=info shows what it does", START.as_secs());
            }
        }
        Ok(table)
    }

    fn stream(&self, stream: &mut Stream, service: &Service, table: &mut Table) -> anyhow::Result<()> {
        // The first event is none of those that are counted: it waited for the model.
        let first = stream.sent();
        let last = self.options.events.unwrap_or(u64::MAX);
        let between = Duration::from_secs(1) / self.options.rate.max(1);
        let mut due = Instant::now();
        if !self.screen.is_live() {
            self.screen.line("")?;
            self.screen.line(&table::heading())?;
        }
        while !self.is_over(service) && table.scored() < last {
            let now = Instant::now();
            if now >= due && stream.sent() - first < last {
                stream.produce()?;
                due = now + between;
            }
            if let Some(row) = stream.receive(due.saturating_duration_since(now).min(TICK))? {
                if self.screen.is_live() {
                    table.add(row);
                    self.screen.show(table.panel());
                } else {
                    self.screen.line(&row.line())?;
                    table.add(row);
                }
            }
            if let Some(number) = stream.overdue(OVERDUE) {
                bail!("event {number} has no prediction after {} s; what the service says is above", OVERDUE.as_secs());
            }
        }
        if self.screen.is_live() {
            self.screen.clear();
            self.screen.line(&table.text())?;
        }
        Ok(())
    }

    fn is_over(&self, service: &Service) -> bool {
        self.stop.requested() || service.has_ended()
    }
}
