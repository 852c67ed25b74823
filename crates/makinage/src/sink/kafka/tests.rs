//! Against librdkafka's mock cluster, which can be told to refuse.

mod random;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rdkafka::{
    mocking::MockCluster,
    producer::DefaultProducerContext,
    types::{RDKafkaApiKey, RDKafkaRespErr},
};

use super::KafkaSink;
use crate::{
    clock::SystemClock,
    config::{DataStart, DataTopic, Encoder, Kafka, SinkTopic},
    event::{Event, Fate, Place},
    kafka::client::Cluster,
    sink::{Sink, client::KafkaProducers, producer::Producer},
    source::{acks::Acks, offsets::Offsets},
};

const DEADLINE: Duration = Duration::from_mins(1);

/// So many brokers, with both topics.
fn cluster(brokers: i32, partitions: i32) -> MockCluster<'static, DefaultProducerContext> {
    let cluster = MockCluster::new(brokers).expect("a cluster");
    for topic in ["data", "predict"] {
        cluster.create_topic(topic, partitions, 1).expect("a topic");
    }
    cluster
}

/// A sink between two topics of a mock cluster, and the bookkeeping of its events.
struct Case {
    sink: KafkaSink<KafkaProducers>,
    acks: Arc<Acks>,
    offsets: Offsets,
    /// The next event's offset, by partition.
    next: Vec<i64>,
    /// How many were acknowledged, by partition.
    settled: Vec<i64>,
}

impl Case {
    fn new(cluster: &MockCluster<'_, DefaultProducerContext>, partitions: i32) -> Self {
        let kafka = Kafka { endpoints: vec![cluster.bootstrap_servers()], properties: [].into(), ..Kafka::default() };
        let acks = Arc::new(Acks::default());
        let data = DataTopic { name: "data".into(), encoder: Encoder::Json, start_from: DataStart::End };
        let predict = SinkTopic { name: "predict".into(), encoder: Encoder::Json };
        let sink = KafkaSink::open(&Cluster::new(&kafka, "test"), &predict, &[data], &acks, &|| false)
            .expect("a sink")
            .expect("one");
        let mut offsets = Offsets::default();
        (0..partitions).for_each(|partition| offsets.assign(0, partition));
        let none = vec![0; usize::try_from(partitions).expect("a number")];
        Self { sink, acks, offsets, next: none.clone(), settled: none }
    }

    fn write(&mut self, partition: i32, outputs: i64) {
        for _ in 0..outputs {
            let next = &mut self.next[usize::try_from(partition).expect("a partition")];
            let offset = std::mem::replace(next, *next + 1);
            let ticket = self.offsets.received(0, partition, offset, 1).expect("a ticket");
            let event = Event::new(ticket, Place { source: 0, partition, offset }, None, Some(b"1"));
            self.sink.write(&event, b"1", "model").expect("taken");
        }
    }

    /// Goes on until so many outputs of each partition are acknowledged.
    fn finish(&mut self, settled: &[i64]) {
        let deadline = Instant::now() + DEADLINE;
        while self.settled != settled {
            assert!(Instant::now() < deadline, "{:?} were acknowledged", self.settled);
            assert!(self.sink.tend().is_empty());
            let mut fates = Vec::new();
            self.acks.wait(&SystemClock, Duration::from_millis(100));
            self.acks.collect(&mut fates);
            for (ticket, fate) in fates {
                assert_eq!(fate, Fate::Finished);
                self.offsets.settle(ticket, fate);
                // Partitions were assigned in their order.
                self.settled[usize::try_from(ticket.assignment()).expect("small")] += 1;
            }
        }
    }
}

#[test]
fn a_producer_that_has_given_up_is_replaced_and_its_outputs_are_produced_by_the_new_one() {
    let cluster = cluster(1, 1);
    // Opening makes two clients to ask with and then the producer: this is fatal to each.
    let refused = RDKafkaRespErr::RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
    cluster.request_errors(RDKafkaApiKey::InitProducerId, &[refused, refused, refused]);
    let mut case = Case::new(&cluster, 1);
    let deadline = Instant::now() + DEADLINE;
    while case.sink.carriers.ordinary.producer.fatal_error().is_none() {
        assert!(Instant::now() < deadline, "the producer has not given up");
        std::thread::yield_now();
    }
    // It says so by itself, before anything is sent.
    while !case.sink.carriers.ordinary.producer.reports().has_given_up() {
        assert!(Instant::now() < deadline, "the producer has not said that it has given up");
        std::thread::yield_now();
    }
    case.write(0, 3);
    case.finish(&[3]);
}

/// Two brokers, of which the second leads one partition of the sink and is the only one that is taken down: the mock
/// cluster itself doesn't outlive a request for a partition without a leader.
fn two_brokers(theirs: i32) -> MockCluster<'static, DefaultProducerContext> {
    let cluster = cluster(2, 3);
    for partition in 0..3 {
        let leader = 1 + i32::from(partition == theirs);
        cluster.partition_leader("predict", partition, Some(leader)).expect("a leader");
    }
    cluster
}

#[test]
fn a_partition_whose_broker_was_never_there_keeps_no_other_waiting_and_has_its_outputs_when_it_is() {
    let cluster = two_brokers(1);
    let mut case = Case::new(&cluster, 3);
    cluster.broker_down(2).expect("it is down");
    for _ in 0..10 {
        (0..3).for_each(|partition| case.write(partition, 10));
    }
    case.finish(&[100, 0, 100]);
    cluster.broker_up(2).expect("it is up");
    case.finish(&[100, 100, 100]);
    assert!(case.sink.flush(DEADLINE));
}

#[test]
fn a_partition_whose_broker_goes_while_outputs_are_under_way_keeps_no_other_waiting_nor_does_a_refusal_then() {
    let cluster = two_brokers(0);
    let mut case = Case::new(&cluster, 3);
    (0..2).for_each(|partition| case.write(partition, 10));
    case.finish(&[10, 10, 0]);
    cluster.broker_down(2).expect("it is down");
    case.write(0, 1000);
    case.write(1, 1000);
    case.finish(&[10, 1010, 0]);
    // A batch of another's is refused meanwhile, which is the producer's end.
    cluster.request_errors(RDKafkaApiKey::Produce, &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_RECORD]);
    case.write(1, 100);
    case.finish(&[10, 1110, 0]);
    cluster.broker_up(2).expect("it is up");
    case.finish(&[1010, 1110, 0]);
}
