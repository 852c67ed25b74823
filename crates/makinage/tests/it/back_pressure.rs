//! The source alone, with a pipeline that takes its time: what is read while the limit of open events is reached.

use std::{
    collections::BTreeMap,
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, unbounded};
use makinage::{
    config::{DataStart, DataTopic, Encoder, Kafka},
    event::{Fate, Ticket},
    kafka::client::Cluster,
    source::{
        Intake, Wiring,
        acks::Acks,
        kafka::{KafkaSource, MAX_OPEN},
    },
    stop::Stop,
};
use rdkafka::{
    consumer::{BaseConsumer, Consumer},
    producer::BaseRecord,
};

use super::{
    broker::{Broker, left_out},
    patience::wait_until,
    service::DEADLINE,
    stream::send,
};

/// More than `MAX_OPEN`, of each partition.
const MANY: i64 = 34_768;

/// More than may be open in all, of each partition.
const ENDLESS: i64 = 100_000;
/// Less room than this is none.
const SMALL: usize = 256;

/// Reads one topic, as the group of its name.
struct Source {
    intake: Receiver<Intake>,
    acks: Arc<Acks>,
    stop: Stop,
    thread: JoinHandle<bool>,
    /// Those that have come and have not been settled, with their partitions.
    open: Vec<(i32, Ticket)>,
    /// The offsets that have come, by partition.
    seen: BTreeMap<i32, Vec<i64>>,
}

impl Source {
    fn start(endpoint: String, topic: &str) -> Self {
        let properties = [
            ("session.timeout.ms", "6000"),
            ("heartbeat.interval.ms", "300"),
            ("topic.metadata.refresh.interval.ms", "500"),
        ];
        let properties = properties.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let cluster = Cluster::new(&Kafka { endpoints: vec![endpoint], properties, ..Kafka::default() }, topic);
        let topic = DataTopic { name: topic.to_owned(), encoder: Encoder::Json, start_from: DataStart::Beginning };
        let (acks, stop) = (Arc::new(Acks::default()), Stop::default());
        let (sender, intake) = unbounded();
        let wiring = Wiring {
            acks: Arc::clone(&acks),
            intake: sender,
            stop: stop.clone(),
            mandate: None,
            telemetry: Arc::default(),
            pause: Arc::default(),
        };
        let source = KafkaSource::new(&cluster, &[topic], wiring).expect("a source");
        let (ready, begin) = unbounded();
        ready.send(()).expect("a receiver");
        let thread = thread::spawn(move || source.run(&begin, Duration::from_secs(5)));
        Self { intake, acks, stop, thread, open: vec![], seen: BTreeMap::new() }
    }

    /// Takes in what comes, until there is enough; what a revoke gives up is settled, as the pipeline does.
    fn take_until(&mut self, enough: impl Fn(&BTreeMap<i32, Vec<i64>>) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !enough(&self.seen) {
            self.take(deadline);
        }
    }

    fn take_until_revoked(&mut self) {
        let deadline = Instant::now() + DEADLINE;
        while !self.take(deadline) {}
    }

    /// Takes in one message; whether it was a revoke.
    fn take(&mut self, deadline: Instant) -> bool {
        let come: Vec<_> = self.seen.iter().map(|(partition, offsets)| (partition, offsets.len())).collect();
        match self.intake.recv_deadline(deadline) {
            Ok(Intake::Events(events)) => {
                for event in events {
                    self.open.push((event.partition, event.ticket));
                    self.seen.entry(event.partition).or_default().push(event.offset);
                }
                false
            }
            Ok(Intake::Revoked(assignments)) => {
                self.open.retain(|(_, ticket)| {
                    let kept = !assignments.contains(&ticket.assignment());
                    if !kept {
                        self.acks.settle(*ticket, Fate::Dropped);
                    }
                    kept
                });
                true
            }
            // It has given up all of that already.
            Ok(Intake::Over(_)) => false,
            other => panic!("{other:?}, when by partition so many had come: {come:?}"),
        }
    }

    fn finish_all(&mut self) {
        self.open.drain(..).for_each(|(_, ticket)| self.acks.settle(ticket, Fate::Finished));
    }

    /// Finishes all that is open and comes, but nothing of this partition, until there is enough.
    fn finish_others_until(&mut self, stuck: i32, enough: impl Fn(&BTreeMap<i32, Vec<i64>>) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !enough(&self.seen) {
            self.take(deadline);
            let others = self.open.extract_if(.., |(partition, _)| *partition != stuck);
            others.for_each(|(_, ticket)| self.acks.settle(ticket, Fate::Finished));
        }
    }

