use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig,
    consumer::Consumer,
    mocking::MockCluster,
    producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer},
};

use super::{KEPT, TopicClient};
use crate::{config::Kafka, kafka::client::Cluster, topic::stretches::Stretches};

/// A topic of two partitions with two records each, and a client of it.
struct Topic {
    client: TopicClient,
    _kafka: MockCluster<'static, DefaultProducerContext>,
}

impl Topic {
    fn new() -> Self {
        let kafka = MockCluster::new(1).expect("a cluster");
        kafka.create_topic("model", 2, 1).expect("a topic");
        let endpoints = vec![kafka.bootstrap_servers()];
        let producer: BaseProducer =
            ClientConfig::new().set("bootstrap.servers", &endpoints[0]).create().expect("a producer");
        for record in 0..4 {
            let sent = BaseRecord::<(), [u8]>::to("model").partition(record % 2).payload(b"a record");
            producer.send(sent).map_err(|(error, _)| error).expect("sent");
        }
        producer.flush(Duration::from_mins(1)).expect("the cluster takes them");
        let properties = [("fetch.wait.max.ms".to_owned(), "10".to_owned())].into();
        let cluster = Cluster::new(&Kafka { endpoints, properties, ..Kafka::default() }, "test");
        Self { client: TopicClient::new(&cluster, "model"), _kafka: kafka }
    }

    /// The offsets of a partition's records, as a stretch shows them.
    fn read(&self, partition: i32) -> Vec<i64> {
        let mut offsets = Vec::new();
        let read = self.client.read(partition, 0..2, &|| false, &mut |place, _| {
            assert_eq!(place.partition, partition);
            offsets.push(place.offset);
            ControlFlow::Continue(())
        });
        read.expect("a stretch");
        offsets
    }

    /// Which client waits for another stretch.
    fn idle(&self) -> Option<usize> {
        self.client.idle.lock().as_ref().map(|idle| idle.consumer.client().native_ptr().addr())
    }
}

#[test]
fn stretches_that_follow_each_other_are_read_over_one_connection() {
    let topic = Topic::new();
    assert_eq!(topic.read(0), [0, 1]);
    let first = topic.idle();
    assert!(first.is_some());
    for partition in [1, 0, 1, 1] {
        assert_eq!(topic.read(partition), [0, 1]);
        assert_eq!(topic.idle(), first);
    }
}

#[test]
fn a_connection_that_nothing_is_read_over_any_more_is_closed() {
    let topic = Topic::new();
    topic.read(0);
    topic.client.let_go(Instant::now());
    assert!(topic.idle().is_some());
    topic.client.let_go(Instant::now() + KEPT);
    assert!(topic.idle().is_none());
}

#[test]
fn a_connection_over_which_reading_was_given_up_is_used_no_more() {
    let topic = Topic::new();
    topic.read(0);
    let nothing = topic.client.read(0, 0..2, &|| true, &mut |_, _| ControlFlow::Continue(()));
    assert!(nothing.is_err(), "{nothing:?}");
    assert!(topic.idle().is_none());
}
