use crate::config::tests::{config, problem, warnings};

#[test]
fn a_name_that_kafka_refuses_is_refused() {
    let wrong = |name: &str| {
        let page = crate::config::tests::example("serve.yaml");
        let text = page.replacen("name: data", &format!("name: {name}"), 1);
        crate::config::tests::service(&text).problems.iter().next().unwrap().message.clone()
    };
    for name in [".", "..", "\"\"", "a/b", "é", &"x".repeat(250)] {
        assert!(wrong(name).contains("can't be a topic's name"), "{name}");
    }
    config("- name: data", &format!("- {{name: {0}}}\n  - name: data", "x".repeat(249)));
}

#[test]
fn a_source_that_isn_t_listed_suggests_the_nearest_topic() {
    insta::assert_snapshot!(problem("- name: data", "- name: dat"), @"18: operators.serve.sources[1]: there is no topic `data` in `topics`; did you mean `dat`?");
    insta::assert_snapshot!(problem("- data", "- events"), @"18: operators.serve.sources[1]: there is no topic `events` in `topics`; describe it there, as `- name: events`");
}

#[test]
fn a_topic_listed_twice_is_told_with_its_first_line() {
    insta::assert_snapshot!(problem("operators:", "  - name: data\noperators:"), @"13: topics[3]: the topic `data` is already on line 6; keep one of the two");
}

#[test]
fn a_topic_that_nothing_uses_is_a_warning() {
    insta::assert_snapshot!(warnings("operators:", "  - name: spare\noperators:"), @"13: topics[3]: no source or sink uses the topic `spare`; remove it, or name it in `sources` or `sinks`");
}

#[test]
fn keys_of_maki_nage_0_8_are_warnings_that_say_what_replaces_them() {
    for key in [
        "partition_selector",
        "timestamp_mapper",
        "merge_lookup_depth",
        "source_type",
        "max_request_size",
        "max_partition_fetch_bytes",
    ] {
        for before in ["    encoder: makinage.encoding.json", "  endpoint: \"localhost\""] {
            let indent = " ".repeat(before.len() - before.trim_start().len());
            let warnings = warnings(before, &format!("{before}\n{indent}{key}: 1"));
            assert!(warnings.contains(&format!(".{key}: this key of Maki Nage 0.8 isn't needed")), "{warnings}");
        }
    }
}
