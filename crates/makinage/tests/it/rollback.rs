//! Models that are kept: listed, gone back to, and served where the topic has lost them.

use std::{fs, process::Output, time::Instant};

use futures_executor::block_on;
use rdkafka::{Message, Offset, TopicPartitionList, message::Headers};

use super::{
    broker::{Broker, left_out},
    model::{fragile, iris_zip, zipped},
    patience::{wait_for, wait_until},
    scene::Scene,
    script::Script,
    service::{DEADLINE, Service},
    stream::{Reader, header},
    topics::options,
};

/// A service that keeps models, and the outputs that say which one made them.
struct Kept {
    scene: Scene,
    outputs: Reader,
}

impl Kept {
    /// It keeps so many models beside the one that serves.
    fn new(scene: Scene, keep: usize) -> Self {
        let scene = scene.topics(1).set("models.store", "kept").set("models.keep", keep);
        Self { outputs: scene.reader(), scene }
    }

    /// Publishes the iris model as `iris@version`.
    fn publish(&self, version: &str) {
        self.publish_zip(version, &iris_zip(version));
    }

    /// Publishes a model as `iris@version`, as any Kafka client may.
    fn publish_zip(&self, version: &str, zip: &[u8]) {
        Script::new(&self.scene).record(0, &[("makinage-name", "iris"), ("makinage-version", version)], Some(zip));
    }

    /// Sends events until one is scored by this model.
    fn wait_until_served_by(&self, label: &str) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            self.scene.produce(&["[5.1, 3.5, 1.4, 0.2]"]);
            let outputs = self.outputs.read_until(|read| !read.is_empty());
            let last = outputs.last().and_then(|output| header(output, "makinage-model"));
            if last.as_deref() == Some(label) {
                return;
            }
            assert!(Instant::now() < deadline, "events are scored by {last:?}, not by {label}");
        }
    }

    fn model(&self, arguments: &[&str]) -> Output {
        let mut command = self.scene.command(&[&["model"], arguments].concat());
        command.env_remove("RUST_LOG").output().expect("it runs")
    }

    /// Standard output of a command that succeeds.
    fn succeeds(&self, arguments: &[&str]) -> String {
        let output = self.model(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What is listed, once that says that this version serves: it is noted after the first event was scored, perhaps.
    fn list_with_serving(&self, version: &str) -> String {
        let serves = |table: &String| line(table, version)[0] == "▶*";
        let missing = || format!("version {version} isn't the one that serves");
        wait_for(DEADLINE, missing, || Some(self.succeeds(&["list"])).filter(serves))
    }

    /// How many models are in the store.
    fn count(&self) -> usize {
        let store = self.scene.folder.path().join("kept").join(self.scene.name()).join("serve");
        let entries = fs::read_dir(store).expect("the store");
        entries
            .filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().extension().is_some_and(|end| end == "zip")))
            .count()
    }

    /// Deletes all records of the model topic, as its retention does.
    fn empty_the_model_topic(&self) {
        let (broker, topic) = (self.scene.broker(), self.scene.topic("model"));
        let mut all = TopicPartitionList::new();
        all.add_partition_offset(&topic, 0, Offset::End).expect("a partition");
        block_on(broker.admin().delete_records(&all, &options())).expect("they are deleted");
        let (low, high) = broker.offsets(&topic);
        assert!(low == high && high > 0, "{low}..{high}");
    }

    /// The headers of the record of the model topic that is at an offset.
    fn headers_of(&self, offset: usize) -> Vec<String> {
        let records = Reader::new(self.scene.broker(), &self.scene.topic("model")).read(offset + 1);
        let headers = records[offset].headers().expect("headers");
        headers.iter().map(|header| header.key.to_owned()).collect()
    }
}

/// The cells of the line of a version.
fn line<'t>(table: &'t str, version: &str) -> Vec<&'t str> {
    let cells = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let is_it = |cells: &Vec<&str>| cells.windows(2).any(|pair| pair == ["iris", version]);
    cells.into_iter().find(is_it).unwrap_or_else(|| panic!("no version {version} in:\n{table}"))
}

#[test]
fn a_rollback_makes_a_running_service_serve_the_earlier_model_again() {
    if left_out() {
        return;
    }
    let kept = Kept::new(Scene::new("rollback"), 3);
    let mut service = kept.scene.serve().begun();
    for version in ["1", "2"] {
        kept.publish(version);
        kept.wait_until_served_by(&format!("iris@{version}"));
    }
    let table = kept.list_with_serving("2");
    assert_eq!(line(&table, "1")[0], "iris", "{table}");
    assert!(["1", "2"].iter().all(|version| line(&table, version).last() == Some(&"yes")), "both are kept: {table}");

    let result = kept.succeeds(&["rollback"]);
    assert!(result.starts_with("rolled back to iris@1: topic=rollback-model partition=0 offset=2 "), "{result}");
    kept.wait_until_served_by("iris@1");
    let expected = ["makinage-sha256", "makinage-flavor", "makinage-name", "makinage-version"];
    assert_eq!(kept.headers_of(2), expected);
    let table = kept.list_with_serving("1");
    assert_eq!(line(&table, "2")[0], "iris", "{table}");
    assert!(table.contains("published 2 times"), "{table}");

    let result = kept.succeeds(&["rollback", "iris@2"]);
    assert!(result.starts_with("rolled back to iris@2: "), "{result}");
    kept.wait_until_served_by("iris@2");

    let unknown = kept.model(&["rollback", "9"]);
    let said = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert_eq!(unknown.status.code(), Some(1));
    assert!(said.contains("there is no model \"9\"; there is iris@2 (") && said.contains("iris@1 ("), "{said}");
    service.stop();
}

