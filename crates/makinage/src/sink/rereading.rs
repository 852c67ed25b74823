//! Kafka's client reads single records again, on a thread that is started when there is the first.

use std::{
    collections::VecDeque,
    ops::ControlFlow,
    sync::{Arc, Weak},
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, unbounded};
use kafka_headers::tokens::Supplied;
use parking_lot::Mutex;
use rdkafka::{Message, consumer::BaseConsumer, error::KafkaResult, message::BorrowedMessage};

use super::{
    bell::Bell,
    originals::{Found, Originals, Wanted},
};
use crate::{
    event::Event,
    kafka::{client::Cluster, clients::Settings, context::Connection, forwarding::Context},
    panics,
    said::Seldom,
    topic::read::{self, Patience, Stretch},
};

/// The pause between two looks for something to do, and after a failure.
const PAUSE: Duration = Duration::from_millis(50);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);
/// A record that has not come after so long is asked for anew, behind the others.
const PATIENCE: Duration = Duration::from_secs(10);
/// That one can't be read is told once in this time.
const REPEAT: Duration = Duration::from_mins(1);

type Client = Supplied<BaseConsumer<Context<()>>>;

/// Reads records of the data topics again.
pub(crate) struct Rereader {
    task: Arc<Task>,
    found: Receiver<Found>,
    is_started: bool,
}

/// What the thread knows. It ends when nobody can want anything any more.
struct Task {
    wanted: Mutex<VecDeque<Wanted>>,
    found: Sender<Found>,
    bell: Bell,
    settings: Settings,
    connection: Arc<Connection>,
    topics: Vec<String>,
}

impl Rereader {
    /// Of these data topics; rings the sink's bell.
    pub(super) fn new(cluster: &Cluster, topics: Vec<String>, bell: Bell) -> Self {
        let (sender, found) = unbounded();
        let task = Task {
            wanted: Mutex::default(),
            found: sender,
            bell,
            settings: cluster.model_looker(),
            connection: Arc::clone(&cluster.connection),
            topics,
        };
        Self { task: Arc::new(task), found, is_started: false }
    }
}

impl Originals for Rereader {
    fn ask(&mut self, wanted: Wanted) {
        self.task.wanted.lock().push_back(wanted);
        if self.is_started {
            return;
        }
        let task = Arc::downgrade(&self.task);
        match thread::Builder::new().name("originals".into()).spawn(move || read_all(&task)) {
            Ok(_) => self.is_started = true,
            Err(error) => tracing::error!(
                "the events of refused outputs can't be read again for their dead letters: no thread can be started \
                 ({error}); that is tried again with the next one"
            ),
        }
    }

    fn take(&mut self) -> Vec<Found> {
        self.found.try_iter().collect()
    }
}

/// Reads what is wanted, for as long as somebody may want something.
fn read_all(task: &Weak<Task>) {
    let (mut client, mut said) = (None, Seldom::new(REPEAT));
    while let Some(wanted) = next(task) {
        let Some(task) = task.upgrade() else { return };
        match task.read(&mut client, &wanted) {
            Ok(event) => {
                // Whoever listens is gone only with the task.
                let _ = task.found.send(Found { ticket: wanted.ticket, event });
                task.bell.ring();
            }
            Err(error) => {
                if said.is_due(Instant::now()) {
                    let topic = task.topic(&wanted);
                    let (partition, offset) = (wanted.place.partition, wanted.place.offset);
                    tracing::warn!(
                        "the event {topic}/{partition}/{offset}, whose output was refused, can't be read again for its \
                         dead letter ({error}); that is tried until it can: look at the topic and its brokers"
                    );
                }
                client = None;
                task.wanted.lock().push_back(wanted);
                drop(task);
                thread::sleep(PAUSE_AFTER_FAILURE);
            }
        }
    }
}

/// What is wanted next; `None` when nobody can want anything any more.
fn next(task: &Weak<Task>) -> Option<Wanted> {
    loop {
        panics::point("originals");
        if let Some(wanted) = task.upgrade()?.wanted.lock().pop_front() {
            return Some(wanted);
        }
        thread::sleep(PAUSE);
    }
}

/// Waits for a while.
struct AWhile;

impl Patience for AWhile {
    fn goes_on(&self, waited: Duration) -> bool {
        waited < PATIENCE
    }
}

impl Task {
    fn topic(&self, wanted: &Wanted) -> &str {
        self.topics.get(usize::from(wanted.place.source)).map_or("?", String::as_str)
    }

    /// `None` where it isn't there any more.
    fn read(&self, client: &mut Option<Client>, wanted: &Wanted) -> KafkaResult<Option<Event>> {
        let client = match client {
            Some(client) => client,
            None => client.insert(self.settings.create_with_context(Context::new(Arc::clone(&self.connection), ()))?),
        };
        let offset = wanted.place.offset;
        let stretch =
            Stretch { topic: self.topic(wanted), partition: wanted.place.partition, offsets: offset..offset + 1 };
        let mut found = None;
        read::read(client, &stretch, &AWhile, |message| {
            found = Some(event(message, wanted));
            ControlFlow::Break(())
        })?;
        Ok(found)
    }
}

fn event(message: &BorrowedMessage<'_>, wanted: &Wanted) -> Event {
    let mut event = Event::new(wanted.ticket, wanted.place, message.key(), message.payload());
    event.headers = kafka_headers::copy(message).transpose();
    event.time = message.timestamp().to_millis().unwrap_or(-1);
    event
}
