use std::time::Duration;

use crate::config::tests::{config, problem};

const NAME: &str = "name: my_model_serving";

#[test]
fn a_name_is_a_consumer_group() {
    assert_eq!(config(NAME, "name: größer als 1").application.name, "größer als 1");
    for name in ["\"\"", "\" \"", "\" a\"", "\"a\\tb\"", &"x".repeat(250)] {
        let problem = problem(NAME, &format!("name: {name}"));
        assert!(problem.starts_with("2: application.name: Kafka can't have "), "{problem}");
    }
    insta::assert_snapshot!(problem(NAME, "name:"), @"2: application.name: this key has no value; name the application, for example `name: my_model_serving`");
    insta::assert_snapshot!(problem(NAME, "stop_timeout: 5s"), @"1: application.name: this key is missing; name the application, for example `name: my_model_serving`");
}

#[test]
fn a_stop_takes_some_time() {
    assert_eq!(config(NAME, &format!("{NAME}\n  stop_timeout: 1m")).application.stop_timeout, Duration::from_mins(1));
    insta::assert_snapshot!(problem(NAME, &format!("{NAME}\n  stop_timeout: 0ms")), @"3: application.stop_timeout: `0ms` leaves no time at all; give it at least `1ms`, or remove the key for the default");
}
