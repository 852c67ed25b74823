use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    mocking::MockCluster,
};

use super::*;
use crate::logged::Log;

const FETCH_WAIT: Duration = Duration::from_millis(500);

impl ConsumerContext for Connection {}

/// The warnings while `during` runs on this thread.
fn warnings(during: impl FnOnce(Connection)) -> String {
    logged(tracing::Level::WARN, during)
}

/// What of this level and above is logged while `during` runs on this thread.
fn logged(level: tracing::Level, during: impl FnOnce(Connection)) -> String {
    kept(level, during).text()
}

fn kept(level: tracing::Level, during: impl FnOnce(Connection)) -> Log {
    let log = Log::default();
    log.keep_from(level, || during(Connection::new(&["127.0.0.1:9092".into()], FETCH_WAIT)));
    log
}

/// What a real client told each second, and what of it is logged.
fn replayed(recorded: &str, before: impl FnOnce(&Connection)) -> Vec<String> {
    let told = kept(tracing::Level::INFO, |connection| {
        before(&connection);
        for (statistics, second) in recorded.lines().map(|line| serde_json::from_str(line).unwrap()).zip(1..) {
            let heard = connection.known().heard;
            connection.listen(&statistics, Instant::now() + Duration::from_secs(second));
            assert!(connection.known().heard >= heard);
        }
    });
    told.lines()
}

const HELD: &str = include_str!("../pulse/held.jsonl");
const FROZEN: &str = include_str!("../pulse/frozen.jsonl");
const IDLE: &str = include_str!("../pulse/idle.jsonl");
const ADVERTISED: &str = include_str!("../pulse/advertised.jsonl");
const AWAY: &str = "no Kafka broker answers at 127.0.0.1:9092";

fn error(connection: &Connection, code: RDKafkaErrorCode, reason: &str) {
    connection.error(KafkaError::Global(code), reason);
}

#[test]
fn a_broker_that_holds_the_join_of_a_group_is_not_said_to_be_away() {
    assert_eq!(replayed(HELD, |_| ()), Vec::<String>::new());
}

#[test]
fn a_broker_that_freezes_while_it_holds_a_join_is_told_once() {
    let told = replayed(FROZEN, |_| ());
    assert!(told.len() == 1 && told[0].contains(AWAY), "{told:#?}");
}

#[test]
fn a_client_whose_connections_were_closed_for_want_of_use_is_no_sign_of_a_broker_that_is_away() {
    let told = replayed(IDLE, |connection| error(connection, RDKafkaErrorCode::AllBrokersDown, "1/1 brokers are down"));
    assert_eq!(told, Vec::<String>::new());
}

#[test]
fn a_broker_that_kafka_names_and_nobody_reaches_is_told_as_that_and_not_as_kafka_being_away() {
    let told = replayed(ADVERTISED, |connection| {
        let refused =
            "127.0.0.1:9/1: Connect to ipv4#127.0.0.1:9 failed: Connection refused (after 0ms in state CONNECT)";
        error(connection, RDKafkaErrorCode::BrokerTransportFailure, refused);
        error(connection, RDKafkaErrorCode::AllBrokersDown, "1/1 brokers are down");
    });
    assert_eq!(told.len(), 1, "{told:#?}");
    for text in [
        "Kafka at 127.0.0.1:9092 answers, but not the broker 127.0.0.1:9 ",
        "Connection refused)",
        "advertised.listeners",
    ] {
        assert!(told[0].contains(text), "{told:#?}");
    }
}

#[test]
fn a_kafka_that_is_not_there_is_told_with_the_reason_and_again_that_it_is_back() {
    let second = |second| Instant::now() + Duration::from_secs(u64::from(second));
    let told = logged(tracing::Level::INFO, |connection| {
        error(
            &connection,
            RDKafkaErrorCode::Resolve,
            "nowhere:9092/bootstrap: Failed to resolve 'nowhere:9092': Name or service not known (after 3ms in state CONNECT)",
        );
        error(&connection, RDKafkaErrorCode::AllBrokersDown, "1/1 brokers are down");
        let mut nowhere: Statistics = serde_json::from_str(HELD.lines().next().unwrap()).unwrap();
        nowhere.brokers.clear();
        (1..10).for_each(|n| connection.listen(&made(&nowhere, n), second(n)));
        let there: Statistics = serde_json::from_str(HELD.lines().next().unwrap()).unwrap();
        (11..13).for_each(|n| connection.listen(&made(&there, n), second(n)));
    });
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 2, "{told}");
    assert!(
        lines[0].contains(&format!(
            "{AWAY} (nowhere:9092/bootstrap: Failed to resolve 'nowhere:9092': Name or service not known)"
        )),
        "{told}"
    );
    assert!(lines[1].contains("answers again"), "{told}");
}

