use super::*;
use crate::letters::reading::testing::letter;

fn takes(filter: &Filter, headers: &[(&str, &str)]) -> bool {
    filter.takes(&letter(headers), None)
}

#[test]
fn all_that_is_asked_must_hold_and_of_several_values_one() {
    let filter = Filter {
        steps: vec!["decode".into(), "predict".into()],
        errors: vec!["ConnectionError".into(), "ValueError".into()],
        models: vec!["iris".into()],
        partitions: vec![1, 2],
        application: Some("app".into()),
        ..Filter::default()
    };
    assert!(takes(&filter, &[]));
    assert!(takes(&filter, &[("makinage-error-class", "requests.exceptions.ConnectionError")]));
    for (name, value) in [
        ("makinage-error-step", "encode"),
        ("makinage-error-class", "MyValueError"),
        ("makinage-model", "irises@3"),
        ("makinage-source", "data/3/17"),
        ("makinage-application", "app2"),
    ] {
        assert!(!takes(&filter, &[(name, value)]), "{name}");
    }
    assert!(takes(&Filter::default(), &[("makinage-application", "app2")]));
}

#[test]
fn models_are_asked_for_by_label_by_name_and_by_none() {
    let of = |model: &str| Filter { models: vec![model.into()], ..Filter::default() };
    let without = letter(&[]);
    let without = Letter { model: None, ..without };
    assert!(takes(&of("iris@3"), &[]) && takes(&of("iris"), &[]) && !takes(&of("iris@30"), &[]));
    assert!(takes(&of("a@b"), &[("makinage-model", "a@b@1")]));
    assert!(of("-").takes(&without, None) && !takes(&of("-"), &[]) && !of("iris").takes(&without, None));
}

#[test]
fn a_time_is_when_the_event_failed_else_when_the_letter_was_written() {
    let from = 1_795_956_312_345;
    let filter = |since, until| Filter { since, until, ..Filter::default() };
    assert!(takes(&filter(Some(from), Some(from + 1)), &[]));
    assert!(!takes(&filter(Some(from + 1), None), &[]) && !takes(&filter(None, Some(from)), &[]));
    let undated = letter(&[("makinage-failed-at", "then")]);
    assert!(filter(Some(5), Some(6)).takes(&undated, Some(5)));
    assert!(!filter(Some(5), None).takes(&undated, None) && filter(None, None).takes(&undated, None));
}
