use std::collections::BTreeMap;

use kafka_headers::tokens::Supplied;
use rdkafka::{
    ClientConfig,
    consumer::{BaseConsumer, DefaultConsumerContext},
    error::KafkaResult,
    producer::{BaseProducer, DefaultProducerContext},
};

use super::{Cluster, Settings, alone, attempt_ms, in_order, record_limit};
use crate::{
    config::{Extensions, Kafka, Security, TokenEndpoint, TokenSource},
    kafka::tokens::testing::Server,
};

type Make = fn(&Cluster) -> Settings;
type Pairs = &'static [(&'static str, &'static str)];

/// Each kind of client that the program makes.
const KINDS: [(&str, Make); 11] = [
    ("data consumer", Cluster::data_consumer),
    ("model consumer", Cluster::model_consumer),
    ("model stretches", Cluster::model_stretches),
    ("model looker", Cluster::model_looker),
    ("asker", Cluster::asker),
    ("producer", Cluster::producer),
    ("outputs in order", |cluster| in_order(&cluster.output_producer(2_000_000), 500_000)),
    ("outputs alone", |cluster| alone(&cluster.output_producer(2_000_000), 500_000)),
    ("record producer", |cluster| cluster.record_producer(50_000_000)),
    ("chunk producer", |cluster| cluster.chunk_producer(1_000_000)),
    ("publishing asker", Cluster::publishing_asker),
];

/// What every client has, unless it says otherwise.
const SHARED: [(&str, &str); 7] = [
    ("allow.auto.create.topics", "true"),
    ("bootstrap.servers", "one:9092,two:9093"),
    ("client.id", "app"),
    ("log.connection.close", "false"),
    ("reconnect.backoff.max.ms", "1000"),
    ("socket.keepalive.enable", "true"),
    ("topic.metadata.refresh.interval.ms", "10000"),
];

const MODEL_READER: [(&str, &str); 12] = [
    ("auto.offset.reset", "earliest"),
    ("enable.auto.commit", "false"),
    ("enable.partition.eof", "true"),
    ("fetch.max.bytes", "4194304"),
    ("fetch.message.max.bytes", "1048576"),
    ("fetch.queue.backoff.ms", "5"),
    ("group.id", "app-models"),
    ("isolation.level", "read_committed"),
    ("message.max.bytes", "1000000"),
    ("queued.max.messages.kbytes", "1024"),
    ("queued.min.messages", "1"),
    ("receive.message.max.bytes", "2147483647"),
];

const ACKNOWLEDGED: [(&str, &str); 3] =
    [("acks", "all"), ("enable.idempotence", "true"), ("partitioner", "murmur2_random")];

const OUTPUTS: [(&str, &str); 4] = [
    ("linger.ms", "0"),
    ("message.timeout.ms", "0"),
    ("queue.buffering.max.kbytes", "262144"),
    ("topic.metadata.propagation.max.ms", "3600000"),
];

const PUBLISHING: [(&str, &str); 2] =
    [("log.connection.close", "true"), ("socket.connection.setup.timeout.ms", "10000")];

fn cluster(properties: &[(&str, &str)]) -> Cluster {
    let properties = properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Cluster::new(
        &Kafka { endpoints: vec!["one:9092".into(), "two:9093".into()], properties, ..Kafka::default() },
        "app",
    )
}

fn effective(client: &ClientConfig) -> BTreeMap<&str, &str> {
    client.config_map()
}

fn kind(kind: &str, properties: &[(&str, &str)]) -> Settings {
    let (_, make) = KINDS.into_iter().find(|(name, _)| *name == kind).expect("a kind");
    make(&cluster(properties))
}

