//! Topics' ids and commits' notes, through librdkafka's mock cluster. Run under valgrind by `cargo xtask valgrind`.

use std::time::Duration;

use kafka_headers::{
    commits::notes,
    topics::{Described, Question},
};
use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::RDKafkaErrorCode,
    mocking::MockCluster,
};

/// Valgrind makes everything tens of times slower.
const DEADLINE: Duration = Duration::from_mins(2);

fn consumer(servers: &str) -> BaseConsumer {
    ClientConfig::new().set("bootstrap.servers", servers).set("group.id", "reader").create().expect("a consumer")
}

fn described(consumer: &BaseConsumer, topics: &[&str]) -> Vec<Described> {
    let question = Question::ask(consumer.client(), 1, topics, DEADLINE);
    question.answer(consumer.client(), DEADLINE).expect("an answer in time").expect("the topics")
}

#[test]
fn each_topic_has_an_id_of_its_own_and_one_that_is_not_there_an_error() {
    let cluster = MockCluster::new(1).expect("a cluster");
    cluster.create_topic("one", 1, 1).expect("a topic");
    cluster.create_topic("two", 1, 1).expect("a topic");
    let consumer = consumer(&cluster.bootstrap_servers());
    let topics = described(&consumer, &["one", "two", "none"]);
    let id = |name: &str| topics.iter().find(|topic| topic.name == name).expect("it was asked for").id.clone();
    let (one, two) = (id("one").expect("one"), id("two").expect("two"));
    assert!(one.as_ref().is_some_and(|id| id.len() == 22), "{one:?}");
    assert_ne!(one, two);
    assert_eq!(id("none"), Err(RDKafkaErrorCode::UnknownTopicOrPartition));
    assert_eq!(described(&consumer, &["one"]), [Described { name: "one".into(), id: Ok(one) }]);
}

#[test]
fn where_no_broker_answers_an_error_does() {
    let consumer = consumer("127.0.0.1:1");
    let question = Question::ask(consumer.client(), 1, &["one"], Duration::from_millis(100));
    assert_eq!(question.answer(consumer.client(), Duration::ZERO), None);
    let answer = question.answer(consumer.client(), DEADLINE).expect("an answer in time");
    assert!(answer.is_err(), "{answer:?}");
}

#[test]
fn a_question_may_outlive_its_client() {
    let consumer = consumer("127.0.0.1:1");
    let question = Question::ask(consumer.client(), 1, &["one"], DEADLINE);
    drop(consumer);
    drop(question);
}

#[test]
fn what_is_written_beside_an_offset_comes_back_as_bytes() {
    assert!(notes(&TopicPartitionList::new()).is_empty());
    let mut list = TopicPartitionList::new();
    list.add_partition_offset("one", 0, Offset::Offset(3)).expect("a partition");
    list.add_partition("one", 1).set_metadata("caf\u{e9}");
    assert_eq!(notes(&list), [&b""[..], "caf\u{e9}".as_bytes()]);
}
