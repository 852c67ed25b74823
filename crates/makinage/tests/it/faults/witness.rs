//! Watches from outside: reads the outputs as they come, and asks all the time what is committed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    message::OwnedMessage,
};

use super::{
    super::{
        patience::wait_for,
        scene::Scene,
        stream::{Reader, header, value},
    },
    load::numbers,
    oracle::{Claim, Input, Output, Seen, Source},
};

/// How often it asks what is committed.
const PACE: Duration = Duration::from_millis(200);
/// How long an answer may take; then that look is left out.
const ANSWER: Duration = Duration::from_secs(5);

/// Stops with this.
pub(crate) struct Witness {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    book: Mutex<Book>,
    stop: AtomicBool,
    /// Its row has failed: what is left is of no interest.
    abandoned: AtomicBool,
    /// How often it was told to look away, and to look again: it looks while this is even.
    turns: AtomicUsize,
}

#[derive(Default)]
struct Book {
    seen: Seen,
    come: BTreeSet<Source>,
    /// How many of those each partition has.
    come_of: BTreeMap<i32, usize>,
    /// How far each sink partition has been read.
    read: Vec<i64>,
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn take_in(&mut self, output: Output) {
        let place = usize::try_from(output.partition).expect("a partition");
        if self.read.len() <= place {
            self.read.resize(place + 1, 0);
        }
        self.read[place] = output.offset + 1;
        if self.come.insert(output.source) {
            *self.come_of.entry(output.source.0).or_insert(0) += 1;
        }
        self.seen.outputs.push(output);
    }

    /// The first events that must come out and haven't.
    fn missing(&self, inputs: &[Vec<Input>]) -> Vec<Source> {
        let all = (0..).zip(inputs).flat_map(|(partition, inputs)| {
            let expected = inputs.iter().filter(|input| input.kind.is_owed());
            expected.map(move |input| (partition, input.offset))
        });
        all.filter(|source| !self.come.contains(source)).take(10).collect()
    }

    /// Of these, those that are behind a committed position although all that could be read then has been read.
    fn lost(&self, missing: &[Source]) -> Vec<Source> {
        let caught_up = |claim: &&Claim| {
            claim.ends.iter().enumerate().all(|(place, end)| self.read.get(place).copied().unwrap_or(0) >= *end)
        };
        let Some(claim) = self.seen.claims.iter().rev().take(20).find(caught_up) else {
            return vec![];
        };
        let position = |partition| usize::try_from(partition).ok().and_then(|place| *claim.committed.get(place)?);
        missing
            .iter()
            .filter(|(partition, offset)| position(*partition).is_some_and(|position| *offset < position))
            .copied()
            .collect()
    }
}

impl Witness {
    /// Watches a service's sink and its group's positions.
    pub(crate) fn start(scene: &Scene, partitions: i32) -> Self {
        let shared = Arc::new(Shared::default());
        let (reader, reading) = (scene.reader(), Arc::clone(&shared));
        let threads = vec![
            thread::spawn(move || {
                while !reading.stop.load(Ordering::Relaxed) {
                    if let Some(record) = reader.poll() {
                        let output = output(&record);
                        reading.book().take_in(output);
                    }
                }
                if !reading.abandoned.load(Ordering::Relaxed) {
                    rest(&reader, &reading);
                }
            }),
            watch_positions(scene, partitions, Arc::clone(&shared)),
        ];
        Self { shared, threads }
    }

    /// How many different events of a partition have come out.
    pub(crate) fn come_of(&self, partition: i32) -> usize {
        self.shared.book().come_of.get(&partition).copied().unwrap_or(0)
    }

    /// How many different events have come out.
    pub(crate) fn come(&self) -> usize {
        self.shared.book().come.len()
    }

    /// Waits until so many more have come out.
    pub(crate) fn wait_for_more(&self, more: usize, longest: Duration) {
        let before = self.come();
        wait_for(
            longest,
            || format!("{} of {more} outputs came", self.come() - before),
            || (self.come() >= before + more).then_some(()),
        );
    }

    /// Waits until so many more have come out of each of these partitions.
    pub(crate) fn wait_for_more_of(&self, partitions: &[i32], more: usize, longest: Duration) {
        let before: Vec<_> = partitions.iter().map(|partition| self.come_of(*partition)).collect();
        let come = || partitions.iter().zip(&before).map(|(partition, before)| self.come_of(*partition) - before);
        let missing =
            || format!("partitions {partitions:?} went on by {:?} outputs of {more}", come().collect::<Vec<_>>());
        wait_for(longest, missing, || come().all(|come| come >= more).then_some(()));
    }

