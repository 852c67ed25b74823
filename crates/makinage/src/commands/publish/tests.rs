use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use rdkafka::{
    ClientConfig,
    consumer::{BaseConsumer, Consumer},
    mocking::MockCluster,
    producer::DefaultProducerContext,
    types::RDKafkaRespErr,
};

use super::run;
use crate::{
    archive::testing::{Disk, SMALL_MLMODEL, stored},
    config::{Kafka, LogFormat, ModelSource, PublishConfig, PublishModel},
};

struct Scene {
    kafka: MockCluster<'static, DefaultProducerContext>,
    disk: Disk,
}

impl Scene {
    fn new() -> Self {
        let kafka = MockCluster::new(1).unwrap();
        kafka.create_topic("model", 1, 1).unwrap();
        let disk = Disk::with_archive(&stored(&[("MLmodel", SMALL_MLMODEL.as_bytes())]));
        Self { kafka, disk }
    }

    fn good(&self) -> (&'static str, PathBuf) {
        ("model", self.disk.zip())
    }

    /// What is published of these, and the error if there is one.
    fn publish(&self, models: &[(&str, PathBuf)]) -> (String, Option<String>) {
        let config = PublishConfig {
            file: PathBuf::from("config.publish.yaml"),
            application: "my_model_publisher".to_owned(),
            kafka: Kafka {
                endpoints: vec![self.kafka.bootstrap_servers()],
                properties: BTreeMap::new(),
                ..Kafka::default()
            },
            models: models
                .iter()
                .zip(7..)
                .map(|((topic, path), line)| PublishModel {
                    topic: (*topic).to_owned(),
                    source: ModelSource::Path(path.clone()),
                    name: None,
                    version: None,
                    line,
                })
                .collect(),
            references: Vec::new(),
            python: None,
            log_format: LogFormat::Auto,
        };
        let mut results = Vec::new();
        let error = run(&config, false, &mut results).err().map(|error| format!("{error:#}"));
        (String::from_utf8(results).unwrap(), error)
    }

    fn records(&self) -> i64 {
        let consumer: BaseConsumer =
            ClientConfig::new().set("bootstrap.servers", self.kafka.bootstrap_servers()).create().unwrap();
        consumer.fetch_watermarks("model", 0, Duration::from_secs(10)).unwrap().1
    }
}

#[test]
fn each_model_gets_a_line() {
    let scene = Scene::new();
    let (lines, error) = scene.publish(&[scene.good(), scene.good()]);
    assert_eq!(error, None);
    let lines: Vec<&str> = lines.lines().collect();
    let zip = scene.disk.zip();
    for (offset, line) in lines.iter().enumerate() {
        let start = format!("published {}: topic=model partition=0 offset={offset} bytes=", zip.display());
        assert!(line.starts_with(&start) && line.ends_with(" flavor=sklearn"), "{line}");
    }
    assert_eq!((lines.len(), scene.records()), (2, 2));
}

#[test]
fn one_model_that_is_not_there_keeps_all_back() {
    let scene = Scene::new();
    let (lines, error) = scene.publish(&[scene.good(), ("model", "/nowhere/model.zip".into())]);
    assert_eq!(error.unwrap().split(';').next(), Some("config.publish.yaml:8: /nowhere/model.zip: it doesn't exist"));
    assert_eq!((lines.as_str(), scene.records()), ("", 0));
}

#[test]
fn every_problem_is_told_at_once() {
    let scene = Scene::new();
    let (_, error) = scene.publish(&[("model", "/nowhere/a".into()), ("model", "/nowhere/b".into())]);
    let error = error.unwrap();
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines[0], "2 models can't be published, and none was sent:");
    assert!(lines[1].contains("/nowhere/a") && lines[2].contains("/nowhere/b"), "{lines:?}");
}

#[test]
fn one_topic_that_is_not_there_keeps_all_back() {
    let scene = Scene::new();
    let missing = RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    scene.kafka.topic_error("other", missing).unwrap();
    let (lines, error) = scene.publish(&[scene.good(), ("other", scene.disk.zip())]);
    assert!(error.unwrap().contains("the topic \"other\" isn't there"));
    assert_eq!((lines.as_str(), scene.records()), ("", 0));
}

#[test]
fn a_failure_midway_says_what_is_published() {
    let scene = Scene::new();
    let refused = RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    let none = RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR;
    scene.kafka.request_errors(rdkafka::types::RDKafkaApiKey::Produce, &[none, refused]);
    let (lines, error) = scene.publish(&[scene.good(), scene.good(), scene.good()]);
    let error = error.unwrap();
    assert!(error.contains("; published before it: ") && error.contains("; not tried after it: "), "{error}");
    assert_eq!((lines.lines().count(), scene.records()), (1, 1));
}
