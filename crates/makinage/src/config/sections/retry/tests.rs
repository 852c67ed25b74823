use crate::config::{Origin, read_service};

const EXAMPLE: &str = include_str!("../../../../../../config/examples/serve.yaml");

/// The problems of a configuration whose operator has these lines too.
fn problems(lines: &str) -> String {
    let text = EXAMPLE.replace("    sources:", &format!("{lines}    sources:"));
    assert_ne!(text, EXAMPLE);
    let origin = Origin { name: "config.yaml".into(), folder: "/nowhere".into() };
    read_service(&text, &origin).problems.to_string()
}

#[test]
fn events_are_tried_again_after_errors_of_classes_by_their_names() {
    let text =
        "    retry: {attempts: 3, delay: 250ms}\n    retry_on: [TimeoutError, \"requests.exceptions.Timeout\"]\n";
    assert_eq!(problems(text), "");
    assert_eq!(problems("    retry: {}\n"), "");
}

#[test]
fn what_is_no_class_or_ends_a_process_is_refused_with_its_place() {
    for (lines, told) in [
        ("    retry: {}\n    retry_on: [Time-out]\n", "retry_on[0]: `Time-out` is no class's name"),
        ("    retry: {}\n    retry_on: [ValueError, MemoryError]\n", "retry_on[1]: after `MemoryError` no event"),
        ("    retry: {}\n    retry_on: []\n", "names no error"),
        ("    retry: {}\n    retry_on: TimeoutError\n", "must be a list"),
        ("    retry: {attempts: 0}\n", "whole number from 1 to 100"),
        ("    retry: {tries: 1}\n", "retry.tries"),
        ("    retry_on: [TimeoutError]\n", "`retry_on` means nothing; add `retry: {attempts: 2, delay: 1s}`"),
    ] {
        let problems = problems(lines);
        assert!(problems.contains(told), "{told:?} in {problems:?}");
    }
}
