//! Through librdkafka's mock cluster.

use crossbeam_channel::unbounded;
use rdkafka::{
    ClientConfig,
    mocking::MockCluster,
    producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer},
};

use super::*;
use crate::{
    config::{DataStart, DataTopic, Encoder},
    source::{Wiring, acks::Acks},
    stop::Stop,
};

const PATIENCE: Duration = Duration::from_mins(1);

struct Joined {
    cluster: MockCluster<'static, DefaultProducerContext>,
    consumer: Supplied<KafkaConsumer>,
    assignment: Arc<Assignment<SystemClock>>,
}

impl Joined {
    /// Of the group `app`, which reads the topic `data` from its beginning.
    fn new() -> Self {
        let cluster = MockCluster::new(1).expect("a cluster");
        cluster.create_topic("data", 1, 1).expect("a topic");
        let topic = DataTopic { name: "data".into(), encoder: Encoder::Json, start_from: DataStart::Beginning };
        let wiring = Wiring {
            acks: Arc::new(Acks::default()),
            intake: unbounded().0,
            stop: Stop::default(),
            mandate: None,
            telemetry: Arc::default(),
            pause: Arc::default(),
        };
        let assignment = Arc::new(Assignment::new(&[topic], wiring, SystemClock));
        let mut settings = Settings::new(None, Arc::default());
        settings
            .set("bootstrap.servers", cluster.bootstrap_servers())
            .set("group.id", "app")
            .set("session.timeout.ms", "6000")
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("enable.auto.offset.store", "false")
            .set("statistics.interval.ms", "100");
        let connection = Arc::new(Connection::new(&[cluster.bootstrap_servers()], Duration::from_secs(1)));
        let consumer = create(&settings, Arc::clone(&assignment), connection).expect("a client");
        consumer.join().expect("it asks to");
        Self { cluster, consumer, assignment }
    }

    fn produce(&self, value: &str) {
        let servers = self.cluster.bootstrap_servers();
        let producer: BaseProducer =
            ClientConfig::new().set("bootstrap.servers", servers).create().expect("a producer");
        producer.send(BaseRecord::<str, str>::to("data").partition(0).payload(value)).expect("room");
        producer.flush(PATIENCE).expect("it is there");
    }

    fn read(&self) -> Vec<u8> {
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            let value = |record: Record<'_>| record.value.map(<[u8]>::to_vec);
            if let Some(Ok(Some(value))) = Consumer::poll(&self.consumer, Duration::from_millis(100), value) {
                return value;
            }
            assert!(std::time::Instant::now() < deadline, "no record in time");
        }
    }
}

#[test]
fn a_member_that_stands_still_is_replaced_by_one_that_reads_on_from_what_is_committed() {
    let mut member = Joined::new();
    member.produce("one");
    assert_eq!(member.read(), b"one");
    let first = member.consumer.client().native_ptr();
    member.consumer.mend();
    assert_eq!(member.consumer.client().native_ptr(), first, "as long as it does what it should");
    member.consumer.context().own.is_stuck.store(true, Ordering::Relaxed);
    member.consumer.mend();
    assert_ne!(member.consumer.client().native_ptr(), first);
    assert_eq!(member.assignment.offsets().partitions().count(), 0);
    // Nothing had finished.
    assert_eq!(member.read(), b"one");
    member.produce("two");
    assert_eq!(member.read(), b"two");
}

#[test]
fn what_is_committed_says_of_which_topic_it_is() {
    let member = Joined::new();
    member.produce("one");
    member.read();
    let id = member.assignment.topic_id(0);
    assert!(id.is_some());
    Positions::commit(&member.consumer, &[Position { source: 0, partition: 0, offset: 1 }]).expect("it is taken");
    let committed = Positions::committed(&member.consumer, 0).expect("an answer");
    assert_eq!(committed, [(0, Some(Committed { offset: 1, topic: id }))].into());
}

#[test]
fn a_member_leaves_and_one_whose_coordinator_does_not_answer_is_not_waited_for() {
    let member = Joined::new();
    member.produce("one");
    member.read();
    assert!(leave(member.consumer, PATIENCE));
    let member = Joined::new();
    member.produce("one");
    member.read();
    member.cluster.broker_round_trip_time(1, PATIENCE).expect("it is slow");
    assert!(!leave(member.consumer, Duration::from_millis(1)));
}
