use super::in_words;
use crate::config::tests::{example, service};

fn read(text: &str) -> crate::config::Config {
    let reading = service(text);
    reading.config.unwrap_or_else(|| panic!("{}", reading.problems))
}

/// The keys that need a restart when this is replaced in the tuned example, and whether anything has changed at all.
fn change(from: &str, to: &str) -> (Vec<String>, bool) {
    let tuned = example("serve-tuned.yaml");
    assert!(tuned.contains(from), "no {from:?}");
    let (old, new) = (read(&tuned), read(&tuned.replacen(from, to, 1)));
    (old.needs_restart(&new), !old.means_the_same_as(&new))
}

#[test]
fn what_goes_with_a_generation_can_change_while_the_service_runs() {
    for (from, to) in [
        ("threshold: 0.8", "threshold: 0.9"),
        ("threshold: 0.8", "predict: my_model.serve:predict"),
        ("workers: auto", "workers: 2"),
        ("batch: 32", "batch: 33"),
        ("row_wise: auto", "row_wise: false"),
        ("coalesce: auto", "coalesce: true"),
        ("native: true", "native: false"),
        ("max_delay: 10ms", "max_delay: 11ms"),
        ("predict_timeout: 1m", "predict_timeout: 2m"),
        ("load_timeout: 5m", "load_timeout: 6m"),
        ("python: python3", "python: /usr/bin/python3"),
        ("- name: data\n    encoder: makinage.encoding.json", "- name: data\n    encoder: my_codec"),
        ("- name: predict", "- name: predict\n    allow_pickle: false"),
    ] {
        assert_eq!(change(from, to), (vec![], true), "{from:?} -> {to:?}");
    }
    let page = example("serve.yaml");
    let (skips, stops) = (read(&page), read(&page.replacen("sinks:", "on_error: stop\n    sinks:", 1)));
    assert!(skips.needs_restart(&stops).is_empty() && !skips.means_the_same_as(&stops));
}

#[test]
fn what_needs_a_restart_is_named_key_by_key() {
    for (from, to, keys) in [
        ("name: my_model_serving", "name: other", vec!["application.name"]),
        ("stop_timeout: 20s", "stop_timeout: 21s", vec!["application.stop_timeout"]),
        ("\"kafka-1\", ", "", vec!["kafka.endpoint"]),
        ("linger.ms: 1", "linger.ms: 2", vec!["kafka.properties.linger.ms"]),
        (
            "linger.ms: 1",
            "socket.nagle.disable: true",
            vec!["kafka.properties.linger.ms", "kafka.properties.socket.nagle.disable"],
        ),
        ("[model, data, trusted]", "[model, trusted]", vec!["operators.serve.sources"]),
        ("[model, data, trusted]", "[model, trusted, data]", vec!["operators.serve.sources"]),
        ("sinks: [predict]", "sinks: [spare]", vec!["operators.serve.sinks"]),
        ("dead_letter: dead", "dead_letter: spare", vec!["operators.serve.dead_letter"]),
        ("    dead_letter: dead\n", "", vec!["operators.serve.dead_letter"]),
        ("start_from: beginning", "start_from: end", vec!["start_from of the topic data"]),
        ("start_from: last", "start_from: end", vec!["start_from of the topic model"]),
        ("operators:\n  serve:", "operators:\n  other:", vec!["operators.serve"]),
    ] {
        let (from_spare, to_spare) = ("topics:\n", "topics:\n  - {name: spare, encoder: makinage.encoding.json}\n");
        let tuned = example("serve-tuned.yaml").replacen(from_spare, to_spare, 1);
        assert!(tuned.contains(from), "no {from:?}");
        let (old, new) = (read(&tuned), read(&tuned.replacen(from, to, 1)));
        assert_eq!(old.needs_restart(&new), keys, "{from:?} -> {to:?}");
    }
}

#[test]
fn comments_layout_and_order_change_nothing() {
    let page = example("serve.yaml");
    let same = "# a comment\nconfig: {serve: {}}\n".to_owned() + &page.replace("config:\n  serve: {}\n", "");
    assert_ne!(page, same);
    assert!(read(&page).means_the_same_as(&read(&same)));
}

#[test]
fn integers_of_any_size_differ_by_their_last_digit() {
    let with = |number: &str| read(&example("serve.yaml").replace("serve: {}", &format!("serve: {{n: {number}}}")));
    let (one, other) =
        (with("100000000000000000000000000000000000001"), with("100000000000000000000000000000000000002"));
    assert!(!one.means_the_same_as(&other));
}

#[test]
fn of_many_keys_some_are_named() {
    let keys = ["a", "b", "c", "d", "e", "f", "g"].map(str::to_owned);
    assert_eq!(
        [&keys[..2], &keys[..]].map(in_words),
        ["a, b", "a, b, c, d, e and 2 more keys"].map(|words| Some(words.to_owned()))
    );
    assert_eq!(in_words(&[]), None);
}
