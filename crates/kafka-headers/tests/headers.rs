//! Through librdkafka's mock cluster: what one client sends, another sees. Run under valgrind by
//! `cargo xtask valgrind`.

use std::time::{Duration, Instant};

use kafka_headers::{Header, add, copy, first, iter, of, remove};
use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    message::{BorrowedMessage, OwnedHeaders},
    mocking::MockCluster,
    producer::{BaseProducer, BaseRecord, Producer},
};

/// Valgrind makes everything tens of times slower.
const DEADLINE: Duration = Duration::from_mins(2);
const TOPIC: &str = "records";

const ODD: &[Header<'_>] = &[
    (b"plain", Some(b"text")),
    (b"\xff\xfe", Some(b"not UTF-8")),
    (b"caf\xe9", Some(b"\xe9")),
    (b"cut short \xe2\x82", None),
    (b"\xed\xa0\x80", Some(b"a surrogate")),
    (b"plain", Some(b"again")),
    (b"", Some(b"no name")),
    (b"", None),
    (b"with\x01control\r\n", Some(b"")),
    (b"last", Some(b"")),
];

fn owned(headers: &[Header<'_>]) -> OwnedHeaders {
    headers.iter().fold(OwnedHeaders::new_with_capacity(1), |mut all, (name, value)| {
        add(&mut all, name, *value);
        all
    })
}

fn listed(headers: &OwnedHeaders) -> Vec<Header<'_>> {
    iter(headers.as_borrowed()).collect()
}

/// A mock cluster with one topic, and clients of it.
struct Cluster {
    _kept: MockCluster<'static, rdkafka::producer::DefaultProducerContext>,
    producer: BaseProducer,
    consumer: BaseConsumer,
}

impl Cluster {
    fn new() -> Self {
        let cluster = MockCluster::new(1).expect("a cluster");
        cluster.create_topic(TOPIC, 1, 1).expect("a topic");
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", cluster.bootstrap_servers());
        let producer = client.create().expect("a producer");
        let consumer: BaseConsumer =
            client.set("group.id", "reader").set("enable.auto.commit", "false").create().expect("a consumer");
        let mut all = TopicPartitionList::new();
        all.add_partition_offset(TOPIC, 0, Offset::Beginning).expect("a partition");
        consumer.assign(&all).expect("assigned");
        Self { _kept: cluster, producer, consumer }
    }

    /// Sends a record with these headers, and reads it.
    fn pass(&self, headers: Option<OwnedHeaders>) -> BorrowedMessage<'_> {
        let mut record = BaseRecord::<str, str>::to(TOPIC).payload("value");
        record.headers = headers;
        self.producer.send(record).map_err(|(error, _)| error).expect("the client takes it");
        self.producer.flush(DEADLINE).expect("the broker takes it");
        let deadline = Instant::now() + DEADLINE;
        loop {
            assert!(Instant::now() < deadline, "the record did not come");
            if let Some(message) = self.consumer.poll(Duration::from_millis(100)) {
                return message.expect("a record");
            }
        }
    }
}

#[test]
fn whatever_a_name_is_made_of_it_comes_as_it_was_sent_and_goes_on_from_a_copy() {
    let cluster = Cluster::new();
    let message = cluster.pass(Some(owned(ODD)));
    assert_eq!(iter(of(&message).expect("readable").expect("some")).collect::<Vec<_>>(), ODD);
    let kept = copy(&message).expect("readable").expect("some");
    drop(message);
    assert_eq!(listed(&kept), ODD);
    let again = cluster.pass(Some(kept));
    assert_eq!(listed(&copy(&again).expect("readable").expect("some")), ODD);
}

#[test]
fn a_copy_sends_names_with_nul_bytes_whole_though_they_look_shorter() {
    let cluster = Cluster::new();
    let mut headers = owned(&[(b"a\0b", Some(b"1")), (b"\0", None), (b"a", Some(b"2"))]);
    for _ in 0..2 {
        let message = cluster.pass(Some(headers));
        headers = copy(&message).expect("readable").expect("some");
        let seen: [Header<'_>; 3] = [(b"a", Some(b"1")), (b"", None), (b"a", Some(b"2"))];
        assert_eq!(listed(&headers), seen);
        // Exact comparison, which librdkafka does by its own lengths, tells that the rest of the name is there.
        assert_eq!(first(headers.as_borrowed(), c"a"), Some(Some(b"2".as_slice())));
        assert_eq!(first(headers.as_borrowed(), c""), None);
    }
}

#[test]
fn a_record_without_headers_has_none_and_one_with_more_than_the_client_reads_says_so() {
    let cluster = Cluster::new();
    let message = cluster.pass(None);
    assert!(copy(&message).expect("readable").is_none());
    drop(message);
    let many = (0..100_001).fold(OwnedHeaders::new_with_capacity(100_001), |mut all, _| {
        add(&mut all, b"a", None);
        all
    });
    let message = cluster.pass(Some(many));
    let error = copy(&message).expect_err("too many");
    assert!(error.to_string().contains("at most 100,000"), "{error}");
}

#[test]
fn the_first_of_a_name_is_found_and_all_of_a_name_go() {
    let mut headers = owned(ODD);
    assert_eq!(first(headers.as_borrowed(), c"plain"), Some(Some(b"text".as_slice())));
    assert_eq!(first(headers.as_borrowed(), c"last"), Some(Some(b"".as_slice())));
    assert_eq!(first(headers.as_borrowed(), c"\xff\xfe"), Some(Some(b"not UTF-8".as_slice())));
    assert_eq!(first(headers.as_borrowed(), c"cut short \xe2\x82"), Some(None));
    assert_eq!(first(headers.as_borrowed(), c"absent"), None);
    remove(&mut headers, c"plain");
    remove(&mut headers, c"absent");
    let left: Vec<Header<'_>> = ODD.iter().copied().filter(|(name, _)| *name != b"plain").collect();
    assert_eq!(listed(&headers), left);
    assert_eq!(listed(&headers.clone()), left);
    for name in [c"\xff\xfe", c"caf\xe9", c"cut short \xe2\x82", c"\xed\xa0\x80", c"", c"with\x01control\r\n", c"last"]
    {
        remove(&mut headers, name);
    }
    assert_eq!(listed(&headers), []);
}
