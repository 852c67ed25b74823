use super::{DataStart, ModelStart};
use crate::config::{
    tests::{config, example, problem, service, warnings, without_file},
    values::encoder::Encoder,
};

const DATA: &str = "  - name: data\n    encoder: makinage.encoding.json";
const SOURCES: &str = "    sources:\n      - model\n      - data";

#[test]
fn the_first_source_is_the_model_topic_and_the_others_are_data() {
    let page = example("serve.yaml").replacen("operators:", "  - name: more\noperators:", 1);
    let text = page.replacen("      - data\n", "      - data\n      - more\n", 1);
    let operator = service(&text).config.unwrap().operator;
    assert_eq!(operator.model.name, "model");
    assert_eq!(operator.data.iter().map(|topic| topic.name.as_str()).collect::<Vec<_>>(), ["data", "more"]);
}

#[test]
fn a_model_topic_carries_bytes_and_starts_at_the_newest() {
    let model = "    encoder: makinage.encoding.none\n    start_from: last";
    assert_eq!(config(model, "").operator.model.start_from, ModelStart::Last);
    assert_eq!(config(model, "    start_from: end").operator.model.start_from, ModelStart::End);
    insta::assert_snapshot!(problem(model, "    start_from: beginning"), @"9: topics[1].start_from: of a model topic only the newest model counts; use `last` for it, or `end` for what is published from now on");
    insta::assert_snapshot!(problem(model, "    encoder: makinage.encoding.json"), @"9: topics[1].encoder: a model topic carries files as they are; use `makinage.encoding.none`");
}

#[test]
fn a_data_topic_starts_at_its_end_or_beginning() {
    let with = |start: &str| format!("{DATA}\n    start_from: {start}");
    assert_eq!(config(DATA, &with("beginning")).operator.data[0].start_from, DataStart::Beginning);
    assert_eq!(config(DATA, &with("end")).operator.data[0].start_from, DataStart::End);
    insta::assert_snapshot!(problem(DATA, &with("last")), @"8: topics[0].start_from: `last` is for model topics; events are always read on from where the consumer group stopped, so say where a new group starts: `end` or `beginning`");
    insta::assert_snapshot!(problem(DATA, &with("begining")), @"8: topics[0].start_from: `begining` is none of the values of this key; did you mean `beginning`?");
}

#[test]
fn a_pickle_is_read_only_where_that_is_allowed() {
    let with = |allow: &str| format!("  - name: data\n    encoder: makinage.encoding.pickle\n{allow}");
    assert_eq!(config(DATA, &with("    allow_pickle: true")).operator.data[0].encoder, Encoder::Pickle);
    insta::assert_snapshot!(problem(DATA, &with("")), @"7: topics[0].encoder: reading a pickle runs whatever code its sender put in; use another encoder, or write `allow_pickle: true` beside it if you trust all who can write to this topic");
    insta::assert_snapshot!(problem(DATA, &with("    allow_pickle: yes")), @"8: topics[0].allow_pickle: this must be `true` or `false`, not `yes`");
    insta::assert_snapshot!(warnings(DATA, &format!("{DATA}\n    allow_pickle: true")), @"8: topics[0].allow_pickle: nothing is unpickled from this topic, so `allow_pickle` means nothing here; remove it");
}

#[test]
fn a_topic_has_one_use() {
    insta::assert_snapshot!(problem("sinks:\n      - predict", "sinks: [data]"), @"19: operators.serve.sinks[0]: the topic `data` is a source too, so each output would come back as input; use another topic");
    insta::assert_snapshot!(problem(SOURCES, "    sources: [model, data, data]"), @"16: operators.serve.sources[2]: the topic `data` is in the list already; keep it once");
    insta::assert_snapshot!(problem(SOURCES, "    sources: [model, data, model]"), @"16: operators.serve.sources[2]: the topic `model` is the model topic already; events need a topic of their own");
}

#[test]
fn sources_and_sinks_are_lists_that_are_long_enough() {
    insta::assert_snapshot!(problem(SOURCES, "    sources: [model]"), @"16: operators.serve.sources[0]: this is the model topic, and no data topic follows; name the model topic first, then the data topics: `sources: [model, data]`");
    insta::assert_snapshot!(problem(SOURCES, "    sources: []"), @"16: operators.serve.sources: this list is empty; name the model topic first, then the data topics: `sources: [model, data]`");
    insta::assert_snapshot!(problem(SOURCES, "    sources: model"), @"16: operators.serve.sources: this must be a list, not `model`; write each item on a line of its own that begins with `- `");
    insta::assert_snapshot!(problem(SOURCES, ""), @"14: operators.serve.sources: this key is missing; name the model topic first, then the data topics: `sources: [model, data]`");
    insta::assert_snapshot!(problem("    sinks:\n      - predict", "    sinks:"), @"19: operators.serve.sinks: this key has no value; name the topic for the predictions: `sinks: [predict]`");
    insta::assert_snapshot!(problem("- predict\nconfig", "- predict\n      - data2\nconfig"), @"21: operators.serve.sinks[1]: several sinks aren't there yet; keep one");
}

#[test]
fn a_start_at_a_sink_means_nothing() {
    insta::assert_snapshot!(warnings("- name: predict", "- name: predict\n    start_from: end"), @"12: topics[2].start_from: predictions are only written to this topic, so `start_from` means nothing here; remove it");
}

/// The documented service with these dead letters, and a topic for them.
fn with_letters(operator: &str, topic: &str) -> String {
    let page = example("serve.yaml").replacen("operators:", &format!("  - name: dead\n{topic}operators:"), 1);
    page.replacen("    sources:", &format!("    dead_letter: {operator}\n    sources:"), 1)
}

fn said(text: &str) -> (String, String) {
    let reading = service(text);
    (without_file(&reading.problems.to_string()), without_file(&reading.warnings.to_string()))
}

#[test]
fn dead_letters_go_to_a_topic_of_their_own() {
    assert_eq!(config("sinks:", "sinks:").operator.dead_letter, None);
    let text = with_letters("dead", "    encoder: makinage.encoding.none\n");
    assert_eq!(said(&text), (String::new(), String::new()));
    assert_eq!(service(&text).config.unwrap().operator.dead_letter.as_deref(), Some("dead"));
    let problem = |name: &str| said(&with_letters(name, "").replace("  - name: dead\n", "")).0;
    insta::assert_snapshot!(problem("dead"), @"16: operators.serve.dead_letter: there is no topic `dead` in `topics`; describe it there, as `- name: dead`");
    insta::assert_snapshot!(problem("data"), @"16: operators.serve.dead_letter: the topic `data` is a source too, so each failed event would come back as input; use another topic for dead letters");
    insta::assert_snapshot!(problem("model"), @"16: operators.serve.dead_letter: the topic `model` is the model topic; use another topic for dead letters");
    insta::assert_snapshot!(problem("predict"), @"16: operators.serve.dead_letter: the topic `predict` is the sink, whose readers would take failed events for predictions; use another topic for dead letters");
}

#[test]
fn what_means_nothing_on_a_topic_that_is_only_written_to_is_told() {
    let topic = "    encoder: makinage.encoding.json\n    start_from: end\n    allow_pickle: false\n";
    insta::assert_snapshot!(said(&with_letters("dead", topic)).1, @r"
    14: topics[3].encoder: failed events go to this topic as they are, so `encoder` means nothing here; remove it
    15: topics[3].start_from: failed events are only written to this topic, so `start_from` means nothing here; remove it
    16: topics[3].allow_pickle: nothing is unpickled from this topic, so `allow_pickle` means nothing here; remove it
    ");
}
