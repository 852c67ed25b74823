use crate::config::tests::{changed, config, problem};

const SINK: &str = "  - name: predict\n    encoder: makinage.encoding.json";
const DATA: &str = "  - name: data\n    encoder: makinage.encoding.json";

#[test]
fn a_pair_that_its_encoder_can_t_encode_is_refused() {
    insta::assert_snapshot!(problem(SINK, "  - name: predict"), @"19: operators.serve.sinks[0]: without a `post_transform` an output is the pair of event and prediction, which `makinage.encoding.string` (the default) can't encode; use `encoder: makinage.encoding.json`, or a `post_transform` that returns text");
    insta::assert_snapshot!(problem(SINK, "  - name: predict\n    encoder: makinage.encoding.none"), @"12: topics[2].encoder: without a `post_transform` an output is the pair of event and prediction, which `makinage.encoding.none` can't encode; use `encoder: makinage.encoding.json`, or a `post_transform` that returns bytes");
    insta::assert_snapshot!(problem(DATA, "  - name: data\n    encoder: makinage.encoding.none"), @"7: topics[0].encoder: without a `post_transform` an output is the pair of event and prediction, and events of `data` are bytes, which JSON can't hold; use `makinage.encoding.json` or `string` here, or a `post_transform`");
}

#[test]
fn what_may_succeed_is_left_to_the_user() {
    config(SINK, "  - name: predict\n    encoder: my_codec");
    config(SINK, "  - name: predict\n    encoder: makinage.encoding.pickle");
    config(DATA, "  - name: data");
}

#[test]
fn a_post_transform_decides_its_output_even_if_it_is_misnamed() {
    let own = |name: &str| {
        let page = crate::config::tests::example("serve.yaml").replacen(SINK, "  - name: predict", 1);
        crate::config::tests::service(&page.replacen("serve: {}", &format!("serve: {{post_transform: {name}}}"), 1))
            .problems
    };
    assert_eq!(own("'a:b'").to_string(), "");
    assert_eq!(own("ab").iter().count(), 1);
    assert_eq!(changed("serve: {}", "serve: {post_transform: null}").problems.to_string(), "");
}
