use super::Encoder;
use crate::config::tests::{config, problem};

const PAGE: &str = "  - name: data\n    encoder: makinage.encoding.json";

fn with(encoder: &str) -> String {
    format!("  - name: data\n    encoder: {encoder}")
}

#[test]
fn an_encoder_is_ours_or_a_module_of_the_user_s() {
    let encoder = |name: &str| config(PAGE, &with(name)).operator.data[0].encoder.clone();
    assert_eq!(encoder("makinage.encoding.string"), Encoder::String);
    assert_eq!(encoder("my_package.codec_2"), Encoder::Module("my_package.codec_2".into()));
    assert_eq!(encoder("null"), Encoder::String, "an unset encoder is string, as in Maki Nage");
}

#[test]
fn any_other_name_is_refused_with_the_nearest() {
    insta::assert_snapshot!(problem(PAGE, &with("json")), @"7: topics[0].encoder: there is no encoder `json`; did you mean `makinage.encoding.json`?");
    insta::assert_snapshot!(problem(PAGE, &with("makinage.encodings.json")), @"7: topics[0].encoder: there is no encoder `makinage.encodings.json`; did you mean `makinage.encoding.json`?");
    insta::assert_snapshot!(problem(PAGE, &with("makinage.x")), @"7: topics[0].encoder: there is no encoder `makinage.x`; use one of `makinage.encoding.json`, `makinage.encoding.string`, `makinage.encoding.none`, `makinage.encoding.pickle`");
    insta::assert_snapshot!(problem(PAGE, &with("my-codec")), @"7: topics[0].encoder: `my-codec` isn't the name of a Python module; use `makinage.encoding.json`, or a module of your own with `encode` and `decode`, as `my_package.my_codec`");
    insta::assert_snapshot!(problem(PAGE, &with("my_codec:encode")), @"7: topics[0].encoder: `my_codec:encode` isn't the name of a Python module; use `makinage.encoding.json`, or a module of your own with `encode` and `decode`, as `my_package.my_codec`");
    insta::assert_snapshot!(problem(PAGE, &with("a..b")), @"7: topics[0].encoder: `a..b` isn't the name of a Python module; use `makinage.encoding.json`, or a module of your own with `encode` and `decode`, as `my_package.my_codec`");
}
