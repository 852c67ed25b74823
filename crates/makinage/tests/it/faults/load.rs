//! The load: numbered events to each partition of a data topic, at a pace, whatever happens to the service.
//!
//! Only what the broker has acknowledged counts, with the offset that it got.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rdkafka::{
    ClientContext, Message,
    producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext},
};

use super::{
    super::{patience::wait_for, scene::Scene, service::DEADLINE, stream::enqueue},
    oracle::{Input, Kind, Source},
};

/// How often a round of events is sent.
const ROUND: Duration = Duration::from_millis(10);

/// Stops with this.
pub(crate) struct Load {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    inputs: Mutex<Vec<Vec<Input>>>,
    /// What the next events of a partition are to be.
    special: Mutex<VecDeque<(usize, Kind)>>,
    /// How many partitions there are.
    partitions: AtomicUsize,
    /// Spaces in each value.
    padding: usize,
    stop: AtomicBool,
    /// Its row has failed: nothing waits for the broker any more.
    abandoned: AtomicBool,
}

impl Shared {
    fn inputs(&self) -> MutexGuard<'_, Vec<Vec<Input>>> {
        self.inputs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn special(&self) -> MutexGuard<'_, VecDeque<(usize, Kind)>> {
        self.special.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the delivery reports.
struct Reports(Arc<Shared>);

impl ClientContext for Reports {}

impl ProducerContext for Reports {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let message = result.as_ref().unwrap_or_else(|(error, _)| panic!("the load is not taken: {error}"));
        let text = String::from_utf8_lossy(message.payload().expect("a value"));
        let (seq, kind) = read(&text).expect("the load's own value");
        let inputs = &mut self.0.inputs()[usize::try_from(message.partition()).expect("a partition")];
        // A broker that had it already, when it was sent again, doesn't say where: behind the one before.
        let next = inputs.last().map_or(0, |last| last.offset + 1);
        let offset = if message.offset() < 0 { next } else { message.offset() };
        inputs.push(Input { offset, seq, kind });
    }
}

const KINDS: [Kind; 5] = [Kind::Plain, Kind::Crashes, Kind::Hangs, Kind::Leaks, Kind::Fails];

/// The numbers of an event or, in its brackets, of its output.
pub(crate) fn numbers(text: &str) -> Option<Vec<u64>> {
    let inner = text.trim_start_matches('[').split(']').next()?;
    inner.split(',').take(3).map(|number| number.trim().parse().ok()).collect()
}

fn read(text: &str) -> Option<(u64, Kind)> {
    let numbers = numbers(text)?;
    Some((numbers[1], KINDS[usize::try_from(numbers[2]).ok()?]))
}

/// What the model sees: partition, number, kind; and so many spaces, which its output has too.
fn value((partition, seq): (usize, u64), kind: Kind, padding: usize) -> String {
    let kind = KINDS.iter().position(|known| *known == kind).expect("a kind");
    format!("[{partition}, {seq}, {kind}, 0.2{}]", " ".repeat(padding))
}

impl Load {
    /// Begins to send so many events a second, over all partitions.
    pub(crate) fn start(scene: &Scene, partitions: usize, rate: u32) -> Self {
        let mut load = Self::new(partitions, 0);
        load.begin(scene, rate);
        load
    }

    /// Begins to send so many events a second, behind what was sent.
    pub(crate) fn begin(&mut self, scene: &Scene, rate: u32) {
        let (shared, topic) = (Arc::clone(&self.shared), scene.topic("data"));
        let producer = producer(scene, &self.shared);
        self.thread = Some(thread::spawn(move || flow(&shared, &producer, &topic, rate)));
    }

    /// Of nothing yet, with values that are this much longer.
    pub(crate) fn new(partitions: usize, padding: usize) -> Self {
        let shared = Shared {
            inputs: Mutex::new(vec![vec![]; partitions]),
            special: Mutex::default(),
            partitions: AtomicUsize::new(partitions),
            padding,
            stop: AtomicBool::new(false),
            abandoned: AtomicBool::new(false),
        };
        Self { shared: Arc::new(shared), thread: None }
    }