#[test]
fn each_kind_of_client_has_these_settings_and_no_others() {
    let own: [(&str, Vec<Pairs>); 11] = [
        (
            "data consumer",
            vec![&[
                ("auto.commit.interval.ms", "1000"),
                ("auto.offset.reset", "earliest"),
                ("enable.auto.commit", "true"),
                ("enable.auto.offset.store", "false"),
                ("fetch.max.bytes", "524288"),
                ("fetch.queue.backoff.ms", "5"),
                ("group.id", "app"),
                ("isolation.level", "read_committed"),
                ("message.max.bytes", "524288"),
                ("partition.assignment.strategy", "cooperative-sticky"),
                ("queued.max.messages.kbytes", "32768"),
                ("queued.min.messages", "2000"),
                ("statistics.interval.ms", "2000"),
            ]],
        ),
        ("model consumer", vec![&MODEL_READER, &[("statistics.interval.ms", "2000")]]),
        ("model stretches", vec![&MODEL_READER, &[("fetch.wait.max.ms", "50"), ("statistics.interval.ms", "2000")]]),
        ("model looker", vec![&MODEL_READER, &[("allow.auto.create.topics", "false")]]),
        ("asker", vec![&[("allow.auto.create.topics", "false")]]),
        ("producer", vec![&ACKNOWLEDGED, &OUTPUTS]),
        (
            "outputs in order",
            vec![
                &ACKNOWLEDGED,
                &OUTPUTS,
                &[
                    ("batch.size", "500000"),
                    ("enable.gapless.guarantee", "true"),
                    ("message.max.bytes", "2000000"),
                    ("statistics.interval.ms", "2000"),
                ],
            ],
        ),
        (
            "outputs alone",
            vec![
                &ACKNOWLEDGED,
                &OUTPUTS,
                &[
                    ("batch.num.messages", "1"),
                    ("batch.size", "500000"),
                    ("linger.ms", "0"),
                    ("message.max.bytes", "2000000"),
                    ("statistics.interval.ms", "2000"),
                ],
            ],
        ),
        (
            "record producer",
            vec![
                &ACKNOWLEDGED,
                &PUBLISHING,
                &[
                    ("compression.codec", "none"),
                    ("linger.ms", "0"),
                    ("message.max.bytes", "50065536"),
                    ("message.timeout.ms", "600000"),
                    ("socket.timeout.ms", "300000"),
                    ("statistics.interval.ms", "250"),
                ],
            ],
        ),
        (
            "chunk producer",
            vec![
                &ACKNOWLEDGED,
                &PUBLISHING,
                &[
                    ("batch.num.messages", "1"),
                    ("compression.codec", "none"),
                    ("linger.ms", "0"),
                    ("message.max.bytes", "1065536"),
                    ("message.timeout.ms", "0"),
                    ("queue.buffering.max.kbytes", "32768"),
                    ("socket.timeout.ms", "120000"),
                ],
            ],
        ),
        ("publishing asker", vec![&PUBLISHING, &[("allow.auto.create.topics", "false")]]),
    ];
    for (name, own) in own {
        let expected: BTreeMap<&str, &str> = SHARED.into_iter().chain(own.into_iter().flatten().copied()).collect();
        assert_eq!(effective(&kind(name, &[])), expected, "{name}");
    }
}

#[test]
fn a_property_of_the_user_s_is_every_client_s_and_comes_before_what_is_only_a_default() {
    let user = [("socket.keepalive.enable", "false"), ("reconnect.backoff.max.ms", "7000"), ("client.id", "mine")];
    for (name, _) in KINDS {
        let client = kind(name, &user);
        for (property, value) in user {
            assert_eq!(client.get(property), Some(value), "{name}: {property}");
        }
    }
    for (name, property) in [
        ("data consumer", "fetch.queue.backoff.ms"),
        ("data consumer", "queued.max.messages.kbytes"),
        ("data consumer", "queued.min.messages"),
        ("data consumer", "fetch.max.bytes"),
        ("producer", "linger.ms"),
        ("producer", "queue.buffering.max.kbytes"),
        ("record producer", "socket.connection.setup.timeout.ms"),
    ] {
        assert_eq!(kind(name, &[(property, "77")]).get(property), Some("77"), "{name}: {property}");
    }
}

#[test]
fn the_queue_of_outputs_is_never_so_small_that_one_partition_can_fill_it() {
    for (property, user, has) in [
        ("queue.buffering.max.messages", "5000", Some("100000")),
        ("queue.buffering.max.messages", "200000", Some("200000")),
        ("queue.buffering.max.messages", "0", Some("0")),
        ("queue.buffering.max.messages", "many", Some("many")),
        ("queue.buffering.max.kbytes", "1024", Some("262144")),
        ("queue.buffering.max.kbytes", "1000000", Some("1000000")),
    ] {
        for name in ["outputs in order", "outputs alone"] {
            assert_eq!(kind(name, &[(property, user)]).get(property), has, "{name}: {property} = {user}");
        }
    }
}

#[test]
fn what_a_promise_rests_on_no_property_changes() {
    let producers = &["producer", "outputs in order", "outputs alone", "record producer", "chunk producer"][..];
    let promised = [
        ("acks", "all", producers),
        ("enable.idempotence", "true", producers),
        ("partitioner", "murmur2_random", producers),
        ("message.timeout.ms", "0", &["producer", "outputs in order", "outputs alone", "chunk producer"]),
        ("enable.auto.offset.store", "false", &["data consumer"]),
        ("isolation.level", "read_committed", &["data consumer", "model consumer", "model looker"]),
        ("enable.auto.commit", "false", &["model consumer", "model looker"]),
        ("enable.partition.eof", "true", &["model consumer", "model looker"]),
        ("receive.message.max.bytes", "2147483647", &["model consumer", "model looker"]),
        ("queued.max.messages.kbytes", "1024", &["model consumer", "model looker"]),
        ("batch.num.messages", "1", &["outputs alone", "chunk producer"]),
        ("enable.gapless.guarantee", "true", &["outputs in order"]),
        ("statistics.interval.ms", "2000", &["data consumer", "model consumer", "outputs in order", "outputs alone"]),
        ("allow.auto.create.topics", "false", &["model looker", "asker", "publishing asker"]),
    ];
    for (property, value, kinds) in promised {
        for name in kinds {
            assert_eq!(kind(name, &[(property, "13")]).get(property), Some(value), "{name}: {property}");
        }
    }
    for (name, _) in KINDS {
        let servers = kind(name, &[("bootstrap.servers", "other:1")]);
        assert_eq!(servers.get("bootstrap.servers"), Some("one:9092,two:9093"), "{name}");
    }
}

