use crate::config::tests::{config, problem, warnings};

const PAGE: &str = "config:\n  serve: {}";

#[test]
fn an_operator_s_own_section_comes_before_serve() {
    let rename = "  serve:\n    factory";
    let page = crate::config::tests::example("serve.yaml").replacen(rename, "  fraud:\n    factory", 1);
    let hook = |config: &str| {
        let text = page.replacen(PAGE, config, 1);
        crate::config::tests::service(&text).config.unwrap().operator.hooks.predict
    };
    assert_eq!(hook("config: {fraud: {predict: 'a:f'}, serve: {predict: 'b:g'}}").as_deref(), Some("a:f"));
    assert_eq!(hook("config: {serve: {predict: 'b:g'}}").as_deref(), Some("b:g"));
    assert_eq!(hook("config: {fraud: {}, serve: {predict: 'b:g'}}"), None);
}

#[test]
fn all_else_below_config_is_the_user_s_own() {
    let text = "config:\n  anything: ${env:MINE}\n  serve: {threshold: 0.8, 5: [], workers: 0, predict: null}";
    assert_eq!(warnings(PAGE, text), "");
    config(PAGE, text);
}

#[test]
fn a_hook_is_a_module_and_a_function() {
    let wrong = |name: &str| problem(PAGE, &format!("config:\n  serve:\n    predict: {name}"));
    for name in ["my_model.serve", "a:b:c", "a:b.c", ":f", "a:", "a b:c", "a..b:c", "1a:f", "a/b.py:f", ""] {
        let problem = wrong(&format!("'{name}'"));
        assert!(problem.contains("names no function; write `module:function`"), "{problem}");
    }
    insta::assert_snapshot!(wrong("[a]"), @"23: config.serve.predict: this must be text, not a list");
    assert_eq!(
        config(PAGE, "config: {serve: {predict: 'größe.b:_f'}}").operator.hooks.predict.as_deref(),
        Some("größe.b:_f")
    );
}

#[test]
fn a_misspelt_hook_is_pointed_out() {
    insta::assert_snapshot!(warnings(PAGE, "config: {serve: {pretransform: 'a:f', prediction_url: 'http://x'}}"), @"21: config.serve.pretransform: `pretransform` is no hook, so its step stays as it is by default; did you mean `pre_transform`?");
}

#[test]
fn a_section_that_holds_no_keys_is_refused() {
    insta::assert_snapshot!(problem(PAGE, "config: 5"), @"21: config: this must be a mapping of keys and values, not `5`");
    insta::assert_snapshot!(problem(PAGE, "config:\n  serve: [a]"), @"22: config.serve: this must be a mapping of keys and values, not a list");
}
