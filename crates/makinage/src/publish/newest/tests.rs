//! Publisher and list see the same newest model, whoever produced it. The service goes by the same history and parser.

use rdkafka::{
    ClientConfig,
    message::OwnedHeaders,
    mocking::MockCluster,
    producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer},
};

use super::*;
use crate::{
    archive::sha256,
    config::Kafka,
    kafka::client::Cluster,
    record::{headers::*, manifest::Uploaded},
    topic::list::{Catalogue, Form},
};

const ZIP: &[u8] = b"PK\x03\x04 a zip";
const OTHER: &[u8] = b"PK\x03\x04 another zip";

/// A model topic of three partitions.
struct Topic {
    kafka: MockCluster<'static, DefaultProducerContext>,
    producer: BaseProducer,
    cluster: Cluster,
}

/// What is produced: to partition 0, at time 1000, keyed as the publisher does, unless it says otherwise.
#[derive(Clone, Copy)]
struct Sent<'s> {
    partition: i32,
    time: i64,
    key: Option<&'s str>,
    headers: &'s [(&'s str, &'s [u8])],
    value: &'s [u8],
}

const SENT: Sent<'static> = Sent { partition: 0, time: 1000, key: Some(RECORD_KEY), headers: &[], value: ZIP };

impl Topic {
    fn new() -> Self {
        let kafka = MockCluster::new(1).unwrap();
        kafka.create_topic("model", 3, 1).unwrap();
        let endpoints = vec![kafka.bootstrap_servers()];
        let producer = ClientConfig::new().set("bootstrap.servers", &endpoints[0]).create().unwrap();
        // The mock cluster waits this out, other than brokers do.
        let properties = [("fetch.wait.max.ms".to_owned(), "10".to_owned())].into();
        let cluster = Cluster::new(&Kafka { endpoints, properties }, "my_model");
        Self { kafka, producer, cluster }
    }

