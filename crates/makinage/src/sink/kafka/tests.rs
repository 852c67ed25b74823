//! Against librdkafka's mock cluster, which can be told to refuse.

mod random;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rdkafka::{
    mocking::MockCluster,
    types::{RDKafkaApiKey, RDKafkaRespErr},
};

use super::KafkaSink;
use crate::{
    clock::SystemClock,
    config::{DataStart, DataTopic, Encoder, Kafka, SinkTopic},
    event::{Event, Fate, Place},
    kafka::client::Cluster,
    sink::{Sink, producer::Producer},
    source::{acks::Acks, offsets::Offsets},
};

#[test]
fn a_producer_that_has_given_up_is_replaced_and_its_outputs_are_produced_by_the_new_one() {
    let cluster = MockCluster::new(1).expect("a cluster");
    for topic in ["data", "predict"] {
        cluster.create_topic(topic, 1, 1).expect("a topic");
    }
    let kafka = Kafka { endpoints: vec![cluster.bootstrap_servers()], properties: [].into() };
    // Opening makes two clients to ask with and then the producer: this is fatal to each.
    let refused = RDKafkaRespErr::RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
    cluster.request_errors(RDKafkaApiKey::InitProducerId, &[refused, refused, refused]);
    let acks = Arc::new(Acks::default());
    let data = DataTopic { name: "data".into(), encoder: Encoder::Json, start_from: DataStart::End };
    let predict = SinkTopic { name: "predict".into(), encoder: Encoder::Json };
    let mut sink = KafkaSink::open(&Cluster::new(&kafka, "test"), &predict, &[data], Arc::clone(&acks), &|| false)
        .expect("a sink")
        .expect("one");

    let mut offsets = Offsets::default();
    offsets.assign(0, 0);
    let deadline = Instant::now() + Duration::from_mins(1);
    while sink.lines.ordinary.producer.fatal_error().is_none() {
        assert!(Instant::now() < deadline, "the producer has not given up");
        std::thread::yield_now();
    }
    for offset in 0..3 {
        let ticket = offsets.received(0, 0, offset, 1).expect("a ticket");
        let event = Event::new(ticket, Place { source: 0, partition: 0, offset }, None, Some(b"1"));
        sink.write(&event, b"1", "model").expect("taken");
    }
    while offsets.unsettled() > 0 {
        assert!(Instant::now() < deadline, "the outputs were not acknowledged");
        assert!(sink.tend().is_empty());
        let mut settled = Vec::new();
        acks.wait(&SystemClock, Duration::from_millis(100));
        acks.collect(&mut settled);
        for (ticket, fate) in settled {
            assert_eq!(fate, Fate::Finished);
            offsets.settle(ticket, fate);
        }
    }
}
