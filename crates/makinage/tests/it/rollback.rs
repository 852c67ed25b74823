//! Models that are kept: listed, gone back to, and served where the topic has lost them.

use std::{
    fs,
    path::PathBuf,
    process::Output,
    time::{Duration, Instant},
};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    admin::{AdminClient, AdminOptions},
    client::DefaultClientContext,
    consumer::{BaseConsumer, Consumer},
    message::{Header, Headers, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, Producer},
};

use super::{
    broker::{Broker, left_out},
    model::{fragile, iris_zip, zipped},
    service::{DEADLINE, Folder, Service, cache, program},
    stream::{Reader, header, produce},
};

const SERVE: &str = include_str!("../../../../config/examples/serve.yaml");

struct Setting {
    broker: Broker,
    config: PathBuf,
    outputs: Reader,
    _folder: Folder,
}

impl Setting {
    fn new(keep: usize) -> Self {
        let broker = Broker::start();
        broker.create_topics(&[("model", 1), ("data", 1), ("predict", 1)]);
        let folder = Folder::new();
        let config =
            folder.config("config.yaml", &format!("{SERVE}\nmodels: {{store: kept, keep: {keep}}}\n"), &broker);
        let outputs = Reader::new(&broker, "predict");
        Self { broker, config, outputs, _folder: folder }
    }

    /// Publishes the iris model as `iris@version`.
    fn publish(&self, version: &str) {
        self.publish_zip(version, &iris_zip(version));
    }

    /// Publishes a model as `iris@version`, as any Kafka client may.
    fn publish_zip(&self, version: &str, zip: &[u8]) {
        let producer: BaseProducer = self.broker.client().set("acks", "all").create().expect("a producer");
        let headers = [("makinage-name", "iris"), ("makinage-version", version)];
        let headers = headers
            .iter()
            .fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(Header { key, value: Some(*value) }));
        let record = BaseRecord::to("model").key("model").payload(zip).headers(headers);
        producer.send(record).map_err(|(error, _)| error).expect("it is taken");
        producer.flush(DEADLINE).expect("it is acknowledged");
    }

    /// Sends events until one is scored by this model.
    fn wait_until_served_by(&self, label: &str) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            produce(&self.broker, "data", [("key".to_owned(), "[5.1, 3.5, 1.4, 0.2]".to_owned())]);
            let outputs = self.outputs.read_until(|read| !read.is_empty());
            let last = outputs.last().and_then(|output| header(output, "makinage-model"));
            if last.as_deref() == Some(label) {
                return;
            }
            assert!(Instant::now() < deadline, "events are scored by {last:?}, not by {label}");
        }
    }

    /// The offset of the event that is sent next.
    fn next_event(&self) -> i64 {
        let consumer: BaseConsumer = self.broker.client().create().expect("a client");
        consumer.fetch_watermarks("data", 0, DEADLINE).expect("the offsets").1
    }

    fn model(&self, arguments: &[&str]) -> Output {
        let mut command = program("makinage");
        command.env("XDG_CACHE_HOME", cache(&self.config)).env_remove("RUST_LOG");
        command.arg("model").args(arguments).arg("--config").arg(&self.config).output().expect("it runs")
    }

    /// Standard output of a command that succeeds.
    fn succeeds(&self, arguments: &[&str]) -> String {
        let output = self.model(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn kept(&self) -> usize {
        let store = self.config.with_file_name("kept").join("my_model_serving/serve");
        let entries = fs::read_dir(store).expect("the store");
        entries
            .filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().extension().is_some_and(|end| end == "zip")))
            .count()
    }

    /// Deletes all records of the model topic, as its retention does.
    fn empty_the_model_topic(&self) {
        let admin: AdminClient<DefaultClientContext> = self.broker.client().create().expect("a client");
        let mut all = TopicPartitionList::new();
        all.add_partition_offset("model", 0, Offset::End).expect("a partition");
        let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(20)));
        futures_executor::block_on(admin.delete_records(&all, &options)).expect("they are deleted");
        let consumer: BaseConsumer = self.broker.client().create().expect("a client");
        let (low, high) = consumer.fetch_watermarks("model", 0, DEADLINE).expect("the offsets");
        assert!(low == high && high > 0, "{low}..{high}");
    }

    /// The headers of a record of the model topic.
    fn headers_of(&self, offset: i64) -> Vec<String> {
        let consumer: BaseConsumer = self.broker.client().set("group.id", "looker").create().expect("a consumer");
        let mut only = TopicPartitionList::new();
        only.add_partition_offset("model", 0, Offset::Offset(offset)).expect("a partition");
        consumer.assign(&only).expect("assigned");
        let record = consumer.poll(DEADLINE).expect("it comes").expect("a record").detach();
        let headers = record.headers().expect("headers");
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
    let setting = Setting::new(3);
    let mut service = Service::start(&setting.config);
    service.wait_for_line("assigned");
    for version in ["1", "2"] {
        setting.publish(version);
        setting.wait_until_served_by(&format!("iris@{version}"));
    }
    let table = setting.succeeds(&["list"]);
    assert_eq!((line(&table, "2")[0], line(&table, "1")[0]), ("▶*", "iris"), "{table}");
    assert!(["1", "2"].iter().all(|version| line(&table, version).last() == Some(&"yes")), "both are kept: {table}");

    let result = setting.succeeds(&["rollback"]);
    assert!(result.starts_with("rolled back to iris@1: topic=model partition=0 offset=2 "), "{result}");
    setting.wait_until_served_by("iris@1");
    let expected = ["makinage-sha256", "makinage-flavor", "makinage-name", "makinage-version"];
    assert_eq!(setting.headers_of(2), expected);
    let table = setting.succeeds(&["list"]);
    assert_eq!((line(&table, "1")[0], line(&table, "2")[0]), ("▶*", "iris"), "{table}");
    assert!(table.contains("published 2 times"), "{table}");

    let result = setting.succeeds(&["rollback", "iris@2"]);
    assert!(result.starts_with("rolled back to iris@2: "), "{result}");
    setting.wait_until_served_by("iris@2");

    let unknown = setting.model(&["rollback", "9"]);
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
    let mut setting = Setting::new(3);
    setting.publish("1");
    let mut service = Service::start(&setting.config);
    service.wait_for_line("assigned");
    setting.wait_until_served_by("iris@1");
    service.stop();
    setting.empty_the_model_topic();
    let mut service = Service::start(&setting.config);
    let told = service.wait_for_line("serving the store's last one, iris@1 (from model/0/0)");
    assert!(told.contains("topic model has no model"), "{told}");
    setting.wait_until_served_by("iris@1");

    let result = setting.succeeds(&["rollback", "1"]);
    assert!(result.starts_with("rolled back to iris@1: topic=model partition=0 offset=1 "), "{result}");
    service.stop();

    setting.broker.kill();
    let output = setting.model(&["list"]);
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
    let setting = Setting::new(1);
    let mut services = [Service::start(&setting.config), Service::start(&setting.config)];
    for service in &services {
        service.wait_for_line("assigned");
    }
    let versions = ["1", "2", "3", "4", "5"];
    for version in versions {
        setting.publish(version);
    }
    setting.wait_until_served_by("iris@5");
    for service in &services {
        service.wait_for_line("iris@5 loaded");
        assert!(!service.lines().iter().any(|line| line.contains("is not taken up")), "a zip was gone");
    }
    // Each instance may hold the one before for going back.
    assert!(setting.kept() <= 3, "{} zips", setting.kept());
    // What the store lacks comes from the topic.
    let result = setting.succeeds(&["rollback", "1"]);
    assert!(result.starts_with("rolled back to iris@1: "), "{result}");
    setting.wait_until_served_by("iris@1");
    services.iter_mut().for_each(Service::stop);
    let table = setting.succeeds(&["list"]);
    assert!(line(&table, "1")[0] == "▶*" && versions.iter().all(|version| line(&table, version).len() > 4), "{table}");
}

