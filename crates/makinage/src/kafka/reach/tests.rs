use super::{Failures, failure, named_in, unreachable};

#[test]
fn what_another_broker_met_later_is_no_reason() {
    let mut failures = Failures::default();
    failures.note("broker.invalid:9092/1: Failed to resolve 'broker.invalid:9092' (after 3ms in state CONNECT)");
    failures.note("kafka:9092/bootstrap: Disconnected (after 10ms in state UP)");
    (0..100).for_each(|_| failures.note("GroupCoordinator: Connection refused"));
    assert_eq!(
        failures.about("broker.invalid:9092"),
        Some("broker.invalid:9092/1: Failed to resolve 'broker.invalid:9092'")
    );
    assert_eq!(failures.named("kafka:9092").map(|(broker, _)| broker), Some("broker.invalid:9092"));
    assert_eq!(failures.last().map(|(reason, _)| reason), Some("GroupCoordinator: Connection refused"));
    (0..100).for_each(|broker| failures.note(&format!("b:{broker}/1: refused")));
    assert!(failures.0.len() <= super::REMEMBERED + 1);
}

#[test]
fn a_broker_that_kafka_has_named_is_told_from_one_that_the_user_has() {
    let refused = "Connect to ipv4#10.0.0.7:9092 failed: Connection refused (after 0ms in state CONNECT)";
    for (name, named) in [
        ("10.0.0.7:9092/3", Some("10.0.0.7:9092")),
        ("[::1]:9092/0", Some("[::1]:9092")),
        ("kafka:9092/bootstrap", None),
        ("kafka:9092/3", None),
        ("GroupCoordinator", None),
    ] {
        assert_eq!(named_in(&format!("{name}: {refused}"), "other:1,kafka:9092"), named);
    }
    assert_eq!(named_in("3/3 brokers are down", "kafka:9092"), None);
}

#[test]
fn a_reason_is_what_people_can_use_of_it() {
    let line = "[thrd:127.0.0.1:9/1]: 127.0.0.1:9/1: Connect to ipv4#127.0.0.1:9 failed: Connection refused (after 0ms in state CONNECT)";
    assert_eq!(failure(line), "127.0.0.1:9/1: Connect to ipv4#127.0.0.1:9 failed: Connection refused");
    assert_eq!(failure("plain"), "plain");
}

#[test]
fn the_words_end_in_what_to_do() {
    let told = unreachable("k:1", "b:2", Some("model"), Some("refused"));
    assert!(told.starts_with(
        "Kafka at k:1 answers, but not the broker b:2 that it names, which leads the topic \"model\" (refused); "
    ));
    assert!(told.ends_with("make its advertised.listeners an address that this machine reaches"));
}