#[test]
fn librdkafka_takes_the_settings_of_each_kind() {
    for (name, _) in KINDS {
        kind(name, &[]).create_native_config().unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

fn secured(properties: &[(&str, &str)], tokens: Option<TokenSource>) -> Cluster {
    let property = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned().into());
    let properties = properties.iter().map(property).collect();
    let security = Security { properties, tokens, files: vec![] };
    Cluster::new(&Kafka { endpoints: vec!["one:9093".into()], security, ..Kafka::default() }, "app")
}

#[test]
fn what_secures_connections_is_every_client_s_and_librdkafka_takes_it() {
    let sasl = [
        ("security.protocol", "sasl_ssl"),
        ("sasl.mechanisms", "SCRAM-SHA-512"),
        ("sasl.username", "me"),
        ("sasl.password", "canary"),
    ];
    for (name, make_kind) in KINDS {
        let client = make_kind(&secured(&sasl, None));
        for (property, value) in sasl {
            assert_eq!(client.get(property), Some(value), "{name}: {property}");
        }
        make(&client).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!format!("{client:?}").contains("canary"));
    }
    assert!(!format!("{:?}", secured(&sasl, None)).contains("canary"));
}

#[test]
fn each_kind_of_client_gets_tokens() {
    let sasl = [("security.protocol", "sasl_plaintext"), ("sasl.mechanisms", "OAUTHBEARER")];
    for (name, make_kind) in KINDS {
        let server = Server::giving(vec![(200, r#"{"access_token":"x"}"#.to_owned())]);
        let source = TokenEndpoint {
            url: server.url.as_str().into(),
            client_id: name.to_owned(),
            client_secret: "canary".to_owned().into(),
            scope: None,
            authorities: None,
            extensions: Extensions::default(),
        };
        let client = make_kind(&secured(&sasl, Some(TokenSource::Endpoint(source))));
        if client.get("group.id").is_some() {
            let made: KafkaResult<Supplied<BaseConsumer>> = client.create_with_context(DefaultConsumerContext);
            let _made = made.unwrap_or_else(|error| panic!("{name}: {error}"));
            server.request();
        } else {
            let made: KafkaResult<Supplied<BaseProducer>> = client.create_with_context(DefaultProducerContext);
            let _made = made.unwrap_or_else(|error| panic!("{name}: {error}"));
            server.request();
        }
    }
}

/// Librdkafka compares settings with each other only when a client is made of them.
fn make(client: &ClientConfig) -> KafkaResult<()> {
    if client.get("group.id").is_some() {
        client.create::<BaseConsumer>().map(drop)
    } else {
        client.create::<BaseProducer>().map(drop)
    }
}

#[test]
fn what_a_user_may_set_contradicts_no_setting_of_ours() {
    let larger = [
        ("fetch.max.bytes", "90000000"),
        ("reconnect.backoff.ms", "1500"),
        ("message.max.bytes", "20000000"),
        ("linger.ms", "250000"),
        ("session.timeout.ms", "300000"),
    ];
    let smaller = [
        ("fetch.max.bytes", "2000"),
        ("queued.max.messages.kbytes", "1"),
        ("statistics.interval.ms", "0"),
        ("socket.timeout.ms", "10"),
    ];
    for (name, _) in KINDS {
        for user in [&larger[..], &smaller] {
            make(&kind(name, user)).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
    let longest = |first| cluster(&[("reconnect.backoff.ms", first)]).longest_backoff_ms();
    assert_eq!((longest("100"), longest("1500"), longest("soon")), (1000, 1500, 1000));
}

#[test]
fn a_large_model_gets_more_room_and_more_time_up_to_what_the_client_can() {
    assert_eq!((record_limit(10), attempt_ms(0)), (1_000_000, 60_000));
    assert_eq!(record_limit(50_000_000), 50_065_536);
    assert!(attempt_ms(5_000_000) > 60_000);
    let of_outputs = |max_record| cluster(&[]).output_producer(max_record).get("message.max.bytes").map(str::to_owned);
    assert_eq!((of_outputs(10).as_deref(), of_outputs(1 << 40).as_deref()), (Some("1000000"), Some("1000000000")));
    assert_eq!((record_limit(1 << 40), attempt_ms(1 << 40)), (1_000_000_000, 300_000));
}
