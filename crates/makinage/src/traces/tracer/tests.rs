use kafka_headers::{add, first};
use proptest::prelude::*;
use rdkafka::message::OwnedHeaders;

use super::*;
use crate::traces::testing::{marks, now, told};

const SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const UNSAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

/// One that sends nothing, and where its spans come out.
fn tracer(share: f64) -> (Tracer, crossbeam_channel::Receiver<Arc<Span>>) {
    let counts = Arc::<Counts>::default();
    let (outbox, ended) = Outbox::new(Arc::clone(&counts));
    (Tracer::with(share, "app", outbox, Ends::nowhere(), counts), ended)
}

fn with_parent(parent: &str) -> OwnedHeaders {
    let mut headers = OwnedHeaders::new();
    add(&mut headers, b"traceparent", Some(parent.as_bytes()));
    add(&mut headers, b"tracestate", Some(b"a=1"));
    headers
}

fn read(headers: Option<&BorrowedHeaders>) -> Read<'_> {
    Read { topic: "data", partition: 3, offset: 17, headers, is_tombstone: false }
}

fn is_traced(share: f64, parent: Option<&str>) -> bool {
    let headers = parent.map(with_parent);
    tracer(share).0.begin(&read(headers.as_ref().map(OwnedHeaders::as_borrowed)), now()).is_some()
}

#[test]
fn parents_decide_and_without_one_the_share_does() {
    assert!(is_traced(0.0, Some(SAMPLED)));
    assert!(!is_traced(1.0, Some(UNSAMPLED)));
    assert!(!is_traced(0.0, None) && is_traced(1.0, None));
    assert!(!is_traced(0.0, Some("nonsense")) && is_traced(1.0, Some("nonsense")));
    let off = Tracer::default();
    assert!(!off.is_on() && off.begin(&read(Some(with_parent(SAMPLED).as_borrowed())), now()).is_none());
}

#[test]
fn a_span_goes_on_with_its_parents_trace_and_its_output_names_it() {
    let (tracer, _ended) = tracer(0.0);
    let mut headers = with_parent(SAMPLED);
    let span = tracer.begin(&read(Some(headers.as_borrowed())), now()).expect("its parent is sampled");
    let carried = span.carried.as_ref().expect("a parent");
    assert_eq!((carried.parent.to_string().as_str(), carried.state.as_str()), (SAMPLED, "a=1"));
    assert_eq!((span.name.as_str(), span.traceparent()[..36].to_owned()), ("process data", SAMPLED[..36].to_owned()));
    assert_eq!(told(&span, "messaging.kafka.offset").as_deref(), Some("Number(17)"));
    assert_eq!(told(&span, "messaging.consumer.group.name").as_deref(), Some("Text(\"app\")"));
    span.carry(&mut headers);
    let value = |name| first(headers.as_borrowed(), name).flatten().map(String::from_utf8_lossy).map(String::from);
    assert_eq!(value(c"traceparent"), Some(span.traceparent()));
    assert_eq!(value(c"tracestate").as_deref(), Some("a=1"));
}

#[test]
fn a_trace_that_begins_here_takes_nothing_over_from_one_that_is_invalid() {
    let (tracer, _ended) = tracer(1.0);
    let mut headers = with_parent("00-nonsense");
    let span = tracer.begin(&read(Some(headers.as_borrowed())), now()).expect("all are traced");
    assert!(span.carried.is_none());
    span.carry(&mut headers);
    assert_eq!(first(headers.as_borrowed(), c"traceparent").flatten(), Some(span.traceparent().as_bytes()));
    assert_eq!(first(headers.as_borrowed(), c"tracestate"), None);
}

#[test]
fn a_batch_and_its_events_are_linked_with_each_other() {
    let (tracer, ended) = tracer(1.0);
    let events: Vec<Arc<Span>> = (0..2).filter_map(|_| tracer.begin(&read(None), now())).collect();
    let took = Duration::from_millis(20);
    let steps = &[("makinage.predict_us", Duration::from_millis(15))];
    let batch = Batch { events: 5, generation: 2, slot: 1, model: "iris@3", took, steps, answered: Instant::now() };
    tracer.answered(&batch, &[]);
    assert!(ended.is_empty(), "nobody asks for a batch without traced events");
    tracer.answered(&batch, &events);
    let span = ended.try_recv().expect("the batch has ended");
    let links: Vec<Context> = events.iter().map(|event| event.context).collect();
    assert_eq!((span.name.as_str(), &span.told().links), ("predict batch", &links));
    for event in &events {
        assert_eq!(event.told().links, [span.context]);
        assert_eq!(marks(event), [] as [&str; 0]);
    }
    assert_eq!(span.told().ended.map(|ended| ended - span.began()), Some(20_000_000));
    assert_eq!(told(&span, "messaging.batch.message_count").as_deref(), Some("Number(5)"));
    assert_eq!(told(&span, "makinage.predict_us").as_deref(), Some("Number(15000)"));
}

proptest! {
    #[test]
    fn whatever_a_traceparent_is_the_output_has_one_that_is_valid_where_it_is_traced(
        parent in proptest::collection::vec(any::<u8>(), 0..70), share in prop_oneof![Just(0.0), Just(1.0)]
    ) {
        let mut headers = OwnedHeaders::new();
        add(&mut headers, b"traceparent", Some(&parent));
        let (tracer, _ended) = tracer(share);
        if let Some(span) = tracer.begin(&read(Some(headers.as_borrowed())), now()) {
            span.carry(&mut headers);
            let own = first(headers.as_borrowed(), c"traceparent").flatten().and_then(Context::parse);
            prop_assert_eq!(own, Some(span.context));
        }
    }
}
