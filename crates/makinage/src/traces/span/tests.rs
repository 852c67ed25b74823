use std::time::Duration;

use super::*;
use crate::traces::testing::{marks, now, span, told};

const DONE: Ending = Ending { name: "output", is_failure: false, step: None };

#[test]
fn a_span_comes_out_once_at_its_end_with_what_was_told_until_then() {
    let (span, ended) = span();
    span.mark(Instant::now(), "batched", vec![("messaging.batch.message_count", count(3))]);
    span.is("makinage.model", text("iris@1"));
    span.is("makinage.model", text("iris@2"));
    assert!(ended.is_empty());
    Arc::clone(&span).settled(DONE);
    Arc::clone(&span).settled(DONE);
    span.mark(Instant::now(), "too late", vec![]);
    assert_eq!(ended.len(), 1, "it ends once");
    assert_eq!(marks(&span), ["batched"]);
    let attributes = span.told().attributes;
    assert_eq!(attributes, [("makinage.model", text("iris@2")), ("makinage.outcome", text("output"))]);
    assert!(span.told().ended.is_some_and(|ended| ended >= span.began()));
}

#[test]
fn a_failure_is_an_exception_and_one_that_is_none_is_not() {
    let failed = || {
        let (span, _ended) = span();
        let (class, message, step) = ("ValueError", "no number", "predict");
        span.fail(Instant::now(), &Exception { class, message, location: Some("steps.py:7"), step });
        span
    };
    let span = failed();
    Arc::clone(&span).settled(Ending { name: "dead_letter", is_failure: true, step: None });
    let Told { marks, error, is_failure, .. } = span.told();
    assert_eq!((marks[0].name, error.as_deref(), is_failure), ("exception", Some("no number"), true));
    let said = |name| marks[0].attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    assert_eq!(said("exception.type"), Some(text("ValueError")));
    assert_eq!(said("exception.message"), Some(text("no number")));
    assert_eq!(said("exception.stacktrace"), Some(text("steps.py:7")));
    assert_eq!(told(&span, "error.type"), Some("Text(\"ValueError\")".to_owned()));
    // As a stop leaves it, which has the event read again.
    let span = failed();
    Arc::clone(&span).settled(Ending { name: "given_up", ..DONE });
    assert!(!span.told().is_failure);
}

#[test]
fn what_is_told_is_bounded_and_what_there_is_no_room_for_is_counted() {
    let (span, _ended) = span();
    for _ in 0..200 {
        span.mark(Instant::now(), "asked", vec![]);
        span.link(Context::begun(1));
    }
    let Told { marks, marks_left_out, links, links_left_out, .. } = span.told();
    assert_eq!((marks.len(), marks_left_out, links.len(), links_left_out), (128, 72, 128, 72));
    let long = "é".repeat(4000);
    assert_eq!(text(&long), Value::Text("é".repeat(2048).into()));
}

#[test]
fn moments_are_told_from_the_beginning_though_the_date_is_set_meanwhile() {
    let began = now();
    let later = began.at + Duration::from_micros(1500);
    assert_eq!(began.nanos(later) - began.nanos(began.at), 1_500_000);
    assert_eq!(began.nanos(began.at.checked_sub(Duration::from_secs(1)).unwrap()), began.nanos(began.at));
    let earlier = before(began, Duration::from_millis(3));
    assert_eq!(earlier.nanos(began.at), began.nanos(began.at));
    assert_eq!(began.nanos(began.at) - earlier.nanos(earlier.at), 3_000_000);
}
