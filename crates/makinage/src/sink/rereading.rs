//! Kafka's client reads single records again, on a thread that is started when there is the first.

use std::{
    collections::VecDeque,
    ops::ControlFlow,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use kafka_headers::tokens::Supplied;
use rdkafka::{
    Message,
    consumer::BaseConsumer,
    error::{KafkaError, KafkaResult},
    message::BorrowedMessage,
};

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

/// The pause after a failure.
const PAUSE: Duration = Duration::from_secs(1);
/// A record that has not come after so long is asked for anew, behind the others.
const PATIENCE: Duration = Duration::from_secs(10);
/// That something can't be done is told once in this time.
const REPEAT: Duration = Duration::from_mins(1);

type Client = Supplied<BaseConsumer<Context<()>>>;

/// Reads records of the data topics again.
pub(crate) struct Rereader {
    asks: Sender<Wanted>,
    found: Receiver<Found>,
    reading: Reading,
    is_started: bool,
    said: Seldom,
}

/// What the thread has. It ends when nobody can ask any more.
#[derive(Clone)]
struct Reading {
    asked: Receiver<Wanted>,
    found: Sender<Found>,
    bell: Bell,
    settings: Settings,
    connection: Arc<Connection>,
    topics: Vec<String>,
}

impl Rereader {
    /// Of these data topics; rings the sink's bell.
    pub(crate) fn new(cluster: &Cluster, topics: Vec<String>, bell: Bell) -> Self {
        let ((asks, asked), (sender, found)) = (unbounded(), unbounded());
        let (settings, connection) = (cluster.model_looker(), Arc::clone(&cluster.connection));
        let reading = Reading { asked, found: sender, bell, settings, connection, topics };
        Self { asks, found, reading, is_started: false, said: Seldom::new(REPEAT) }
    }

    fn start(&mut self) {
        let reading = self.reading.clone();
        match thread::Builder::new().name("originals".into()).spawn(move || reading.run()) {
            Ok(_) => self.is_started = true,
            Err(error) if self.said.is_due(Instant::now()) => tracing::error!(
                code = "D003",
                "the events of refused outputs can't be read again for their dead letters: no thread can be started \
                 ({error}); that is tried until one can: look at the machine's limits for processes"
            ),
            Err(_) => {}
        }
    }
}

impl Originals for Rereader {
    fn ask(&mut self, wanted: Wanted) {
        // Who reads is here.
        let _ = self.asks.send(wanted);
    }

    fn take(&mut self) -> Vec<Found> {
        if !self.is_started && !self.reading.asked.is_empty() {
            self.start();
        }
        self.found.try_iter().collect()
    }
}

impl Reading {
    /// Reads what is asked for, until nobody can ask any more.
    fn run(self) {
        let (mut waiting, mut client, mut said) = (VecDeque::new(), None, Seldom::new(REPEAT));
        loop {
            panics::point("originals");
            waiting.extend(self.asked.try_iter());
            let next = waiting.pop_front().map_or_else(|| self.asked.recv(), Ok);
            let Ok(wanted) = next else { return };
            match self.read(&mut client, &wanted) {
                Ok(event) => {
                    // Whoever listens is gone only with whoever asks.
                    let _ = self.found.send(Found { ticket: wanted.ticket, event });
                    self.bell.ring();
                }
                Err(error) => {
                    self.tell(&wanted, &error, &mut said);
                    client = None;
                    waiting.push_back(wanted);
                    match self.asked.recv_timeout(PAUSE) {
                        Ok(wanted) => waiting.push_back(wanted),
                        Err(RecvTimeoutError::Timeout) => {}
                        Err(RecvTimeoutError::Disconnected) => return,
                    }
                }
            }
        }
    }

    fn tell(&self, wanted: &Wanted, error: &KafkaError, said: &mut Seldom) {
        if said.is_due(Instant::now()) {
            let (topic, partition, offset) = (self.topic(wanted), wanted.place.partition, wanted.place.offset);
            tracing::warn!(
                code = "D004",
                topic,
                partition,
                offset,
                "the event {topic}/{partition}/{offset}, whose output was refused, can't be read again for its dead \
                 letter ({error}); that is tried until it can: look at the topic and its brokers"
            );
        }
    }
}

/// Waits for a while.
struct AWhile;

impl Patience for AWhile {
    fn goes_on(&self, waited: Duration) -> bool {
        waited < PATIENCE
    }
}

impl Reading {
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
