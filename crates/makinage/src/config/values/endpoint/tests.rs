use proptest::prelude::*;

use super::server;
use crate::config::tests::{config, problem};

const PAGE: &str = "endpoint: \"localhost\"";

#[test]
fn one_several_or_a_list_and_9092_where_no_port_is_given() {
    let endpoints = |yaml: &str| config(PAGE, &format!("endpoint: {yaml}")).kafka.endpoints;
    assert_eq!(endpoints("localhost"), ["localhost:9092"]);
    assert_eq!(endpoints("localhost:9092"), ["localhost:9092"]);
    assert_eq!(endpoints("\"a, b:1 ,c_d.e-f\""), ["a:9092", "b:1", "c_d.e-f:9092"]);
    assert_eq!(endpoints("[a, \"b:2,c\"]"), ["a:9092", "b:2", "c:9092"]);
    assert_eq!(endpoints("\"[::1],[fe80::1]:9093\""), ["[::1]:9092", "[fe80::1]:9093"]);
}

#[test]
fn what_names_no_server_is_refused_with_an_example() {
    let wrong = |yaml: &str| problem(PAGE, &format!("endpoint: {yaml}"));
    insta::assert_snapshot!(wrong("\"localhost:0\""), @r#"4: Kafka.endpoint: `localhost:0` has no valid port; use a number from 1 to 65535, for example "localhost:9092""#);
    insta::assert_snapshot!(wrong("\"localhost:+9\""), @r#"4: Kafka.endpoint: `localhost:+9` has no valid port; use a number from 1 to 65535, for example "localhost:9092""#);
    insta::assert_snapshot!(wrong("\"localhost:\""), @r#"4: Kafka.endpoint: `localhost:` has no valid port; use a number from 1 to 65535, for example "localhost:9092""#);
    insta::assert_snapshot!(wrong("\"::1\""), @r#"4: Kafka.endpoint: `::1` is an IPv6 address; put it in brackets: "[::1]:9092""#);
    insta::assert_snapshot!(wrong("\"[::1\""), @r#"4: Kafka.endpoint: `[::1` is no IPv6 address in brackets; write for example "[::1]:9092""#);
    insta::assert_snapshot!(wrong("\"[::1]9092\""), @r#"4: Kafka.endpoint: `[::1]9092` is no IPv6 address in brackets; write for example "[::1]:9092""#);
    insta::assert_snapshot!(wrong("\"a b\""), @r#"4: Kafka.endpoint: `a b` names no host; write for example "localhost:9092""#);
    insta::assert_snapshot!(wrong("\"a,\""), @r#"4: Kafka.endpoint: `` names no host; write for example "localhost:9092""#);
    insta::assert_snapshot!(wrong("PLAINTEXT://a:9092"), @r#"4: Kafka.endpoint: `PLAINTEXT://a:9092` is a URL; write only host and port, for example "localhost:9092""#);
    insta::assert_snapshot!(wrong("[]"), @r#"4: Kafka.endpoint: this list is empty; name at least one server of Kafka, for example "localhost:9092""#);
    insta::assert_snapshot!(wrong("9092"), @"4: Kafka.endpoint: `9092` isn't text in YAML; put it in quotes");
    insta::assert_snapshot!(wrong("[a, {b: c}]"), @"4: Kafka.endpoint[1]: this must be text, not a mapping");
    insta::assert_snapshot!(wrong(""), @r#"4: Kafka.endpoint: this key has no value; say where Kafka is, for example `endpoint: "localhost:9092"`"#);
    insta::assert_snapshot!(wrong("\"${env:KAFKA}\""), @"4: Kafka.endpoint: this key takes no references as `${env:…}` and `${file:…}`: write the value itself (secrets and the like take them: kafka.security, kafka.properties, kafka.instance, http.token, traces.headers)");
}

#[test]
fn no_password_is_shown() {
    insta::assert_snapshot!(problem(PAGE, "endpoint: \"me:se,cret@kafka-1:9092\""), @"4: Kafka.endpoint: this is more than a server's host and port; write only these, as `kafka-1:9092`");
    insta::assert_snapshot!(problem(PAGE, "endpoint: \"SSL://me:secret@kafka-1:9092\""), @r#"4: Kafka.endpoint: `SSL://kafka-1:9092` is a URL; write only host and port, for example "localhost:9092""#);
    insta::assert_snapshot!(problem(PAGE, "endpoint: \"kafka-1:9092?token=secret\""), @"4: Kafka.endpoint: this is more than a server's host and port; write only these, as `kafka-1:9092`");
}

proptest! {
    #[test]
    fn whatever_is_accepted_is_a_host_and_a_port(text in "[a-z0-9.:\\[\\]+ -]{0,20}") {
        if let Ok(server) = server(&text) {
            let (host, port) = server.rsplit_once(':').unwrap();
            prop_assert!(!host.is_empty() && !host.contains(' '));
            prop_assert!(port.parse::<u16>().unwrap() > 0);
        }
    }
}
