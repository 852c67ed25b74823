use std::{
    ops::{ControlFlow, Range},
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig,
    consumer::Consumer,
    error::KafkaResult,
    mocking::MockCluster,
    producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer},
};

use super::KEPT;
use crate::{
    config::Kafka,
    kafka::client::Cluster,
    topic::{client::TopicClient, stretches::Stretches},
};

/// A topic with two records in each of its partitions, and a client of it.
struct Topic {
    client: TopicClient,
    _kafka: MockCluster<'static, DefaultProducerContext>,
}

impl Topic {
    fn of(partitions: i32) -> Self {
        let kafka = MockCluster::new(1).expect("a cluster");
        kafka.create_topic("model", partitions, 1).expect("a topic");
        let endpoints = vec![kafka.bootstrap_servers()];
        let producer: BaseProducer =
            ClientConfig::new().set("bootstrap.servers", &endpoints[0]).create().expect("a producer");
        for record in 0..2 * partitions {
            let sent = BaseRecord::<(), [u8]>::to("model").partition(record % partitions).payload(b"a record");
            producer.send(sent).map_err(|(error, _)| error).expect("sent");
        }
        producer.flush(Duration::from_mins(1)).expect("the cluster takes them");
        let cluster = Cluster::new(&Kafka { endpoints, ..Kafka::default() }, "test");
        Self { client: TopicClient::new(&cluster, "model"), _kafka: kafka }
    }

    /// The offsets of a partition's records, as a stretch shows them.
    fn read(&self, partition: i32, given_up: bool) -> KafkaResult<Vec<i64>> {
        const BOTH: Range<i64> = 0..2;
        let mut offsets = Vec::new();
        self.client.read(partition, BOTH, &|| given_up, &mut |place, _| {
            assert_eq!(place.partition, partition);
            offsets.push(place.offset);
            ControlFlow::Continue(())
        })?;
        Ok(offsets)
    }

    /// Which consumer is kept.
    fn kept(&self) -> Option<usize> {
        self.client.kept.spare.lock().as_ref().map(|(spare, _)| spare.consumer.client().native_ptr().addr())
    }
}

#[test]
fn stretches_that_follow_each_other_are_read_over_one_connection() {
    let topic = Topic::of(2);
    assert_eq!(topic.read(0, false), Ok(vec![0, 1]));
    let first = topic.kept();
    assert!(first.is_some());
    for partition in [1, 0, 1, 1] {
        assert_eq!(topic.read(partition, false), Ok(vec![0, 1]));
        assert_eq!(topic.kept(), first);
    }
}

#[test]
fn a_consumer_that_nobody_wants_for_long_is_closed_and_not_used_again() {
    let topic = Topic::of(1);
    topic.read(0, false).expect("a stretch");
    topic.client.kept.let_go(Instant::now());
    assert!(topic.kept().is_some());
    topic.client.kept.let_go(Instant::now() + KEPT);
    assert!(topic.kept().is_none());
    topic.read(0, false).expect("a stretch");
    assert!(topic.client.kept.take(Instant::now() + KEPT).is_none());
}

#[test]
fn one_whose_reading_was_given_up_is_not_kept() {
    let topic = Topic::of(1);
    topic.read(0, false).expect("a stretch");
    assert!(topic.read(0, true).is_err());
    assert!(topic.kept().is_none());
}

#[test]
fn what_a_kept_one_can_not_read_another_one_reads() {
    let (topic, smaller) = (Topic::of(2), Topic::of(1));
    smaller.read(0, false).expect("a stretch");
    // As if the topic had been made anew meanwhile, with more partitions.
    let outdated = smaller.client.kept.take(Instant::now()).expect("a consumer");
    topic.client.kept.put(outdated, Instant::now());
    assert_eq!(topic.read(1, false), Ok(vec![0, 1]));
}
