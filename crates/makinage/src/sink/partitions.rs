//! Which outputs keep their event's partition number: those of topics with as many partitions as the sink.
//!
//! Topics may grow while the service runs. Their sizes are asked again every so often, away from the pipeline's thread, and at once when
//! an event comes from a partition that was not there before.

use std::{
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicI32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rdkafka::{ClientContext, client::Client, producer::Producer};

use super::reports::OutputProducer;
use crate::{
    event::Event,
    kafka::{
        partitioner::of_key,
        topics::{Topic, Waiting, look_up},
    },
    panics,
};

/// The pipeline asks no more often than this, since it waits for the answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The sizes of the sink topic and of the data topics, as far as they are known.
pub(super) struct Partitions {
    sink: Size,
    sources: Vec<Size>,
    asked: Mutex<Instant>,
    /// The producer of now.
    producer: Mutex<Weak<OutputProducer>>,
}

#[derive(Debug)]
struct Size {
    topic: String,
    partitions: AtomicI32,
}

impl Size {
    fn get(&self) -> i32 {
        self.partitions.load(Ordering::Relaxed)
    }

    /// Whether the size is another than before. A topic that can't be asked keeps the one that it had.
    fn refresh<C: ClientContext>(&self, client: &Client<C>) -> bool {
        let Topic::Partitions(now) = look_up(client, &self.topic) else { return false };
        self.partitions.swap(now, Ordering::Relaxed) != now
    }
}

impl Partitions {
    /// Waits for the topics to be there. `None` when `stopped` says so first.
    pub fn wait_for<'a, C: ClientContext>(
        client: &Client<C>,
        endpoint: &str,
        sink: &'a str,
        sources: impl Iterator<Item = &'a str>,
        stopped: &dyn Fn() -> bool,
    ) -> Option<Self> {
        let sink = wait_for(client, endpoint, sink, stopped)?;
        let sources = sources.map(|topic| wait_for(client, endpoint, topic, stopped)).collect::<Option<_>>()?;
        Some(Self { sink, sources, asked: Mutex::new(Instant::now()), producer: Mutex::default() })
    }

    /// The data topic's name.
    pub fn source(&self, event: &Event) -> &str {
        &self.sources[usize::from(event.source)].topic
    }

    /// The partition that the event's output must go to: its own number, or the one that its key chooses; `None`: any.
    pub fn of<C: ClientContext>(&self, event: &Event, client: &Client<C>) -> Option<i32> {
        let source = &self.sources[usize::from(event.source)];
        if event.partition >= source.get() && self.may_ask() {
            self.refresh(client);
        }
        let same = source.get() == self.sink.get() && event.partition < self.sink.get();
        if same { Some(event.partition) } else { event.key().map(|key| of_key(key, self.sink.get())) }
    }

    fn may_ask(&self) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let may = asked.elapsed() >= PATIENCE;
        if may {
            *asked = Instant::now();
        }
        may
    }

    /// Asks all sizes again. With the producer's own client this is also what it then knows of the sink.
    fn refresh<C: ClientContext>(&self, client: &Client<C>) {
        let sink_changed = self.sink.refresh(client);
        for source in &self.sources {
            if source.refresh(client) || sink_changed {
                let (from, to) = (source.get(), self.sink.get());
                tracing::info!(
                    "topic {} has {from} partitions now, and topic {} has {to}: outputs {}",
                    source.topic,
                    self.sink.topic,
                    if from == to { "keep their event's partition" } else { "go to the partition of their key" }
                );
            }
        }
    }

    /// The sizes are asked with this producer's client from now on.
    pub fn ask_with(&self, producer: &Arc<OutputProducer>) {
        *self.producer.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(producer);
    }

    /// Asks again each `interval`, for as long as the sink is there.
    pub fn watch(self: &Arc<Self>, interval: Duration) -> std::io::Result<()> {
        let partitions = Arc::downgrade(self);
        let watch = move || {
            loop {
                thread::sleep(interval);
                panics::point("partitions");
                let Some(partitions) = Weak::upgrade(&partitions) else { return };
                let producer = partitions.producer.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
                if let Some(producer) = producer {
                    partitions.refresh(producer.client());
                }
            }
        };
        thread::Builder::new().name("partitions".into()).spawn(watch).map(drop)
    }
}

fn wait_for<C: ClientContext>(
    client: &Client<C>,
    endpoint: &str,
    topic: &str,
    stopped: &dyn Fn() -> bool,
) -> Option<Size> {
    let mut waiting = Waiting::new(endpoint, topic);
    loop {
        let found = look_up(client, topic);
        if let Topic::Partitions(count) = found {
            waiting.over();
            return Some(Size { topic: topic.to_owned(), partitions: count.into() });
        }
        waiting.tell(&found);
        if stopped() {
            return None;
        }
        thread::sleep(Duration::from_millis(500));
    }
}
