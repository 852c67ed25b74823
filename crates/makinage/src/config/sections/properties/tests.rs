use super::*;
use crate::config::tests::{config, problem};

const PAGE: &str = "  endpoint: \"localhost\"";

fn with(properties: &str) -> String {
    format!("{PAGE}\n  properties: {properties}")
}

#[test]
fn librdkafka_gets_its_properties_as_text() {
    let properties = config(PAGE, &with("{linger.ms: 5, log.connection.close: False, debug: 'broker,topic', x: 0.50}"))
        .kafka
        .properties;
    let pairs: Vec<_> = properties.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        pairs,
        [("debug", "broker,topic"), ("linger.ms", "5"), ("log.connection.close", "false"), ("x", "0.50")]
    );
}

#[test]
fn what_would_break_a_promise_is_refused_by_name() {
    let names = REFUSED.iter().flat_map(|(names, _)| names.iter().copied());
    for name in names.chain(["dr_msg_cb", "rebalance_cb", "default_topic_conf"]) {
        let problem = problem(PAGE, &with(&format!("{{{name}: 1}}")));
        assert!(problem.starts_with(&format!("5: Kafka.properties.{name}: `{name}` can't be set: ")), "{problem}");
    }
}

#[test]
fn outputs_can_t_overtake_each_other() {
    for name in ["max.in.flight", "max.in.flight.requests.per.connection"] {
        assert_eq!(config(PAGE, &with(&format!("{{{name}: 5}}"))).kafka.properties[name], "5");
        assert!(problem(PAGE, &with(&format!("{{{name}: 6}}"))).contains("with `6` requests in flight"));
    }
}

#[test]
fn a_secret_s_value_is_not_shown() {
    let problem = problem(PAGE, &with("{sasl.password: hunter2}"));
    assert!(!problem.contains("hunter2"), "{problem}");
}