#[test]
fn a_restarted_service_whose_topic_has_lost_its_models_serves_the_last_one_and_says_so() {
    if left_out() {
        return;
    }
    let kept = Kept::new(Scene::on(Broker::start(), "lost"), 3);
    kept.publish("1");
    let mut service = kept.scene.serve().assigned();
    kept.wait_until_served_by("iris@1");
    service.stop();
    kept.empty_the_model_topic();
    let mut service = kept.scene.serve();
    let told = service.wait_for_line("serving the store's last one, iris@1 (from lost-model/0/0)");
    assert!(told.contains("topic lost-model has no model"), "{told}");
    kept.wait_until_served_by("iris@1");

    let result = kept.succeeds(&["rollback", "1"]);
    assert!(result.starts_with("rolled back to iris@1: topic=lost-model partition=0 offset=1 "), "{result}");
    service.stop();

    kept.scene.broker().kill();
    let output = kept.model(&["list"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("no broker answers"), "{said}");
    assert_eq!(output.status.code(), Some(0), "the store is there");
    assert_eq!(line(&String::from_utf8_lossy(&output.stdout), "1")[0], "▶");
}

#[test]
fn nothing_that_serves_is_deleted_where_one_model_is_kept_and_many_come_to_two_instances() {
    if left_out() {
        return;
    }
    let kept = Kept::new(Scene::new("one-kept"), 1);
    let mut services = [kept.scene.serve().begun(), kept.scene.serve()];
    let versions = ["1", "2", "3", "4", "5"];
    for version in versions {
        kept.publish(version);
    }
    kept.wait_until_served_by("iris@5");
    for service in &services {
        service.wait_for_line("iris@5 loaded");
        assert!(!service.lines().iter().any(|line| line.contains("is not taken up")), "a zip was gone");
    }
    // Each instance may hold the one before for going back.
    wait_until(DEADLINE, "more than three zips are kept", || kept.count() <= 3);
    // What the store lacks comes from the topic.
    let result = kept.succeeds(&["rollback", "1"]);
    assert!(result.starts_with("rolled back to iris@1: "), "{result}");
    kept.wait_until_served_by("iris@1");
    services.iter_mut().for_each(Service::stop);
    let table = kept.succeeds(&["list"]);
    assert!(line(&table, "1")[0] == "▶*" && versions.iter().all(|version| line(&table, version).len() > 4), "{table}");
}

#[test]
fn a_zip_that_is_no_longer_gone_back_to_is_deleted_when_the_next_model_serves() {
    if left_out() {
        return;
    }
    let kept = Kept::new(Scene::new("let-go"), 1);
    let mut service = kept.scene.serve().begun();
    for version in ["1", "2", "3"] {
        kept.publish(version);
        kept.wait_until_served_by(&format!("iris@{version}"));
    }
    // What serves, and the one before for going back.
    wait_until(DEADLINE, "more than two zips are kept", || kept.count() <= 2);
    service.stop();
}

#[test]
fn what_was_taken_back_by_itself_is_not_loaded_after_a_restart_until_it_is_published_again() {
    if left_out() {
        return;
    }
    let kept = Kept::new(Scene::new("taken-back"), 3);
    kept.publish("1");
    let mut service = kept.scene.serve().assigned();
    kept.wait_until_served_by("iris@1");
    kept.publish_zip("2", &zipped(fragile(), "2", 0));
    kept.wait_until_served_by("iris@2");
    let deadly = || kept.scene.produce(&["[101, 0, 0, 0]"]);
    for _ in 0..2 {
        let skipped = format!("skipped taken-back-data/0/{}", kept.scene.broker().offsets("taken-back-data").1);
        deadly();
        service.wait_for_line(&skipped);
    }
    // The third is no longer tried on this model.
    deadly();
    let told = service.wait_for_line("(model iris@2 from taken-back-model/0/1) is taken back");
    assert!(told.contains("going back to model iris@1; mend the model and publish it"), "{told}");
    kept.wait_until_served_by("iris@1");
    service.stop();

    let mut service = kept.scene.serve();
    service.wait_for_line("model iris@2 from taken-back-model/0/1");
    service.wait_for_line("was taken back before (its workers died on 3 different batches; the last death: ");
    kept.wait_until_served_by("iris@1");
    assert!(!service.lines().iter().any(|line| line.contains("loading model iris@2")), "it is not loaded");
    let table = kept.succeeds(&["list"]);
    assert!(line(&table, "2").contains(&"taken"), "{table}");

    let result = kept.succeeds(&["rollback", "iris@2"]);
    assert!(result.starts_with("rolled back to iris@2: "), "{result}");
    kept.wait_until_served_by("iris@2");
    service.stop();
}

#[test]
fn without_a_store_and_without_a_broker_the_list_says_what_it_could_not_read() {
    let scene = Scene::alone().set("models.store", "kept");
    let output = scene.command(&["model", "list"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("Kafka at 127.0.0.1:1: no broker answers"), "{said}");
    assert!(said.contains("there is no store at") && said.contains("kept/alone/serve"), "{said}");
    assert!(!scene.folder.path().join("kept").exists(), "to look makes nothing");
}
