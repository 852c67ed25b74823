use super::{Batch, Guarantee, OnError, RowWise};
use crate::config::{
    sections::probation::Probation,
    tests::{changed, config, problem, without_file},
};
use std::time::Duration;

const SERVE: &str = "  serve:\n    factory";

fn with(keys: &str) -> String {
    format!("  serve:\n    {keys}\n    factory")
}

#[test]
fn auto_leaves_a_core_to_the_service() {
    assert_eq!(config(SERVE, &with("workers: auto")).operator.tuning.workers, 3);
    assert_eq!(config(SERVE, &with("workers: 64")).operator.tuning.workers, 64);
    insta::assert_snapshot!(problem(SERVE, &with("workers: 65")), @"15: operators.serve.workers: this must be `auto` or a whole number from 1 to 64, not `65`");
    insta::assert_snapshot!(problem(SERVE, &with("workers: -1")), @"15: operators.serve.workers: this must be `auto` or a whole number from 1 to 64, not `-1`");
    insta::assert_snapshot!(problem(SERVE, &with("workers: 1.0")), @"15: operators.serve.workers: this must be `auto` or a whole number from 1 to 64, not `1.0`");
    insta::assert_snapshot!(problem(SERVE, &with("workers: all")), @"15: operators.serve.workers: this must be `auto` or a whole number from 1 to 64, not `all`");
    insta::assert_snapshot!(problem(SERVE, &with("workers: ${env:WORKERS}")), @"15: operators.serve.workers: this key takes no references as `${env:…}` and `${file:…}`: write the value itself (secrets and the like take them: kafka.security, kafka.properties, kafka.instance, http.token, traces.headers)");
}

#[test]
fn a_fixed_batch_waits_for_company() {
    let batch = |keys: &str| config(SERVE, &with(keys)).operator.tuning.batching();
    assert_eq!(batch("batch: auto"), Batch::Auto);
    assert_eq!(batch("batch: 1"), Batch::Fixed { rows: 1, max_delay: Duration::from_millis(5) });
    assert_eq!(batch("batch: 1024\n    max_delay: 1s"), Batch::Fixed { rows: 1024, max_delay: Duration::from_secs(1) });
    insta::assert_snapshot!(problem(SERVE, &with("batch: 0")), @"15: operators.serve.batch: this must be `auto` or a whole number from 1 to 1024, not `0`");
    insta::assert_snapshot!(problem(SERVE, &with("batch: 1025")), @"15: operators.serve.batch: this must be `auto` or a whole number from 1 to 1024, not `1025`");
    insta::assert_snapshot!(problem(SERVE, &with("max_delay: 5ms")), @"15: operators.serve.max_delay: an automatic batch never waits, so `max_delay` means nothing; remove it, or add a fixed size as `batch: 32`");
    insta::assert_snapshot!(problem(SERVE, &with("batch: {size: 5}")), @"15: operators.serve.batch: this must be `auto` or a whole number from 1 to 1024, not a mapping");
}

#[test]
fn calls_of_hooks_become_one_when_their_source_or_the_user_says_so() {
    let coalesce = |keys: &str| config(SERVE, &with(keys)).operator.tuning.coalesce;
    assert_eq!(config(SERVE, SERVE).operator.tuning.coalesce, None);
    assert_eq!(coalesce("coalesce: auto"), None);
    assert_eq!(coalesce("coalesce: true"), Some(true));
    assert_eq!(coalesce("coalesce: false"), Some(false));
    insta::assert_snapshot!(problem(SERVE, &with("coalesce: never")), @"15: operators.serve.coalesce: this must be `auto`, `true` or `false`, not `never`");
}

#[test]
fn a_model_is_computed_natively_unless_the_user_says_no() {
    let native = |keys: &str| config(SERVE, &with(keys)).operator.tuning.native;
    assert!(config(SERVE, SERVE).operator.tuning.native && native("native: true") && !native("native: false"));
    insta::assert_snapshot!(problem(SERVE, &with("native: auto")), @"15: operators.serve.native: this must be `true` or `false`, not `auto`");
}

#[test]
fn a_model_is_row_wise_when_it_is_seen_or_said_to_be() {
    let row_wise = |keys: &str| config(SERVE, &with(keys)).operator.tuning.row_wise;
    assert_eq!(config(SERVE, SERVE).operator.tuning.row_wise, RowWise::Seen);
    assert_eq!(row_wise("row_wise: auto"), RowWise::Seen);
    assert_eq!(row_wise("row_wise: true"), RowWise::Always);
    assert_eq!(row_wise("row_wise: false"), RowWise::Never);
    insta::assert_snapshot!(problem(SERVE, &with("row_wise: yes")), @"15: operators.serve.row_wise: this must be `auto`, `true` or `false`, not `yes`");
}

