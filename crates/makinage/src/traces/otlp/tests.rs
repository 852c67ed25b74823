use super::*;
use crate::traces::{
    span::{Ending, Exception, count, text},
    testing::span,
};

fn decoded(spans: &[Arc<Span>]) -> message::ResourceSpans {
    let resource = Resource::new(&[("service.name", "app".to_owned())]);
    let mut request = message::Request::decode(&*written(&resource, spans)).expect("a message");
    assert_eq!(request.resource_spans.len(), 1);
    request.resource_spans.remove(0)
}

/// The collector's own messages are held against this in `tests/it/traces.rs`; here is what a span becomes.
#[test]
fn a_span_is_written_with_all_that_was_told_of_it() {
    let (own, _ended) = span();
    own.mark(std::time::Instant::now(), "batched", vec![("messaging.batch.message_count", count(3))]);
    own.fail(
        std::time::Instant::now(),
        &Exception { class: "ValueError", message: "no number", location: None, step: "predict" },
    );
    Arc::clone(&own).settled(Ending { name: "failed", is_failure: true, step: None });
    let all = decoded(&[Arc::clone(&own)]);
    let resource = all.resource.expect("a resource");
    assert_eq!(resource.attributes[0].key, "service.name");
    let scope = all.scope_spans[0].scope.as_ref().expect("a scope");
    assert_eq!(scope.name, "makinage");
    let span = &all.scope_spans[0].spans[0];
    assert_eq!((span.trace_id.len(), span.span_id.len(), span.parent_span_id.len()), (16, 8, 0));
    assert_eq!((span.name.as_str(), span.kind, span.flags), ("process data", 5, 0x101));
    assert!(span.start_time_unix_nano > 0 && span.end_time_unix_nano >= span.start_time_unix_nano);
    let names: Vec<&str> = span.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["batched", "exception"]);
    assert_eq!(span.status, Some(message::Status { message: "no number".to_owned(), code: 2 }));
    let keys: Vec<&str> = span.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    assert_eq!(keys, ["error.type", "makinage.step", "makinage.outcome"]);
}

#[test]
fn a_span_that_has_not_failed_has_no_status() {
    let (own, _ended) = span();
    own.is("makinage.model", text("iris"));
    Arc::clone(&own).settled(Ending { name: "skipped", is_failure: false, step: Some("predict") });
    let span = decoded(&[own]).scope_spans[0].spans[0].clone();
    assert_eq!(span.status, None);
    assert_eq!(span.attributes.len(), 3);
}

#[test]
fn an_answer_says_how_many_are_not_wanted_and_one_that_is_no_message_says_nothing() {
    let partly = message::PartialSuccess { rejected_spans: 3, error_message: "too old".to_owned() };
    let answer = message::Response { partial_success: Some(partly) }.encode_to_vec();
    assert_eq!(rejected(&answer), Some((3, "too old".to_owned())));
    // A warning with nothing rejected, an empty answer, JSON.
    let warned = message::PartialSuccess { rejected_spans: 0, error_message: "slow down".to_owned() };
    assert_eq!(rejected(&message::Response { partial_success: Some(warned) }.encode_to_vec()), None);
    assert_eq!(rejected(b""), None);
    assert_eq!(rejected(b"{\"partialSuccess\":{}}"), None);
}