    /// Finishes all that is open and comes, until there is enough.
    fn finish_until(&mut self, enough: impl Fn(&BTreeMap<i32, Vec<i64>>) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        self.finish_all();
        while !enough(&self.seen) {
            self.take(deadline);
            self.finish_all();
        }
    }

    fn end(self) {
        self.stop.request();
        wait_until(Duration::from_secs(30), "the source goes on", || self.thread.is_finished());
    }
}

fn fill(broker: &Broker, topic: &str, partition: i32, events: i64) {
    let record = || BaseRecord::<str, str>::to(topic).partition(partition).payload("1");
    send(broker, (0..events).map(|_| record()));
}

/// How many events have come.
fn total(seen: &BTreeMap<i32, Vec<i64>>) -> usize {
    seen.values().map(Vec::len).sum()
}

fn has(seen: &BTreeMap<i32, Vec<i64>>, partition: i32, offset: i64) -> bool {
    seen.get(&partition).is_some_and(|offsets| offsets.contains(&offset))
}

#[test]
fn partitions_that_are_assigned_while_the_others_are_paused_lose_no_event() {
    if left_out() {
        return;
    }
    let (broker, topic) = (Broker::shared(), "assigned-while-paused");
    broker.create_topics(&[(topic, 1)]);
    fill(&broker, topic, 0, MANY);
    let mut source = Source::start(broker.endpoint(), topic);
    source.take_until(|seen| total(seen) >= MAX_OPEN - SMALL);

    // The source polls for this only once it has paused what it reads.
    broker.grow(topic, 3);
    fill(&broker, topic, 1, 1000);
    fill(&broker, topic, 2, 1000);
    source.take_until(|seen| seen.contains_key(&1) || seen.contains_key(&2));

    source.finish_until(|seen| has(seen, 0, MANY - 1) && has(seen, 1, 999) && has(seen, 2, 999));
    for (partition, count) in [(0, MANY), (1, 1000), (2, 1000)] {
        assert!(source.seen[&partition].iter().copied().eq(0..count), "partition {partition}: {:?}", source.seen);
    }
    source.end();
}

#[test]
fn a_partition_of_which_nothing_is_finished_leaves_the_others_alone_and_is_read_on_when_it_moves() {
    if left_out() {
        return;
    }
    let (broker, topic) = (Broker::shared(), "stuck-partition");
    broker.create_topics(&[(topic, 3)]);
    for partition in 0..3 {
        fill(&broker, topic, partition, ENDLESS);
    }
    let mut source = Source::start(broker.endpoint(), topic);
    source.finish_others_until(0, |seen| has(seen, 1, ENDLESS - 1) && has(seen, 2, ENDLESS - 1));
    let read = source.seen[&0].len();
    assert!(read <= MAX_OPEN, "{read} events of the one that stands still are open");
    source.finish_until(|seen| has(seen, 0, ENDLESS - 1));
    for partition in 0..3 {
        assert!(source.seen[&partition].iter().copied().eq(0..ENDLESS), "partition {partition}");
    }
    source.end();
}

#[test]
fn a_partition_that_was_paused_when_it_was_taken_away_is_read_when_it_comes_back() {
    if left_out() {
        return;
    }
    let (broker, topic) = (Broker::shared(), "taken-away-while-paused");
    broker.create_topics(&[(topic, 2)]);
    fill(&broker, topic, 0, MANY);
    fill(&broker, topic, 1, MANY);
    let mut source = Source::start(broker.endpoint(), topic);
    source.take_until(|seen| total(seen) >= MAX_OPEN - SMALL);

    let other: BaseConsumer = broker
        .client()
        .set("group.id", topic)
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("enable.auto.commit", "false")
        .create()
        .expect("a consumer");
    other.subscribe(&[topic]).expect("subscribed");
    let polls = thread::spawn(move || {
        let deadline = Instant::now() + DEADLINE;
        while other.assignment().expect("its assignment").count() == 0 {
            assert!(Instant::now() < deadline, "the other is given nothing");
            other.poll(Duration::from_millis(100));
        }
    });
    source.take_until_revoked();
    polls.join().expect("the other has had a partition, and left");
    source.finish_until(|seen| has(seen, 0, MANY - 1) && has(seen, 1, MANY - 1));
    source.end();
}