    /// Waits until an event has come out.
    pub(crate) fn wait_for_output_of(&self, source: Source, longest: Duration) {
        let missing = || format!("no output of {}/{}", source.0, source.1);
        wait_for(longest, missing, || self.shared.book().come.contains(&source).then_some(()));
    }

    /// Waits until all of these have come out that must; one that is committed past fails at once.
    pub(crate) fn wait_for_all(&self, inputs: &[Vec<Input>], longest: Duration) {
        let missing = || self.shared.book().missing(inputs);
        let words = || format!("{} outputs came, and none of these: {:?}", self.come(), missing());
        wait_for(longest, words, || {
            let missing = missing();
            let lost = self.shared.book().lost(&missing);
            assert!(lost.is_empty(), "committed past without an output: {lost:?}; in all {} came", self.come());
            if missing.is_empty() {
                Some(())
            } else {
                thread::sleep(PACE);
                None
            }
        });
    }

    /// Looks at no position while this is done, which makes brokers say what isn't so.
    pub(crate) fn looks_away(&self, meanwhile: impl FnOnce()) {
        self.shared.turns.fetch_add(1, Ordering::SeqCst);
        meanwhile();
        self.shared.turns.fetch_add(1, Ordering::SeqCst);
    }

    /// Stops when all that is there has been read: after the last writer has ended.
    pub(crate) fn end(mut self) -> Seen {
        self.shared.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().expect("the witness's threads");
        }
        std::mem::take(&mut self.shared.book().seen)
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.shared.abandoned.store(true, Ordering::Relaxed);
        self.shared.stop.store(true, Ordering::Relaxed);
    }
}

fn rest(reader: &Reader, shared: &Shared) {
    for record in reader.read_to_end() {
        let output = output(&record);
        shared.book().take_in(output);
    }
}

fn output(record: &OwnedMessage) -> Output {
    let source = header(record, "makinage-source").expect("where it comes from");
    let mut parts = source.rsplitn(3, '/');
    let offset = parts.next().and_then(|offset| offset.parse().ok()).expect("an offset");
    let partition = parts.next().and_then(|partition| partition.parse().ok()).expect("a partition");
    let said = numbers(&value(record)).expect("an output of the load");
    Output {
        partition: record.partition(),
        offset: record.offset(),
        source: (partition, offset),
        said: (i32::try_from(said[0]).expect("a partition"), said[1]),
        model: header(record, "makinage-model").unwrap_or_default(),
        arrived: Instant::now(),
    }
}

fn watch_positions(scene: &Scene, partitions: i32, shared: Arc<Shared>) -> JoinHandle<()> {
    let mut client = scene.broker().client();
    // A transaction's outputs and positions are decided at once, and seen partition by partition: what counts is that
    // the outputs are there.
    client.set("group.id", scene.name()).set("isolation.level", "read_uncommitted");
    let consumer: BaseConsumer = client.create().expect("a consumer");
    let (data, predict) = (scene.topic("data"), scene.topic("predict"));
    thread::spawn(move || {
        while !shared.stop.load(Ordering::Relaxed) {
            let turns = shared.turns.load(Ordering::SeqCst);
            let claim = look(&consumer, (&data, &predict), partitions);
            // What was asked before is answered by a broker that was frozen, too.
            let was_looking = turns.is_multiple_of(2) && shared.turns.load(Ordering::SeqCst) == turns;
            shared.book().seen.claims.extend(claim.filter(|_| was_looking));
            thread::sleep(PACE);
        }
    })
}

/// Positions first: what they claim must be readable when it is asked for after them.
fn look(consumer: &BaseConsumer, (data, predict): (&str, &str), partitions: i32) -> Option<Claim> {
    let mut asked = TopicPartitionList::new();
    for partition in 0..partitions {
        asked.add_partition(data, partition);
    }
    let answer = consumer.committed_offsets(asked, ANSWER).ok()?;
    let position = |place: i32| match answer.find_partition(data, place)?.offset() {
        Offset::Offset(offset) => Some(offset),
        _ => None,
    };
    let committed = (0..partitions).map(position).collect();
    let end = |partition| consumer.fetch_watermarks(predict, partition, ANSWER).ok().map(|(_, end)| end);
    let ends = (0..partitions).map(end).collect::<Option<Vec<_>>>()?;
    Some(Claim { committed, ends })
}
