//! Against librdkafka's mock cluster, which has no admin API, and against sockets that aren't Kafka at all.

use std::{
    collections::BTreeMap,
    net::{TcpListener, TcpStream},
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    message::Headers,
    mocking::MockCluster,
    producer::DefaultProducerContext,
    types::RDKafkaRespErr,
};

use super::{PublishError, Published, Publisher, Way};
use crate::{
    archive::{
        ModelArchive, inspect,
        testing::{Disk, SMALL_MLMODEL, stored},
    },
    config::Kafka,
    kafka::client::Cluster,
    record::{
        headers::{FLAVOR_HEADER, RECORD_KEY, SHA256_HEADER},
        manifest::Manifest,
    },
};

fn model() -> (Disk, ModelArchive) {
    let disk = Disk::with_archive(&stored(&[("MLmodel", SMALL_MLMODEL.as_bytes()), ("model.pkl", &vec![5; 200_000])]));
    let archive = inspect(&disk.zip()).unwrap();
    (disk, archive)
}

fn publisher(endpoint: &str) -> Publisher {
    let kafka = Kafka { endpoints: vec![endpoint.to_owned()], properties: BTreeMap::new(), ..Kafka::default() };
    Publisher::new(&Cluster::new(&kafka, "my_model_publisher"), 1_000_000).unwrap()
}

fn deadline() -> Instant {
    Instant::now() + Publisher::CHECK_TIME
}

/// Where nobody answers, more patience shows nothing more.
fn soon() -> Instant {
    Instant::now() + Duration::from_secs(3)
}

fn cluster() -> MockCluster<'static, DefaultProducerContext> {
    MockCluster::new(1).unwrap()
}

#[test]
fn a_model_arrives_byte_for_byte() {
    let (disk, archive) = model();
    let kafka = cluster();
    kafka.create_topic("model", 1, 1).unwrap();
    let client = publisher(&kafka.bootstrap_servers());
    client.check("model", &archive, deadline()).unwrap();
    let place = client.send("model", &archive, Way::Record, |_| {}).unwrap();
    assert_eq!(place, Published { partition: 0, offset: 0 });

    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", kafka.bootstrap_servers())
        .set("group.id", "reader")
        .create()
        .unwrap();
    let mut partitions = TopicPartitionList::new();
    partitions.add_partition_offset("model", 0, Offset::Beginning).unwrap();
    consumer.assign(&partitions).unwrap();
    let record = consumer.poll(Duration::from_secs(20)).unwrap().unwrap();
    assert_eq!(record.payload().unwrap(), std::fs::read(disk.zip()).unwrap());
    assert_eq!(record.key().unwrap(), RECORD_KEY.as_bytes());
    let headers: Vec<(&str, &[u8])> =
        record.headers().unwrap().iter().map(|header| (header.key, header.value.unwrap())).collect();
    assert_eq!(headers, [(SHA256_HEADER, archive.sha256.as_bytes()), (FLAVOR_HEADER, b"sklearn".as_slice())]);
}

#[test]
fn every_model_goes_to_the_same_partition() {
    let (_disk, archive) = model();
    let kafka = cluster();
    kafka.create_topic("model", 8, 1).unwrap();
    let client = publisher(&kafka.bootstrap_servers());
    let first = client.send("model", &archive, Way::Record, |_| {}).unwrap();
    let second = client.send("model", &archive, Way::Record, |_| {}).unwrap();
    assert_eq!((first.partition, first.offset + 1), (second.partition, second.offset));
}

#[test]
fn chunks_and_their_manifest_go_where_the_topic_s_models_go() {
    let (disk, archive) = model();
    let kafka = cluster();
    kafka.create_topic("model", 8, 1).unwrap();
    let client = publisher(&kafka.bootstrap_servers());
    let whole = client.send("model", &archive, Way::Record, |_| {}).unwrap();
    let mut told = 0;
    let chunked = client.send("model", &archive, Way::Chunks { bytes: 60_000 }, |bytes| told = bytes).unwrap();
    // Four chunks come before the manifest.
    assert_eq!((whole.partition, whole.offset + 5), (chunked.partition, chunked.offset));
    assert_eq!(told, archive.bytes);

    let records = read(&kafka, whole.partition, 1, 5);
    let zip: Vec<u8> = records[..4].iter().flat_map(|record| record.payload().unwrap().to_vec()).collect();
    assert_eq!(zip, std::fs::read(disk.zip()).unwrap());
    let manifest = Manifest::parse(records[4].payload().unwrap()).unwrap();
    assert_eq!((manifest.first_offset, manifest.last_offset), (1, 4));
    assert_eq!((manifest.sha256.as_str(), manifest.size), (archive.sha256.as_str(), archive.bytes));
    let keys: std::collections::BTreeSet<&[u8]> = records.iter().map(|record| record.key().unwrap()).collect();
    assert_eq!(keys.len(), 5, "log compaction keeps them all");
    assert_eq!(records[4].key(), Some(RECORD_KEY.as_bytes()));
}

