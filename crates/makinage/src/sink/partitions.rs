//! Which outputs keep their event's partition number: those of topics with as many partitions as the sink.
//!
//! Topics may grow while the service runs. Their sizes are asked again every so often, away from the pipeline's thread,
//! and at once when an event comes from a partition that was not there before.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicI32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::producer::LookUp;
use crate::{
    event::Event,
    kafka::{
        context::Connection,
        denied::{Operation, Wanted},
        partitioner::of_key,
        topics::{self, Topic},
    },
    panics,
    said::Seldom,
};

/// The pipeline asks no more often than this, since it waits for the answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The pause between two looks for a topic that isn't there yet.
const LOOK: Duration = Duration::from_millis(500);

/// The sizes of the sink topic and of the data topics, as far as they are known.
pub struct Partitions<P> {
    sink: Size,
    sources: Vec<Size>,
    /// How often the pipeline asks.
    asks: Mutex<Seldom>,
    /// The producer of now.
    producer: Mutex<Weak<P>>,
}

#[derive(Debug)]
struct Size {
    topic: String,
    partitions: AtomicI32,
}

impl Size {
    fn new(topic: &str, partitions: i32) -> Self {
        Self { topic: topic.to_owned(), partitions: partitions.into() }
    }

    fn get(&self) -> i32 {
        self.partitions.load(Ordering::Relaxed)
    }

    /// Whether the size is another than before. A topic that can't be asked keeps the one that it had.
    fn refresh(&self, client: &impl LookUp) -> bool {
        let Topic::Partitions(now) = client.look_up(&self.topic) else { return false };
        self.partitions.swap(now, Ordering::Relaxed) != now
    }
}

impl<P: LookUp> Partitions<P> {
    /// The topics with their sizes: the sink's, then the data topics'.
    pub(crate) fn new<'a>(sink: (&str, i32), sources: impl Iterator<Item = (&'a str, i32)>) -> Self {
        Self {
            sink: Size::new(sink.0, sink.1),
            sources: sources.map(|(topic, partitions)| Size::new(topic, partitions)).collect(),
            asks: Mutex::new(Seldom::new(PATIENCE)),
            producer: Mutex::default(),
        }
    }

    /// Waits for the topics to be there. `None` when `stopped` says so first.
    pub(crate) fn wait_for<'a>(
        client: &impl LookUp,
        connection: &Connection,
        sink: &'a str,
        sources: impl Iterator<Item = &'a str>,
        stopped: &dyn Fn() -> bool,
    ) -> Option<Self> {
        let pause = || {
            let goes_on = !stopped();
            if goes_on {
                thread::sleep(LOOK);
            }
            goes_on
        };
        let size = |topic: &'a str, operation| {
            let wanted = Wanted { topic, operation };
            Some((topic, topics::wait_for(connection, wanted, || client.look_up(topic), pause)?))
        };
        let sink = size(sink, Operation::Write)?;
        let sources = sources.map(|topic| size(topic, Operation::Read)).collect::<Option<Vec<_>>>()?;
        Some(Self::new(sink, sources.into_iter()))
    }

    /// The data topic's name.
    pub(crate) fn source(&self, event: &Event) -> &str {
        &self.sources[usize::from(event.source)].topic
    }

    /// The partition that the event's output must go to: its own number, or the one that its key chooses; `None`: any.
    pub(crate) fn of(&self, event: &Event, producer: &P, now: Instant) -> Option<i32> {
        let source = &self.sources[usize::from(event.source)];
        if event.partition >= source.get() && self.asks.lock().is_due(now) {
            self.refresh(producer);
        }
        let same = source.get() == self.sink.get() && event.partition < self.sink.get();
        if same { Some(event.partition) } else { self.of_key(event.key()) }
    }

    /// The partition that a key chooses; `None`: any.
    pub(crate) fn of_key(&self, key: Option<&[u8]>) -> Option<i32> {
        key.map(|key| of_key(key, self.sink.get()))
    }

    /// How many the sink has.
    pub(crate) fn of_sink(&self) -> i32 {
        self.sink.get()
    }

    /// How many the sink has, asked anew if that was not a moment ago.
    pub(crate) fn of_sink_now(&self, producer: &P, now: Instant) -> i32 {
        if self.asks.lock().is_due(now) {
            self.refresh(producer);
        }
        self.of_sink()
    }

    /// Asks all sizes again. With the producer's own client this is also what it then knows of the sink.
    fn refresh(&self, producer: &P) {
        let sink_changed = self.sink.refresh(producer);
        for source in &self.sources {
            if source.refresh(producer) || sink_changed {
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
    pub(crate) fn ask_with(&self, producer: &Arc<P>) {
        *self.producer.lock() = Arc::downgrade(producer);
    }

    /// Asks again each `interval`, for as long as the sink is there.
    pub(crate) fn watch(self: &Arc<Self>, interval: Duration) -> std::io::Result<()>
    where
        P: Send + Sync + 'static,
    {
        let partitions = Arc::downgrade(self);
        let watch = move || {
            loop {
                thread::sleep(interval);
                panics::point("partitions");
                let Some(partitions) = Weak::upgrade(&partitions) else { return };
                let producer = partitions.producer.lock().upgrade();
                if let Some(producer) = producer {
                    partitions.refresh(&producer);
                }
            }
        };
        thread::Builder::new().name("partitions".into()).spawn(watch).map(drop)
    }
}

#[cfg(test)]
mod tests;
