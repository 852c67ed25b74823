//! Lines of events, whatever is in them.

use super::*;

fn event(became: Became) -> Tapped {
    Tapped {
        at: "2026-11-30T10:11:12Z".into(),
        place: "data/0/7".into(),
        key: Some("k\u{1b}[2J".into()),
        input: Some("[1,\n2]".into()),
        steps: vec![],
        became,
        model: Some("iris@3".into()),
        milliseconds: Some(4),
    }
}

#[test]
fn an_event_is_one_line_and_nothing_in_it_moves_the_cursor() {
    let output = human(&event(Became::Output { output: "\"setosa\"".into() }), false);
    assert!(output.starts_with("10:11:12 data/0/7  k"), "{output}");
    assert!(output.ends_with("→ \"setosa\"  iris@3  4 ms"), "{output}");
    let failed = Became::Failed { step: "predict".into(), error: "ValueError".into(), message: "a\nb\u{1b}[0m".into() };
    let failed = human(&event(failed), false);
    assert!(failed.contains("✖ predict: ValueError: a"), "{failed}");
    assert!(!output.chars().chain(failed.chars()).any(char::is_control), "{output} {failed}");
}

#[test]
fn each_step_has_a_line_below_with_its_time_and_value_as_far_as_they_are_known() {
    let passed = |value: Option<&str>, microseconds| {
        let value = value.map(str::to_owned);
        step(&StepPassed { step: "pre_transform".into(), value, microseconds })
    };
    assert_eq!(passed(Some("[1.0]"), Some(12.3)), "\n         pre_transform     12 µs  [1.0]");
    assert_eq!(passed(Some("a\u{1b}[2J"), None).lines().count(), 2);
    assert!(!passed(Some("a\u{1b}[2J\nb"), None)[1..].chars().any(char::is_control));
    assert_eq!(passed(None, Some(2e6)), "\n         pre_transform     2.0 s");
    assert!(passed(Some(&"x".repeat(500)), None).chars().count() < 180);
}

#[test]
fn filters_are_asked_of_the_service() {
    let filter = Filter { failed: true, step: None, contains: Some("a b&".into()) };
    assert_eq!(path(&filter), "/api/events?failed=true&contains=a%20b%26");
}
