use crate::config::tests::{changed, config, problem, without_file};

const FACTORY: &str = "factory: makinage.serve:serve";

#[test]
fn both_names_of_the_factory_serve() {
    config(FACTORY, "factory: makinage.serve.serve:serve");
}

#[test]
fn an_operator_that_doesn_t_serve_models_is_refused() {
    insta::assert_snapshot!(problem(FACTORY, "factory: my_app:compute"), @"15: operators.serve.factory: this program serves models, it has no operator `my_app:compute`; write `factory: makinage.serve:serve`, or run this operator elsewhere");
    insta::assert_snapshot!(problem(FACTORY, "factory: makinage.serve"), @"15: operators.serve.factory: this program serves models, it has no operator `makinage.serve`; did you mean `makinage.serve:serve`?");
    insta::assert_snapshot!(problem(FACTORY, "on_error: skip"), @"14: operators.serve.factory: this key is missing; write `factory: makinage.serve:serve`");
}

#[test]
fn the_serving_one_of_several_operators_is_read() {
    let reading = changed("operators:", "operators:\n  compute:\n    factory: my_app:compute");
    insta::assert_snapshot!(without_file(&reading.problems.to_string()), @"15: operators.compute.factory: this program serves models, it has no operator `my_app:compute`; write `factory: makinage.serve:serve`, or run this operator elsewhere");
}

#[test]
fn several_serving_operators_aren_t_there_yet() {
    let second = "  second: {factory: makinage.serve:serve, sources: [model, data], sinks: [predict]}\nconfig:";
    insta::assert_snapshot!(problem("config:", second), @"21: operators.second: several operators aren't there yet; keep one, and run another `makinage` for this one");
}

#[test]
fn a_section_without_an_operator_is_refused() {
    let text = crate::config::tests::example("serve.yaml");
    let (before, _) = text.split_once("operators:").unwrap();
    let problems = |operators: &str| {
        without_file(&crate::config::tests::service(&format!("{before}{operators}")).problems.to_string())
    };
    insta::assert_snapshot!(problems(""), @"1: operators: this key is missing; add one: `operators: {serve: {factory: makinage.serve:serve, sources: [model, data], sinks: [predict]}}`");
    insta::assert_snapshot!(problems("operators: {}"), @"13: operators: there is no operator; add one: `operators: {serve: {factory: makinage.serve:serve, sources: [model, data], sinks: [predict]}}`");
    insta::assert_snapshot!(problems("operators: {serve: }"), @"13: operators.serve: this must be a mapping of keys and values, not nothing");
    insta::assert_snapshot!(problems("operators: [serve]"), @"13: operators: this must be a mapping of keys and values, not a list");
}
