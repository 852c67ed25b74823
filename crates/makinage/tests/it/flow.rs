//! A load that flows on whatever happens to the service, and the oracle that says whether each of its events was
//! scored.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rdkafka::{
    message::OwnedMessage,
    producer::{BaseProducer, BaseRecord, Producer},
};

use super::{
    promises::{HANDED_OVER, ORDER, OUTCOME},
    scene::Scene,
    service::DEADLINE,
    stream::{Reader, enqueue, header, key, value},
};

/// Keys of the load, spread evenly over the partitions.
const KEYS: usize = 12;
/// A round gives each key one event: 1,200 events a second.
const ROUND: Duration = Duration::from_millis(10);

/// Produces numbered events for each key until it is stopped, and waits for a broker that is away.
pub(crate) struct Flow {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<usize>,
}

impl Flow {
    /// Begins to flow into the scene's data topic, which has so many partitions.
    pub(crate) fn start(scene: &Scene, partitions: i32) -> Self {
        let producer: BaseProducer = scene
            .broker()
            .client()
            .set("enable.idempotence", "true")
            .set("message.timeout.ms", "0")
            .set("reconnect.backoff.max.ms", "1000")
            .create()
            .expect("a producer");
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, topic) = (Arc::clone(&stop), scene.topic("data"));
        let thread = thread::spawn(move || {
            let (begin, mut seq) = (Instant::now(), 0);
            while !stopped.load(Ordering::Relaxed) {
                for key in 0..KEYS {
                    send(&producer, &topic, (key, seq), i32::try_from(key).expect("a key") % partitions);
                }
                seq += 1;
                let due = begin + ROUND * u32::try_from(seq).expect("a number");
                producer.poll(due.saturating_duration_since(Instant::now()));
                thread::sleep(due.saturating_duration_since(Instant::now()));
            }
            producer.flush(DEADLINE).expect("the broker takes the load");
            seq
        });
        Self { stop, thread }
    }

    /// Stops, and says how many events each key had, all of which the broker has.
    pub(crate) fn stop(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the load's thread")
    }
}

/// The value tells key and number too: both come back in the output.
fn send(producer: &BaseProducer, topic: &str, (key, seq): (usize, usize), partition: i32) {
    let (name, value) = (key.to_string(), format!("[{key}, {seq}, 1.4, 0.2]"));
    enqueue(producer, BaseRecord::to(topic).key(&name).payload(&value).partition(partition));
}

/// What has come out, by key and number.
#[derive(Default)]
pub(crate) struct Oracle {
    /// The number of each key that must come next, unless an earlier one is repeated.
    next: [usize; KEYS],
    /// Outputs that had come before.
    pub repeated: usize,
    /// The models that have scored an event.
    pub models: BTreeSet<String>,
}

impl Oracle {
    /// Takes in an output. One whose predecessor of the same key has not come yet fails the test: that one is lost, or
    /// out of order.
    pub(crate) fn see(&mut self, output: &OwnedMessage) {
        let value = value(output);
        let (begin, _) = value.split_once(", 1.4").expect("a scored event");
        let (of, seq) = begin.trim_start_matches('[').split_once(", ").expect("key and number");
        assert_eq!(of, key(output), "{OUTCOME}: this is another key's: {value}");
        let (of, seq): (usize, usize) = (of.parse().expect("a key"), seq.parse().expect("a number"));
        self.models.extend(header(output, "makinage-model"));
        let next = &mut self.next[of];
        assert!(seq <= *next, "{OUTCOME}; {ORDER}: of key {of}, event {seq} came where {next} was due");
        if seq == *next {
            *next += 1;
        } else {
            self.repeated += 1;
        }
    }

    /// Different events that have come out.
    pub(crate) fn scored(&self) -> usize {
        self.next.iter().sum()
    }

    /// Reads until so many events more than now have come out: the service is at work.
    pub(crate) fn watch(&mut self, reader: &Reader, further: usize) {
        reader.read_to_end().iter().for_each(|output| self.see(output));
        let want = self.scored() + further;
        self.read_until(reader, |oracle| oracle.scored() >= want);
    }

    /// Reads until so many events more than now have come out of each key: no partition stands still.
    pub(crate) fn watch_each(&mut self, reader: &Reader, further: usize) {
        reader.read_to_end().iter().for_each(|output| self.see(output));
        let want = self.next.map(|next| next + further);
        self.read_until(reader, |oracle| oracle.next.iter().zip(&want).all(|(next, want)| next >= want));
    }

    /// Reads until a model has scored an event.
    pub(crate) fn watch_for(&mut self, reader: &Reader, model: &str) {
        self.read_until(reader, |oracle| oracle.models.contains(model));
    }

    /// Reads until each key's events, so many, have come out.
    pub(crate) fn read_all(&mut self, reader: &Reader, each: usize) {
        self.read_until(reader, |oracle| oracle.next.iter().all(|next| *next == each));
    }

    fn read_until(&mut self, reader: &Reader, enough: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !enough(self) {
            assert!(Instant::now() < deadline, "{OUTCOME}: no more than these came out, by key: {:?}", self.next);
            if let Some(output) = reader.poll() {
                self.see(&output);
            }
        }
    }

    /// Reads what is left, after the last writer has ended, and asserts that nothing came twice.
    pub(crate) fn assert_nothing_twice(&mut self, reader: &Reader) {
        reader.read_to_end().iter().for_each(|output| self.see(output));
        assert_eq!(self.repeated, 0, "{HANDED_OVER}");
    }
}
