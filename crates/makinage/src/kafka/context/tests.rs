use std::{
    io,
    sync::{Arc, Mutex},
};

use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    mocking::MockCluster,
};
use tracing_subscriber::fmt;

use super::*;

/// What was logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ConsumerContext for Connection {}

/// The warnings while `during` runs on this thread.
fn warnings(during: impl FnOnce(Connection)) -> String {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber =
        fmt().with_max_level(tracing::Level::WARN).with_ansi(false).with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, || during(Connection::new(&["b:9092".into()])));
    let bytes = lines.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_end_of_a_partition_is_no_warning() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("t", 1, 1).unwrap();
    let mut settings = ClientConfig::new();
    settings
        .set("bootstrap.servers", cluster.bootstrap_servers())
        .set("group.id", "g")
        .set("enable.partition.eof", "true");
    let told = warnings(|connection| {
        let consumer: BaseConsumer<Connection> = settings.create_with_context(connection).unwrap();
        let mut all = TopicPartitionList::new();
        all.add_partition_offset("t", 0, Offset::Beginning).unwrap();
        consumer.assign(&all).unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        while !matches!(consumer.poll(Duration::from_millis(100)), Some(Err(KafkaError::PartitionEOF(0)))) {
            assert!(Instant::now() < deadline, "the end was not told");
        }
    });
    assert_eq!(told, "");
}

#[test]
fn a_property_for_other_clients_is_no_warning_and_a_deprecated_one_is() {
    let told = |message| warnings(|connection| connection.log(RDKafkaLogLevel::Warning, "CONFWARN", message));
    let other = "[thrd:app]: Configuration property session.timeout.ms is a consumer property and will be ignored by this producer instance";
    assert_eq!(told(other), "");
    assert!(told("[thrd:app]: Configuration property x is deprecated: use y").contains("x is deprecated"));
}

#[test]
fn lines_that_take_turns_are_each_written_once() {
    let connection = Connection::new(&["localhost:9092".into()]);
    let written: Vec<bool> = ["a", "b", "a", "b"].iter().map(|line| !connection.repeated(line)).collect();
    assert_eq!(written, [true, true, false, false]);
}

#[test]
fn what_is_remembered_of_the_log_is_bounded() {
    let connection = Connection::new(&["localhost:9092".into()]);
    (0..10 * REMEMBERED).for_each(|line| assert!(!connection.repeated(&line.to_string())));
    assert!(connection.lines.lock().unwrap().len() <= REMEMBERED);
}
