//! A registry and a Kafka that do what the test says.

use std::{collections::BTreeMap, io, path::PathBuf};

use super::*;
use crate::{
    archive::{
        ModelError, inspect,
        testing::{Disk, SMALL_MLMODEL, stored},
    },
    config::{Kafka, LogFormat, ModelSource, Which},
    logged::Log,
};

type Answers = fn() -> Result<Outcome, PublishError>;

/// What happens at the two ends, and what was asked of them.
struct Told {
    disk: Disk,
    /// Where the alias is.
    version: u32,
    /// Where it is once it is downloaded.
    moves_to: Option<u32>,
    is_away: bool,
    no_downloads: bool,
    is_no_model: bool,
    kafka: Answers,
    calls: Vec<String>,
}

impl Told {
    fn found(&self) -> Found {
        Found { version: self.version.to_string(), stamp: format!("{}/made then", self.version) }
    }
}

fn away() -> MlflowError {
    MlflowError::Away { place: "http://registry".into(), message: "refused".into() }
}

impl Ends for Told {
    fn find(&mut self, _model: &RegisteredModel) -> Result<Found, MlflowError> {
        if self.is_away { Err(away()) } else { Ok(self.found()) }
    }

    fn prepare<'m>(&mut self, model: &'m PublishModel) -> Result<Prepared<'m>, Unprepared> {
        if self.no_downloads {
            return Err(away().into());
        }
        self.version = self.moves_to.take().unwrap_or(self.version);
        self.calls.push(format!("prepare {}", self.version));
        if self.is_no_model {
            return Err(ModelError::Missing.into());
        }
        let mut prepared = Prepared::given(model, inspect(&self.disk.zip())?);
        prepared.found = Some(self.found());
        Ok(prepared)
    }

    fn publish(&mut self, ready: &Prepared<'_>) -> Result<Outcome, PublishError> {
        let version = ready.found.as_ref().map_or("none", |found| found.version.as_str());
        self.calls.push(format!("publish {version}"));
        (self.kafka)()
    }
}

const TAKES: Answers = || Ok(Outcome::Published((0, 7)));
const HAS_IT: Answers = || Ok(Outcome::Unchanged((0, 7)));
const IS_AWAY: Answers =
    || Err(PublishError::Unreachable { endpoints: "kafka:9092".into(), seconds: 12, reason: None });
const HAS_CHANGED: Answers = || Err(PublishError::Changed { path: "/tmp/model.zip".into() });

fn config() -> PublishConfig {
    let registered = RegisteredModel {
        uri: "models:/churn@live".into(),
        name: "churn".into(),
        which: Which::Alias("live".into()),
        below: String::new(),
    };
    let model = PublishModel {
        topic: "model".into(),
        source: ModelSource::Registered(registered),
        name: None,
        version: None,
        line: 7,
    };
    PublishConfig {
        file: PathBuf::from("publish.yaml"),
        application: "publisher".into(),
        kafka: Kafka { endpoints: vec!["kafka:9092".into()], properties: BTreeMap::new(), ..Kafka::default() },
        models: vec![model],
        references: vec![],
        python: None,
        log_format: LogFormat::Auto,
    }
}

/// A model that is followed, and what was said of it.
struct Scene<'c> {
    followed: Followed<'c>,
    ends: Told,
    results: Vec<u8>,
    log: Log,
}

impl<'c> Scene<'c> {
    fn new(config: &'c PublishConfig) -> Self {
        let ModelSource::Registered(registered) = &config.models[0].source else { unreachable!("it is registered") };
        let ends = Told {
            disk: Disk::with_archive(&stored(&[("MLmodel", SMALL_MLMODEL.as_bytes())])),
            version: 1,
            moves_to: None,
            is_away: false,
            no_downloads: false,
            is_no_model: false,
            kafka: TAKES,
            calls: vec![],
        };
        let followed = Followed::new(config, &config.models[0], registered);
        Self { followed, ends, results: vec![], log: Log::default() }
    }

    fn step(&mut self) -> anyhow::Result<()> {
        self.log.keep(|| self.followed.step(&mut self.ends, &mut self.results))
    }

    /// What is asked of both ends in so many looks.
    fn looks(&mut self, looks: usize) -> Vec<String> {
        (0..looks).for_each(|_| self.step().expect("a wait mends it"));
        std::mem::take(&mut self.ends.calls)
    }