#[test]
fn what_was_taken_back_by_itself_is_not_loaded_after_a_restart_until_it_is_published_again() {
    if left_out() {
        return;
    }
    let setting = Setting::new(3);
    setting.publish("1");
    let mut service = Service::start(&setting.config);
    service.wait_for_line("assigned");
    setting.wait_until_served_by("iris@1");
    setting.publish_zip("2", &zipped(fragile(), "2", 0));
    setting.wait_until_served_by("iris@2");
    let deadly = || produce(&setting.broker, "data", [("key".to_owned(), "[101, 0, 0, 0]".to_owned())]);
    for _ in 0..2 {
        let skipped = format!("skipped data/0/{}", setting.next_event());
        deadly();
        service.wait_for_line(&skipped);
    }
    // The third is no longer tried on this model.
    deadly();
    let told = service.wait_for_line("(model iris@2 from model/0/1) is taken back");
    assert!(told.contains("going back to model iris@1; mend the model and publish it"), "{told}");
    setting.wait_until_served_by("iris@1");
    service.stop();

    let mut service = Service::start(&setting.config);
    service.wait_for_line("model iris@2 from model/0/1");
    service.wait_for_line("was taken back before (its workers died on 3 different batches)");
    setting.wait_until_served_by("iris@1");
    assert!(!service.lines().iter().any(|line| line.contains("loading model iris@2")), "it is not loaded");
    let table = setting.succeeds(&["list"]);
    assert!(line(&table, "2").contains(&"taken"), "{table}");

    let result = setting.succeeds(&["rollback", "iris@2"]);
    assert!(result.starts_with("rolled back to iris@2: "), "{result}");
    setting.wait_until_served_by("iris@2");
    service.stop();
}

#[test]
fn without_a_store_and_without_a_broker_the_list_says_what_it_could_not_read() {
    let folder = Folder::new();
    let text = SERVE.replace("\"localhost\"", "\"127.0.0.1:1\"");
    let config = folder.write("config.yaml", &format!("{text}\nmodels: {{store: kept}}\n"));
    let output = program("makinage").args(["model", "list", "--config"]).arg(&config).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("Kafka at 127.0.0.1:1: no broker answers"), "{said}");
    assert!(said.contains("there is no store at") && said.contains("kept/my_model_serving/serve"), "{said}");
    assert!(!config.with_file_name("kept").exists(), "to look makes nothing");
}
