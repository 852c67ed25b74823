use crate::config::tests::{changed, config, problem, without_file};

const PAGE: &str = "Kafka:\n  endpoint: \"localhost\"";

#[test]
fn the_section_has_two_names_but_not_at_once() {
    assert_eq!(config(PAGE, "kafka: {endpoint: a}").kafka.endpoints, ["a:9092"]);
    assert_eq!(config(PAGE, "kafka:\nKafka: {endpoint: a}").kafka.endpoints, ["a:9092"]);
    insta::assert_snapshot!(problem(PAGE, "kafka: {endpoint: a}\nKafka: {endpoint: b}"), @"4: Kafka: `kafka` and `Kafka` are the same section, which is already on line 3; keep one of the two");
}

#[test]
fn without_an_endpoint_the_file_doesn_t_say_where_kafka_is() {
    insta::assert_snapshot!(problem(PAGE, ""), @r#"1: kafka: this key is missing; say where Kafka is, for example `endpoint: "localhost:9092"`"#);
    insta::assert_snapshot!(problem(PAGE, "Kafka: {}"), @r#"3: Kafka.endpoint: this key is missing; say where Kafka is, for example `endpoint: "localhost:9092"`"#);
    insta::assert_snapshot!(without_file(&changed(PAGE, "Kafka: localhost").problems.to_string()), @"3: Kafka: this must be a mapping of keys and values, not `localhost`");
}