    /// Sends so many more to each partition at once, when nothing flows, and waits until the broker has them.
    pub(crate) fn add(&self, scene: &Scene, each: u64) {
        let producer = producer(scene, &self.shared);
        let first: Vec<u64> = self.shared.inputs().iter().map(|inputs| inputs.len() as u64).collect();
        for more in 0..each {
            for (partition, first) in first.iter().enumerate() {
                self.shared.send(&producer, &scene.topic("data"), partition, first + more);
            }
        }
        producer.flush(DEADLINE).expect("the broker takes the load");
    }

    /// The next event of a partition is of this kind.
    pub(crate) fn next_is(&self, partition: usize, kind: Kind) {
        self.shared.special().push_back((partition, kind));
    }

    /// Nothing is owed for what was sent to a partition before this offset.
    pub(crate) fn owed_from(&self, partition: usize, offset: i64) {
        for input in self.shared.inputs()[partition].iter_mut().filter(|input| input.offset < offset) {
            input.kind = Kind::Early;
        }
    }

    /// Sends to so many partitions from now on.
    pub(crate) fn grow(&self, partitions: usize) {
        self.shared.inputs().resize(partitions, vec![]);
        self.shared.partitions.store(partitions, Ordering::Relaxed);
    }

    /// What the broker has acknowledged so far, by partition.
    pub(crate) fn inputs(&self) -> Vec<Vec<Input>> {
        self.shared.inputs().clone()
    }

    /// Waits until the broker has an event of this kind, the last one if there are several; says where it is.
    pub(crate) fn place_of(&self, partition: usize, kind: Kind) -> Source {
        let found =
            || self.shared.inputs()[partition].iter().rfind(|input| input.kind == kind).map(|input| input.offset);
        let offset = wait_for(DEADLINE, || format!("no event that {kind:?} was sent"), found);
        (i32::try_from(partition).expect("a partition"), offset)
    }

    /// Ends when the broker has everything that was sent.
    pub(crate) fn stop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the load's thread");
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.shared.abandoned.store(true, Ordering::Relaxed);
    }
}

fn producer(scene: &Scene, shared: &Arc<Shared>) -> BaseProducer<Reports> {
    let mut client = scene.broker().client();
    client
        .set("client.id", "load")
        .set("enable.idempotence", "true")
        .set("message.timeout.ms", "0")
        .set("topic.metadata.refresh.interval.ms", "500")
        .set("reconnect.backoff.max.ms", "1000");
    client.create_with_context(Reports(Arc::clone(shared))).expect("a producer")
}

impl Shared {
    fn send(&self, producer: &BaseProducer<Reports>, topic: &str, partition: usize, seq: u64) {
        let mut special = self.special();
        let found = special.iter().position(|(of, _)| *of == partition);
        let kind = found.and_then(|place| special.remove(place)).map_or(Kind::Plain, |(_, kind)| kind);
        drop(special);
        let number = i32::try_from(partition).expect("a partition");
        let (key, value) = (format!("{partition}-{}", seq % 7), value((partition, seq), kind, self.padding));
        enqueue(producer, BaseRecord::to(topic).key(&key).payload(&value).partition(number));
    }
}

fn flow(shared: &Shared, producer: &BaseProducer<Reports>, topic: &str, rate: u32) {
    let (begin, mut sent) = (Instant::now(), 0);
    let mut next: Vec<u64> = shared.inputs().iter().map(|inputs| inputs.len() as u64).collect();
    while !shared.stop.load(Ordering::Relaxed) {
        let due = begin.elapsed().as_millis() * u128::from(rate) / 1000;
        next.resize(shared.partitions.load(Ordering::Relaxed), 0);
        while sent < due {
            let partition = usize::try_from(sent).expect("a number") % next.len();
            shared.send(producer, topic, partition, next[partition]);
            next[partition] += 1;
            sent += 1;
        }
        // To its end: a poll takes one report after the other until its time is over.
        producer.poll(ROUND);
    }
    // The broker may be away for as long as the row wants it to.
    while producer.in_flight_count() > 0 && !shared.abandoned.load(Ordering::Relaxed) {
        producer.poll(Duration::from_millis(100));
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, numbers, read, value};

    #[test]
    fn an_event_says_what_it_is_and_its_output_says_it_too() {
        assert_eq!(read(&value((3, 71), Kind::Leaks, 5)), Some((71, Kind::Leaks)));
        assert_eq!(numbers("[[3, 71, 0, 0.2],0]"), Some(vec![3, 71, 0]));
        assert_eq!(numbers("nonsense"), None);
    }
}