#[test]
fn only_transactions_have_an_interval() {
    let tuning = |keys: &str| config(SERVE, &with(keys)).operator.tuning;
    assert_eq!(config(SERVE, SERVE).operator.tuning.delivery, Guarantee::AtLeastOnce);
    let exactly_once = tuning("delivery: exactly_once");
    assert_eq!(exactly_once.delivery, Guarantee::ExactlyOnce);
    assert_eq!(exactly_once.commit_interval, Duration::from_millis(100));
    assert_eq!(tuning("delivery: exactly_once\n    commit_interval: 1s").commit_interval, Duration::from_secs(1));
    insta::assert_snapshot!(problem(SERVE, &with("delivery: at_most_once")), @"15: operators.serve.delivery: `at_most_once` is none of the values of this key; did you mean `at_least_once`?");
    insta::assert_snapshot!(problem(SERVE, &with("commit_interval: 1s")), @"15: operators.serve.commit_interval: outputs are seen as soon as they are written, so `commit_interval` means nothing; remove it, or add `delivery: exactly_once`");
}

#[test]
fn a_failed_event_is_skipped_or_stops() {
    assert_eq!(config(SERVE, &with("on_error: stop")).operator.tuning.on_error, OnError::Stop);
    insta::assert_snapshot!(problem(SERVE, &with("on_error: retry")), @"15: operators.serve.on_error: `retry` is none of the values of this key; use one of `skip`, `stop`");
    let beside_letters = |on_error: &str| with(&format!("dead_letter: predict\n    on_error: {on_error}"));
    assert!(changed(SERVE, &beside_letters("skip")).problems.to_string().contains("the sink"));
    let problems = changed(SERVE, &beside_letters("stop")).problems.to_string();
    insta::assert_snapshot!(without_file(problems.lines().last().unwrap_or_default()), @"16: operators.serve.on_error: with a `dead_letter` topic an event that fails goes there, and the service goes on; remove one of the two");
}

#[test]
fn a_generation_is_on_probation_for_crashes_unless_the_file_says_otherwise() {
    let probation = |keys: &str| config(SERVE, &with(keys)).operator.tuning.probation;
    let default = Probation { time: Duration::from_mins(10), crashes: Some(3), error_rate: None };
    assert_eq!(probation("workers: 1"), default);
    assert_eq!(probation("probation: {error_rate: 0.2}"), Probation { error_rate: Some(0.2), ..default });
    assert_eq!(probation("probation: {crashes: off, time: 0s}").crashes, None);
    insta::assert_snapshot!(problem(SERVE, &with("probation: {error_rate: 20}")), @"15: operators.serve.probation.error_rate: this must be a share from 0 to 1, not `20`; write for example `error_rate: 0.2`");
    insta::assert_snapshot!(problem(SERVE, &with("probation: {crash: 1}")), @"15: operators.serve.probation.crash: there is no key `crash` here; did you mean `crashes`?");
    insta::assert_snapshot!(problem(SERVE, &with("probation: 5m")), @"15: operators.serve.probation: this must be a mapping of keys and values, not `5m`");
}

#[test]
fn a_memory_limit_is_a_size_that_python_fits_into() {
    let limit = |keys: &str| config(SERVE, &with(keys)).operator.tuning.memory_limit;
    assert_eq!(limit("workers: 1"), None);
    assert_eq!(limit("memory_limit: 2GB"), Some(2_000_000_000));
    assert_eq!(limit("memory_limit: 1 GiB"), Some(1 << 30));
    insta::assert_snapshot!(problem(SERVE, &with("memory_limit: 100MB")), @"15: operators.serve.memory_limit: `100MB` is too little; give it at least `200MB`");
    insta::assert_snapshot!(problem(SERVE, &with("memory_limit: 2000000000")), @"15: operators.serve.memory_limit: `2000000000` is no size; write a whole number and its unit: `512MB`, `2GB` or `1GiB`");
    insta::assert_snapshot!(problem(SERVE, &with("memory_limit: much")), @"15: operators.serve.memory_limit: `much` is no size; write a whole number and its unit: `512MB`, `2GB` or `1GiB`");
}
