//! Publisher, list and service see the same newest model, whoever produced it.

use std::io::Write;

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
    record::{
        headers::*,
        manifest::{Manifest, Uploaded},
    },
    topic::{
        list::{Catalogue, Form, Listed},
        testing::served,
    },
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
        let cluster = Cluster::new(&Kafka { endpoints, properties, ..Kafka::default() }, "my_model");
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

    /// Asserts that publisher, list and service see this model in this place as the newest, and the publisher no
    /// other.
    #[track_caller]
    fn assert_newest(&self, model: &ModelIdentity, place: (i32, i64)) {
        assert_eq!(self.find(model), Some(place), "the publisher");
        assert_eq!(self.find(&ModelIdentity::unnamed("0".repeat(64))), None);
        self.assert_loaded(model, place);
    }

    /// Asserts that list and service see this model in this place as the newest.
    #[track_caller]
    fn assert_loaded(&self, model: &ModelIdentity, place: (i32, i64)) {
        let listed = self.list();
        let newest = listed.iter().find(|model| model.form.is_complete()).expect("a model on the list");
        assert_eq!((&newest.identity, (newest.place.partition, newest.place.offset)), (model, place), "the list");
        let (taken, from) = served(&self.cluster, "model").expect("a model for the service");
        assert_eq!((&taken, (from.partition, from.offset)), (model, place), "the service");
    }

    /// Asserts that so many large models, all of `OTHER`, after a small one at the beginning are complete for nobody.
    #[track_caller]
    fn assert_passed_over(&self, count: usize) {
        assert_eq!(self.find(&of(OTHER)), None, "so that it is published again");
        assert_eq!(self.find(&of(ZIP)), None, "other models' chunks aren't read, which may be gigabytes");
        assert_eq!(self.forms(), [vec![Form::Incomplete; count], vec![Form::Zip]].concat());
        self.assert_loaded(&of(ZIP), (0, 0));
    }

    fn list(&self) -> Vec<Listed> {
        Catalogue::open(&self.cluster, "model").unwrap().models().unwrap()
    }

    /// How the models are there, the newest first.
    fn forms(&self) -> Vec<Form> {
        self.list().iter().map(|model| model.form).collect()
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
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(OTHER).unwrap();
    let json = format!(r#"{{"uri":"{}","sha256":"{}"}}"#, file.path().display(), sha256(OTHER));
    let headers: &[(&str, &[u8])] = &[(KIND_HEADER, b"reference")];
    Topic::of(&[SENT, Sent { key: None, headers, value: json.as_bytes(), ..SENT }]).assert_newest(&of(OTHER), (0, 1));
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
    assert_eq!(topic.forms(), [Form::Unfit, Form::Zip]);
    topic.assert_newest(&of(ZIP), (0, 0));
}

/// A chunk of `OTHER`, of the manifest's upload unless it says otherwise.
#[derive(Clone, Copy)]
struct Piece {
    partition: i32,
    upload: Option<&'static str>,
    number: &'static str,
    value: &'static [u8],
}

const FIRST: Piece = Piece { partition: 0, upload: None, number: "0/2", value: OTHER.split_at(10).0 };
const SECOND: Piece = Piece { number: "1/2", value: OTHER.split_at(10).1, ..FIRST };

impl Topic {
    fn send_piece(&self, upload: &str, Piece { partition, upload: said, number, value }: Piece) {
        let (upload, number) = (said.unwrap_or(upload).as_bytes(), number.as_bytes());
        let headers: &[(&str, &[u8])] = &[(KIND_HEADER, b"chunk"), (UPLOAD_HEADER, upload), (CHUNK_HEADER, number)];
        self.send(Sent { partition, key: None, headers, value, ..SENT });
    }

    /// Sends these, and the manifest of two chunks, which says that they are just before it; returns where that is.
    fn send_pieces(&self, upload: &str, pieces: &[Piece]) -> i64 {
        for piece in pieces {
            self.send_piece(upload, *piece);
        }
        let (_, end) = self.producer.client().fetch_watermarks("model", 0, Duration::from_secs(20)).unwrap();
        let uploaded =
            Uploaded { upload: upload.into(), chunks: 2, chunk_bytes: 10, partition: 0, offsets: (end - 2, end - 1) };
        let json = Manifest::new(&of(OTHER), "sklearn", 16, uploaded).to_json();
        self.send(Sent { headers: &[(KIND_HEADER, b"manifest")], value: json.as_bytes(), ..SENT });
        end
    }
}

#[test]
fn a_large_model_is_the_newest_with_its_chunks_in_any_order_some_of_them_twice() {
    for pieces in [&[FIRST, SECOND][..], &[SECOND, SECOND, FIRST, FIRST]] {
        let topic = Topic::of(&[SENT]);
        let manifest = topic.send_pieces("a1", pieces);
        topic.assert_newest(&of(OTHER), (0, manifest));
    }
}

#[test]
fn a_large_model_whose_chunks_are_not_what_its_manifest_says_is_passed_over() {
    let missing = [FIRST, FIRST];
    let too_short = [FIRST, Piece { value: b"zip", ..SECOND }];
    let of_another_upload = [FIRST, Piece { upload: Some("theirs"), ..SECOND }];
    let in_another_partition = [FIRST, SECOND].map(|piece| Piece { partition: 1, ..piece });
    let topic = Topic::of(&[SENT, Sent { value: b"no model", ..SENT }]);
    let ways = [missing, too_short, of_another_upload, in_another_partition];
    for (number, pieces) in ways.iter().enumerate() {
        topic.send_pieces(&format!("a{number}"), pieces);
    }
    topic.send_pieces("late", &[FIRST]);
    topic.send_piece("late", SECOND);
    topic.assert_passed_over(ways.len() + 1);
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