#[test]
fn a_kafka_that_stays_away_is_told_each_minute_until_it_is_back() {
    let told = logged(tracing::Level::INFO, |connection| {
        let begin = Instant::now();
        let second = |second| begin + Duration::from_secs(u64::from(second));
        error(&connection, RDKafkaErrorCode::AllBrokersDown, "1/1 brokers are down");
        let there: Statistics = serde_json::from_str(HELD.lines().next().unwrap()).unwrap();
        let nowhere = Statistics { brokers: HashMap::new(), ..there.clone() };
        (1..150).for_each(|n| connection.listen(&made(&nowhere, n), second(n)));
        (150..300).for_each(|n| connection.listen(&made(&there, n), second(n)));
    });
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 4, "{told}");
    for (line, seconds) in lines[1..3].iter().zip(["60 s", "120 s"]) {
        assert!(line.contains("ERROR") && line.contains(&format!("9092 has answered for {seconds}")), "{told}");
    }
    assert!(lines[3].contains("answers again"), "{told}");
}

/// The same of another second.
fn made(statistics: &Statistics, second: u32) -> Statistics {
    Statistics { ts: statistics.ts + i64::from(second) * 1_000_000, ..statistics.clone() }
}

#[test]
fn statistics_that_waited_show_what_was_when_they_were_made() {
    let frozen: Vec<Statistics> = FROZEN.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = logged(tracing::Level::INFO, |connection| {
        let begin = Instant::now();
        let at = |second: usize| begin + Duration::from_secs(second as u64);
        // One client tells in time, another all at once at the end, since its thread was at something else.
        frozen.iter().zip(1..).for_each(|(statistics, second)| connection.listen(statistics, at(second)));
        for statistics in &frozen {
            let mut other = statistics.clone();
            other.name.push('2');
            connection.listen(&other, at(frozen.len() + 1));
        }
    });
    assert!(told.lines().count() == 1 && told.contains(AWAY), "{told}");
}

#[test]
fn two_clients_that_see_different_brokers_take_no_turns() {
    let held: Vec<Statistics> = FROZEN.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = logged(tracing::Level::INFO, |connection| {
        for (frozen, second) in held.into_iter().zip(1..) {
            let now = Instant::now() + Duration::from_secs(second);
            connection.listen(&frozen, now);
            let mut other = frozen.clone();
            other.name.push('2');
            other.brokers.values_mut().for_each(|broker| (broker.rxidle, broker.waitresp_cnt) = (500_000, 1));
            connection.listen(&other, now);
        }
    });
    assert_eq!(told, "");
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
    let connection = Connection::new(&["localhost:9092".into()], FETCH_WAIT);
    let written: Vec<bool> = ["a", "b", "a", "b"].iter().map(|line| !connection.repeated(line)).collect();
    assert_eq!(written, [true, true, false, false]);
}

#[test]
fn what_is_remembered_of_the_log_is_bounded() {
    let connection = Connection::new(&["localhost:9092".into()], FETCH_WAIT);
    (0..10 * REMEMBERED).for_each(|line| assert!(!connection.repeated(&line.to_string())));
    assert!(connection.lines.lock().remembered() <= REMEMBERED);
}

const SESSION: &str = "[thrd:main]: Consumer group session timed out (in join-state steady) after 45202 ms without a \
                       successful response from the group coordinator (broker 1, last error was Success)";

#[test]
fn a_session_that_ends_while_no_broker_answers_is_said_by_that_alone() {
    let statistics: Statistics = serde_json::from_str(IDLE.lines().next().unwrap()).unwrap();
    let told = |is_lost| {
        warnings(|connection| {
            connection.log(RDKafkaLogLevel::Warning, "SESSTMOUT", SESSION);
            if is_lost {
                connection.lost(&mut connection.known(), Instant::now());
            }
            connection.listen(&statistics, Instant::now() + Duration::from_secs(10));
        })
    };
    assert_eq!(told(false).matches("Consumer group session timed out").count(), 1);
    let told = told(true);
    assert!(told.contains(AWAY) && !told.contains("session timed out"), "{told}");
}

#[test]
fn what_the_client_says_of_rights_is_said_only_where_nobody_says_it_better() {
    let statistics: Statistics = serde_json::from_str(IDLE.lines().next().unwrap()).unwrap();
    let fetch = "Fetch from broker 1 failed: Broker: Topic authorization failed";
    let told = |resource| {
        warnings(|connection| {
            error(&connection, RDKafkaErrorCode::TopicAuthorizationFailed, fetch);
            let refused = KafkaError::MessageConsumption(RDKafkaErrorCode::TopicAuthorizationFailed);
            assert_eq!(connection.denied(&refused, resource, &[Operation::Read]), resource != Resource::Group("g"));
            connection.listen(&statistics, Instant::now() + Duration::from_secs(10));
        })
    };
    assert_eq!(told(Resource::Group("g")).matches(fetch).count(), 1);
    let told = told(Resource::Topic("t"));
    assert!(told.contains("no right to Read topic t") && !told.contains(fetch), "{told}");
}

#[test]
fn a_right_that_is_missing_is_told_once_whatever_is_refused_for_it() {
    let told = warnings(|connection| {
        for code in [RDKafkaErrorCode::TopicAuthorizationFailed, RDKafkaErrorCode::ClusterAuthorizationFailed] {
            assert!(connection.denied(&KafkaError::Global(code), Resource::Topic("t"), &[Operation::Write]));
        }
    });
    assert_eq!(told.matches("no right to Write topic t").count(), 1, "{told}");
}