    fn of(records: &[Sent<'_>]) -> Self {
        let topic = Self::new();
        for record in records {
            topic.send(*record);
        }
        topic
    }

    fn send(&self, Sent { partition, time, key, headers, value }: Sent<'_>) {
        let mut all = OwnedHeaders::new();
        for (name, value) in headers {
            kafka_headers::add(&mut all, name.as_bytes(), Some(value));
        }
        // A name that is no text, which any producer may send.
        kafka_headers::add(&mut all, b"\xff\xfe", None);
        let record: BaseRecord<'_, str, [u8]> =
            BaseRecord::to("model").partition(partition).timestamp(time).payload(value).headers(all);
        let record = BaseRecord { key, ..record };
        self.producer.send(record).map_err(|(error, _)| error).unwrap();
        self.producer.flush(Duration::from_secs(20)).unwrap();
    }

    fn find(&self, model: &ModelIdentity) -> Option<(i32, i64)> {
        self.find_within(Publisher::LOOK_TIME, &|| false, model)
    }

    fn find_within(&self, longest: Duration, stopping: &dyn Fn() -> bool, model: &ModelIdentity) -> Option<(i32, i64)> {
        let publisher = Publisher::new(&self.cluster, 1_000_000).unwrap();
        let found = publisher.find_newest("model", model, &ForSoLong::new(stopping, longest)).unwrap();
        found.map(|place| (place.partition, place.offset))
    }

    /// Asserts that publisher and list see this model in this place as the newest, and the publisher no other.
    #[track_caller]
    fn assert_newest(&self, model: &ModelIdentity, place: (i32, i64)) {
        assert_eq!(self.find(model), Some(place));
        assert_eq!(self.find(&ModelIdentity::unnamed("0".repeat(64))), None);
        let listed = Catalogue::open(&self.cluster, "model").unwrap().models().unwrap();
        let newest = listed.iter().find(|model| model.form != Form::Incomplete).expect("a model");
        assert_eq!((&newest.identity, (newest.place.partition, newest.place.offset)), (model, place));
    }
}

fn of(zip: &[u8]) -> ModelIdentity {
    ModelIdentity::unnamed(sha256(zip))
}

/// A manifest of one chunk.
fn manifest(zip: &[u8], offset: i64) -> String {
    let size = u64::try_from(zip.len()).unwrap();
    let uploaded =
        Uploaded { upload: "a1".into(), chunks: 1, chunk_bytes: size, partition: 0, offsets: (offset, offset) };
    Manifest::new(&of(zip), "sklearn", size, uploaded).to_json()
}

#[test]
fn a_zip_is_a_model_whatever_its_key_is() {
    for key in [None, Some("iris"), Some("")] {
        Topic::of(&[SENT, Sent { key, value: OTHER, ..SENT }]).assert_newest(&of(OTHER), (0, 1));
    }
}

#[test]
fn what_is_no_zip_is_no_model_whatever_its_key_is() {
    let unknown_kind: &[(&str, &[u8])] = &[(KIND_HEADER, b"else")];
    Topic::of(&[SENT, Sent { value: b"hello", ..SENT }, Sent { headers: unknown_kind, value: OTHER, ..SENT }])
        .assert_newest(&of(ZIP), (0, 0));
}

#[test]
fn a_model_is_named_by_its_bytes_whatever_its_headers_say_of_them() {
    let digest = "0".repeat(64);
    let headers: &[(&str, &[u8])] = &[(SHA256_HEADER, digest.as_bytes())];
    Topic::of(&[Sent { headers, ..SENT }]).assert_newest(&of(ZIP), (0, 0));
    let headers: &[(&str, &[u8])] = &[(NAME_HEADER, b"iris"), (VERSION_HEADER, b"2")];
    let named = ModelIdentity::named(sha256(ZIP), Some(b"iris"), Some(b"2"));
    Topic::of(&[Sent { headers, ..SENT }]).assert_newest(&named, (0, 0));
}

#[test]
fn between_partitions_the_later_time_is_newer_and_in_one_the_later_offset() {
    let later = Sent { partition: 1, time: 1001, value: OTHER, ..SENT };
    Topic::of(&[later, SENT]).assert_newest(&of(OTHER), (1, 0));
    Topic::of(&[Sent { time: 2000, ..SENT }, Sent { value: OTHER, ..SENT }]).assert_newest(&of(OTHER), (0, 1));
    let third = b"PK\x03\x04 a third zip";
    let circle = [Sent { time: 99, ..SENT }, Sent { time: 50, value: third, ..SENT }];
    Topic::of(&[circle[0], circle[1], Sent { partition: 1, time: 70, value: OTHER, ..SENT }])
        .assert_newest(&of(OTHER), (1, 0));
}

#[test]
fn of_equal_times_the_greater_offset_is_newer_and_then_the_greater_partition() {
    Topic::of(&[SENT, Sent { partition: 2, value: OTHER, ..SENT }]).assert_newest(&of(OTHER), (2, 0));
    let twice = [Sent { partition: 0, value: OTHER, ..SENT }, SENT];
    Topic::of(&[twice[0], twice[1], Sent { partition: 2, value: OTHER, ..SENT }]).assert_newest(&of(ZIP), (0, 1));
}

#[test]
fn a_manifest_or_reference_is_a_model_by_what_it_says_with_no_other_headers() {
    let chunk: &[(&str, &[u8])] = &[(KIND_HEADER, b"chunk"), (UPLOAD_HEADER, b"a1"), (CHUNK_HEADER, b"0/1")];
    let json = manifest(OTHER, 1);
    let headers: &[(&str, &[u8])] = &[(KIND_HEADER, b"manifest")];
    let chunks =
        [Sent { key: None, headers: chunk, value: OTHER, ..SENT }, Sent { headers, value: json.as_bytes(), ..SENT }];
    Topic::of(&[SENT, chunks[0], chunks[1]]).assert_newest(&of(OTHER), (0, 2));
    let json = format!(r#"{{"uri":"s3://bucket/m.zip","sha256":"{}"}}"#, sha256(OTHER));
    let headers: &[(&str, &[u8])] = &[(KIND_HEADER, b"reference")];
    Topic::of(&[SENT, Sent { key: None, headers, value: json.as_bytes(), ..SENT }]).assert_newest(&of(OTHER), (0, 1));
}

#[test]
fn a_model_whose_chunks_are_not_all_there_is_not_the_newest() {
    let json = manifest(OTHER, 1);
    let headers: &[(&str, &[u8])] = &[(KIND_HEADER, b"manifest")];
    let topic = Topic::of(&[SENT, Sent { headers, value: json.as_bytes(), ..SENT }]);
    assert_eq!(topic.find(&of(OTHER)), None, "so that it is published again");
    let listed = Catalogue::open(&topic.cluster, "model").unwrap().models().unwrap();
    assert_eq!(listed.iter().map(|model| model.form).collect::<Vec<_>>(), [Form::Incomplete, Form::Zip]);
}

#[test]
fn chunks_are_found_where_the_manifest_does_not_say_that_they_are() {
    let chunk: &[(&str, &[u8])] = &[(KIND_HEADER, b"chunk"), (UPLOAD_HEADER, b"a1"), (CHUNK_HEADER, b"0/1")];
    let json = manifest(OTHER, 1);
    let headers: &[(&str, &[u8])] = &[(KIND_HEADER, b"manifest")];
    let chunks =
        [Sent { headers: chunk, value: OTHER, ..SENT }, SENT, Sent { headers, value: json.as_bytes(), ..SENT }];
    Topic::of(&chunks).assert_newest(&of(OTHER), (0, 2));
}

#[test]
fn a_look_that_was_stopped_or_takes_too_long_finds_nothing() {
    let topic = Topic::of(&[SENT, Sent { value: b"hello", ..SENT }, Sent { value: b"hello", ..SENT }]);
    assert_eq!(topic.find(&of(ZIP)), Some((0, 0)));
    assert_eq!(topic.find_within(Duration::ZERO, &|| false, &of(ZIP)), None, "so that it is published again");
    assert_eq!(topic.find_within(Publisher::LOOK_TIME, &|| true, &of(ZIP)), None);
}

#[test]
fn what_no_service_can_read_is_passed_over() {
    let headers: &[(&str, &[u8])] = &[(KIND_HEADER, b"manifest")];
    let reference: &[(&str, &[u8])] = &[(KIND_HEADER, b"reference")];
    let elsewhere = manifest(OTHER, 1).replace(r#""partition":0"#, r#""partition":7"#);
    let topic = Topic::of(&[
        SENT,
        Sent { headers, value: b"{}", ..SENT },
        Sent { headers: reference, value: b"PK\x03\x04", ..SENT },
    ]);
    topic.assert_newest(&of(ZIP), (0, 0));
    topic.send(Sent { headers, value: elsewhere.as_bytes(), ..SENT });
    assert_eq!(topic.find(&of(OTHER)), None, "a partition that isn't there");
}

#[test]
fn a_topic_without_models_has_no_newest() {
    let topic = Topic::new();
    assert_eq!(topic.find(&of(ZIP)), None);
    topic.send(Sent { value: b"hello", ..SENT });
    assert_eq!(topic.find(&of(ZIP)), None);
    let patience = ForSoLong::new(&|| false, Publisher::LOOK_TIME);
    let nowhere = Publisher::new(&topic.cluster, 1_000_000).unwrap().find_newest("no_model", &of(ZIP), &patience);
    assert!(nowhere.is_ok_and(|found| found.is_none()));
    drop(topic.kafka);
}
