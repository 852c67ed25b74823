use super::parse;
use crate::config::tests::{config, problem};
use std::time::Duration;

const SERVE: &str = "  serve:\n    factory";

#[test]
fn each_unit_counts() {
    for (text, milliseconds) in
        [("5ms", 5), ("25s", 25_000), ("2m", 120_000), ("1h", 3_600_000), ("0s", 0), ("1 s", 1_000)]
    {
        assert_eq!(parse(text), Some(Duration::from_millis(milliseconds)), "{text}");
    }
    for text in ["", "s", "5", "1.5s", "-1s", "5 min", "5sec", "99999999999999999999s", "9999999999999999h", "٥s"] {
        assert_eq!(parse(text), None, "{text}");
    }
}

#[test]
fn a_number_without_a_unit_a_zero_and_an_age_are_refused() {
    let with = |value: &str| problem(SERVE, &format!("  serve:\n    predict_timeout: {value}\n    factory"));
    insta::assert_snapshot!(with("30"), @"15: operators.serve.predict_timeout: `30` has no unit; write for example `5ms`, `25s`, `2m` or `1h`");
    insta::assert_snapshot!(with("0s"), @"15: operators.serve.predict_timeout: `0s` leaves no time at all; give it at least `1ms`, or remove the key for the default");
    insta::assert_snapshot!(with("25h"), @"15: operators.serve.predict_timeout: `25h` is too long; give it at most `24h`");
    insta::assert_snapshot!(with("[5s]"), @"15: operators.serve.predict_timeout: this must be text, not a list");
}

#[test]
fn no_delay_at_all_is_a_delay() {
    config(SERVE, "  serve:\n    batch: 8\n    max_delay: 0ms\n    factory");
}