    fn results(&self) -> usize {
        String::from_utf8_lossy(&self.results).matches("published models:/churn@live: topic=model").count()
    }
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_model_is_published_once_and_again_when_its_alias_moves() {
    let config = config();
    let mut scene = Scene::new(&config);
    assert_eq!(scene.looks(3), ["prepare 1", "publish 1"]);
    scene.ends.version = 2;
    assert_eq!(scene.looks(3), ["prepare 2", "publish 2"]);
    scene.ends.version = 1;
    assert_eq!(scene.looks(2), ["prepare 1", "publish 1"], "an alias moves back, too");
    assert_eq!(scene.results(), 3);
    assert!(scene.log.lines().is_empty(), "a result needs no line beside it");
}

#[test]
fn a_model_that_is_the_topics_newest_is_no_result() {
    let config = config();
    let mut scene = Scene::new(&config);
    scene.ends.kafka = HAS_IT;
    assert_eq!(scene.looks(3), ["prepare 1", "publish 1"]);
    assert_eq!((scene.results(), scene.log.count("unchanged models:/churn@live")), (0, 1));
}

#[test]
fn what_was_downloaded_is_what_was_published_though_the_alias_moved_in_between() {
    let config = config();
    let mut scene = Scene::new(&config);
    scene.ends.moves_to = Some(2);
    assert_eq!(scene.looks(2), ["prepare 2", "publish 2"]);
    scene.ends.version = 1;
    assert_eq!(scene.looks(1), ["prepare 1", "publish 1"]);
}

#[test]
fn a_registry_that_is_away_is_told_once_and_so_is_its_return() {
    let config = config();
    let mut scene = Scene::new(&config);
    scene.looks(1);
    for times in 1..3 {
        scene.ends.is_away = true;
        assert_eq!(scene.looks(3), NOTHING);
        assert_eq!(scene.log.count("http://registry can't be asked"), times);
        scene.ends.is_away = false;
        assert_eq!(scene.looks(3), NOTHING);
        assert_eq!(scene.log.count("models:/churn@live: MLflow answers again"), times);
    }
}

#[test]
fn a_registry_that_finds_a_version_and_does_not_hand_it_out_does_not_answer_again() {
    let config = config();
    let mut scene = Scene::new(&config);
    scene.ends.no_downloads = true;
    assert_eq!(scene.looks(3), NOTHING);
    assert_eq!(scene.log.lines().len(), 1);
    scene.ends.no_downloads = false;
    assert_eq!(scene.looks(2), ["prepare 1", "publish 1"]);
    assert_eq!((scene.log.lines().len(), scene.log.count("MLflow answers again")), (2, 1));
}

#[test]
fn a_kafka_that_is_away_is_told_once_and_the_model_is_not_downloaded_again_for_it() {
    let config = config();
    let mut scene = Scene::new(&config);
    scene.ends.kafka = IS_AWAY;
    assert_eq!(scene.looks(3), ["prepare 1", "publish 1", "publish 1", "publish 1"]);
    assert_eq!((scene.log.lines().len(), scene.log.count("no answer from Kafka at kafka:9092")), (1, 1));
    scene.ends.kafka = TAKES;
    assert_eq!(scene.looks(2), ["publish 1"]);
    assert_eq!((scene.results(), scene.log.count("Kafka takes models again")), (1, 1));
}

#[test]
fn what_waits_for_kafka_gives_way_to_a_newer_version() {
    let config = config();
    let mut scene = Scene::new(&config);
    scene.ends.kafka = IS_AWAY;
    scene.looks(1);
    scene.ends.version = 2;
    scene.ends.kafka = TAKES;
    assert_eq!(scene.looks(2), ["prepare 2", "publish 2"]);
}

#[test]
fn what_changed_on_the_disk_is_downloaded_again() {
    let config = config();
    let mut scene = Scene::new(&config);
    scene.ends.kafka = HAS_CHANGED;
    assert_eq!(scene.looks(2), ["prepare 1", "publish 1", "prepare 1", "publish 1"]);
}

#[test]
fn a_version_that_is_no_model_is_told_once_and_the_next_is_waited_for() {
    let config = config();
    let mut scene = Scene::new(&config);
    scene.ends.is_no_model = true;
    assert_eq!(scene.looks(3), ["prepare 1"]);
    let told = "publish.yaml:7: models:/churn@live: version 1: it doesn't exist";
    assert_eq!((scene.log.lines().len(), scene.log.count(told)), (1, 1));
    scene.ends.is_no_model = false;
    scene.ends.version = 2;
    assert_eq!(scene.looks(2), ["prepare 2", "publish 2"]);
}

#[test]
fn what_no_wait_mends_ends_the_program() {
    let config = config();
    let mut scene = Scene::new(&config);
    scene.ends.kafka = || Err(PublishError::Client(rdkafka::error::KafkaError::Canceled));
    assert!(scene.step().is_err());
    let start = || MlflowError::Start { python: "python9".into(), source: io::ErrorKind::NotFound.into() };
    let told = scene.followed.registry_failed(&start()).expect_err("it is final").to_string();
    assert!(told.starts_with("publish.yaml:7: models:/churn@live: cannot run the Python interpreter"), "{told}");
    scene.followed.registry_failed(&MlflowError::Stopped).expect("the program ends anyway");
    assert!(scene.log.lines().is_empty());
}