#[test]
fn chunks_whose_file_changed_get_no_manifest() {
    let (disk, archive) = model();
    let kafka = cluster();
    kafka.create_topic("model", 1, 1).unwrap();
    let mut bytes = std::fs::read(disk.zip()).unwrap();
    bytes[100_000] ^= 1;
    std::fs::write(disk.zip(), bytes).unwrap();
    let client = publisher(&kafka.bootstrap_servers());
    let error = client.send("model", &archive, Way::Chunks { bytes: 60_000 }, |_| {}).unwrap_err();
    assert!(matches!(error, PublishError::Changed { .. }), "{error}");
    assert_eq!(read(&kafka, 0, 0, 4).len(), 4, "and no fifth record");
}

/// So many records of a partition, from an offset on.
fn read(
    kafka: &MockCluster<'_, DefaultProducerContext>,
    partition: i32,
    from: i64,
    count: usize,
) -> Vec<rdkafka::message::OwnedMessage> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", kafka.bootstrap_servers())
        .set("group.id", "reader")
        .create()
        .unwrap();
    let (_, high) = consumer.fetch_watermarks("model", partition, Duration::from_secs(20)).unwrap();
    assert_eq!(high, from + i64::try_from(count).unwrap());
    let mut partitions = TopicPartitionList::new();
    partitions.add_partition_offset("model", partition, Offset::Offset(from)).unwrap();
    consumer.assign(&partitions).unwrap();
    (0..count).map(|_| consumer.poll(Duration::from_secs(20)).unwrap().unwrap().detach()).collect()
}

#[test]
fn a_broker_that_has_no_admin_api_is_noted() {
    let (_disk, archive) = model();
    let kafka = cluster();
    kafka.create_topic("model", 1, 1).unwrap();
    let started = Instant::now();
    let (_, checked) = publisher(&kafka.bootstrap_servers()).check("model", &archive, deadline()).unwrap();
    assert_eq!(checked.notes.len(), 1, "{checked:?}");
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
}

#[test]
fn a_topic_that_is_not_there_is_named_with_the_command() {
    let (_disk, archive) = model();
    let kafka = cluster();
    kafka.topic_error("model", RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART).unwrap();
    let endpoint = kafka.bootstrap_servers();
    let error = publisher(&endpoint).check("model", &archive, deadline()).unwrap_err();
    let command = format!("kafka-topics.sh --bootstrap-server {endpoint} --create --topic model");
    assert!(matches!(error, PublishError::NoTopic { .. }) && error.to_string().contains(&command), "{error}");
}

#[test]
fn a_topic_without_rights_is_named_at_once() {
    let (_disk, archive) = model();
    let kafka = cluster();
    kafka.topic_error("model", RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED).unwrap();
    let error = publisher(&kafka.bootstrap_servers()).check("model", &archive, deadline()).unwrap_err();
    assert!(matches!(&error, PublishError::Explained(line) if line.0.ends_with("--topic model")), "{error}");
}

#[test]
fn a_broker_that_is_not_there_is_named() {
    let (_disk, archive) = model();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let started = Instant::now();
    let error = publisher(&free.to_string()).check("model", &archive, soon()).unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    let text = error.to_string();
    assert!(text.contains(&free.to_string()) && text.contains("Connection refused"), "{text}");
}

#[test]
fn a_broker_that_never_answers_is_named() {
    let (_disk, archive) = model();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let held: std::thread::JoinHandle<Vec<TcpStream>> =
        std::thread::spawn(move || silent.incoming().take(1).filter_map(Result::ok).collect());
    let started = Instant::now();
    let error = publisher(&address.to_string()).check("model", &archive, soon()).unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert!(matches!(error, PublishError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    drop(held);
}

#[test]
fn a_size_that_the_broker_refuses_is_told() {
    let (_disk, archive) = model();
    let kafka = cluster();
    kafka.create_topic("model", 1, 1).unwrap();
    let produce = rdkafka::types::RDKafkaApiKey::Produce;
    kafka.request_errors(produce, &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE]);
    let error = publisher(&kafka.bootstrap_servers()).send("model", &archive, Way::Record, |_| {}).unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&archive.bytes.to_string()) && text.contains("\"model\""), "{text}");
}

#[test]
fn a_file_that_changed_since_it_was_checked_is_not_sent() {
    let (disk, archive) = model();
    std::fs::write(disk.zip(), "half of a new model").unwrap();
    let kafka = cluster();
    let error = publisher(&kafka.bootstrap_servers()).send("model", &archive, Way::Record, |_| {}).unwrap_err();
    assert!(matches!(error, PublishError::Changed { .. }), "{error}");
}
