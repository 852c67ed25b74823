//! Events are traced as their records' `traceparent` says, collectors are sent what became of them, and none of that
//! concerns the stream.

use std::{collections::BTreeMap, io::Write, net::TcpListener};

use kafka_headers::{add, iter};
use makinage::event::WORKER_STEPS;
use rdkafka::{
    Message,
    message::{OwnedHeaders, OwnedMessage},
    producer::BaseRecord,
};
use serde_json::Value;

use super::{
    broker::left_out,
    collector::{Collector, Mode},
    model::any_model,
    patience::wait_until,
    port::{Port, showing},
    scene::Scene,
    secured::certificates::{Authority, Says},
    service::{DEADLINE, Service},
    stream::{send, value},
};

const SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const UNSAMPLED: &str = "00-11111111111111111111111111111111-2222222222222222-00";
const OTHER: &str = "00-33333333333333333333333333333333-4444444444444444-01";
const STATE: &str = "congo=t61rcWkgMzE";
const FAILED: u64 = 2;

const HOOKS: &str = "
import os, time
def predict(model, config):
    def step(i):
        if i == 5: os._exit(3)
        if i == 6: return None
        if i == 7: raise ValueError('seven is no number')
        return i
    return step
";

fn traced(scene: Scene, collector: &Collector, ratio: f64) -> Scene {
    scene.set("traces.endpoint", collector.url()).set("traces.ratio", ratio)
}

/// Produces values, each with these headers, to partition 0.
fn produce(scene: &Scene, events: &[(&str, &[(&str, &str)])]) {
    let topic = scene.topic("data");
    let headers: Vec<OwnedHeaders> = events.iter().map(|(_, headers)| owned(headers)).collect();
    let records = events.iter().zip(&headers).map(|((value, _), headers)| {
        BaseRecord::<str, str>::to(&topic).partition(0).payload(value).headers(headers.clone())
    });
    send(scene.broker(), records);
}

fn owned(headers: &[(&str, &str)]) -> OwnedHeaders {
    headers.iter().fold(OwnedHeaders::new(), |mut all, (name, value)| {
        add(&mut all, name.as_bytes(), Some(value.as_bytes()));
        all
    })
}

fn headers(message: &OwnedMessage, name: &str) -> Vec<String> {
    let all = message.headers().into_iter().flat_map(|headers| iter(headers.as_borrowed()));
    let named = all.filter(|(found, _)| *found == name.as_bytes());
    named.map(|(_, value)| String::from_utf8_lossy(value.unwrap_or_default()).into_owned()).collect()
}

/// The spans of events, by their offsets; and those of batches.
fn sorted(spans: Vec<Value>) -> (BTreeMap<i64, Value>, Vec<Value>) {
    let (events, batches): (Vec<Value>, Vec<Value>) =
        spans.into_iter().partition(|span| span["name"] != "predict batch");
    let by_offset = events.into_iter().map(|span| (span["attributes"]["messaging.kafka.offset"].as_i64(), span));
    (by_offset.map(|(offset, span)| (offset.expect("an offset"), span)).collect(), batches)
}

fn names(span: &Value) -> Vec<&str> {
    span["events"].as_array().expect("events").iter().filter_map(|event| event["name"].as_str()).collect()
}

fn text<'v>(span: &'v Value, key: &str) -> &'v str {
    span[key].as_str().unwrap_or_default()
}

#[test]
fn events_are_traced_as_their_parents_are_and_outputs_go_on_with_the_trace() {
    if left_out() {
        return;
    }
    let collector = Collector::start(Mode::Answers(200));
    let scene = traced(Scene::new("traces-parents"), &collector, 0.0)
        .topics_of(&[("model", 1), ("data", 1), ("predict", 1), ("dead", 1)])
        .set("traces.headers.authorization", "Bearer canary")
        .set("traces.service", "traced")
        .with_dead_letters()
        .published(any_model());
    let mut service = scene.serve().at_work();
    produce(
        &scene,
        &[
            ("0", &[("traceparent", UNSAMPLED), ("traceparent", SAMPLED), ("tracestate", STATE), ("kept", "1")]),
            ("1", &[("traceparent", UNSAMPLED), ("tracestate", STATE)]),
            ("2", &[("traceparent", "00-nonsense")]),
            ("3", &[("kept", "2")]),
            ("not json", &[("traceparent", OTHER)]),
        ],
    );
    let outputs = scene.reader().read(4);
    let letters = scene.dead_letters().read(1);
    service.stop();
    assert!(!service.lines().join("\n").contains("canary"));

    let request = &collector.requests()[0];
    let head = request.head.to_lowercase();
    assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
    assert!(head.contains("content-type: application/x-protobuf") && head.contains("authorization: bearer canary"));
    let (events, batches) = sorted(collector.spans());
    assert_eq!(events.keys().copied().collect::<Vec<_>>(), [0, 4], "those whose parents are sampled");

    let span = &events[&0];
    assert_eq!((text(span, "trace"), text(span, "parent")), (&SAMPLED[3..35], &SAMPLED[36..52]));
    assert_eq!((text(span, "state"), span["flags"].as_u64(), span["kind"].as_u64()), (STATE, Some(0x301), Some(5)));
    assert_eq!(text(span, "name"), format!("process {}", scene.topic("data")));
    let (steps, others): (Vec<&str>, Vec<&str>) = names(span).into_iter().partition(|name| WORKER_STEPS.contains(name));
    assert_eq!(others, ["batched", "asked", "predicted", "output"]);
    assert!(
        steps.contains(&"predict") && WORKER_STEPS.iter().filter(|step| steps.contains(*step)).eq(&steps),
        "{steps:?}"
    );
    assert_eq!(span["status"]["code"], 0);
    let about = &span["attributes"];
    assert_eq!(text(about, "messaging.system"), "kafka");
    assert_eq!(text(about, "messaging.destination.name"), scene.topic("data"));
    assert_eq!(text(about, "messaging.destination.partition.id"), "0");
    assert_eq!(text(about, "messaging.consumer.group.name"), scene.name());
    assert_eq!((text(about, "makinage.outcome"), about["makinage.generation"].as_i64()), ("output", Some(1)));
    assert_eq!(text(&span["resource"], "service.name"), "traced");
    let (start, end) = (span["start"].as_u64().expect("a time"), span["end"].as_u64().expect("a time"));
    let times = span["events"].as_array().expect("events").iter().filter_map(|event| event["at"].as_u64());
    let times: Vec<u64> = [start].into_iter().chain(times).chain([end]).collect();
    assert!(times.is_sorted() && end > start, "{times:?}");

    // Which answers what: each output has its own event's trace.
    let own = format!("00-{}-{}-01", text(span, "trace"), text(span, "span"));
    assert_eq!(headers(&outputs[0], "traceparent"), [own]);
    assert_eq!(
        (headers(&outputs[0], "tracestate"), headers(&outputs[0], "kept")),
        (vec![STATE.into()], vec!["1".into()])
    );
    assert_eq!(headers(&outputs[1], "traceparent"), [UNSAMPLED]);
    assert_eq!(headers(&outputs[1], "tracestate"), [STATE]);
    assert_eq!(headers(&outputs[2], "traceparent"), ["00-nonsense"]);
    assert_eq!(headers(&outputs[3], "traceparent"), [] as [&str; 0]);

    let failed = &events[&4];
    assert_eq!((text(failed, "trace"), text(failed, "parent")), (&OTHER[3..35], &OTHER[36..52]));
    assert_eq!(failed["status"]["code"].as_u64(), Some(FAILED));
    assert_eq!(names(failed).last(), Some(&"exception"));
    let exception = &failed["events"].as_array().expect("events").last().expect("one")["attributes"];
    assert!(text(exception, "exception.type").contains("JSONDecodeError"), "{exception}");
    assert_eq!(text(&failed["attributes"], "makinage.outcome"), "dead_letter");
    assert_eq!(text(&failed["attributes"], "makinage.step"), "decode");
    // The original's own stays what it was; behind it is the one that names the span.
    let own = format!("00-{}-{}-01", text(failed, "trace"), text(failed, "span"));
    assert_eq!(headers(&letters[0], "traceparent"), [OTHER.to_owned(), own]);

    let linked = |span: &Value| -> Vec<String> {
        let links = span["links"].as_array().expect("links").iter();
        links.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    for span in [span, failed] {
        let id = format!("{}{}", text(span, "trace"), text(span, "span"));
        let batch = batches.iter().find(|batch| linked(batch).contains(&id)).expect("a batch that has it");
        assert_eq!(linked(span), [format!("{}{}", text(batch, "trace"), text(batch, "span"))]);
        assert_eq!(batch["kind"].as_u64(), Some(1));
        assert!(batch["attributes"]["messaging.batch.message_count"].as_i64() >= Some(1), "{batch}");
    }
}

#[test]
fn what_happens_to_an_event_is_told_in_one_span_whatever_dies_meanwhile() {
    if left_out() {
        return;
    }
    let collector = Collector::start(Mode::Answers(200));
    let scene =
        traced(Scene::new("traces-fates"), &collector, 1.0).topics(1).published(any_model()).with_predict(HOOKS);
    let mut service = scene.serve().at_work();
    scene.produce(&["1", "5", "6", "7", "8"]);
    let outputs = scene.reader().read(2);
    service.stop();
    let (events, _) = sorted(collector.spans());
    assert_eq!(events.len(), 5, "each has one span");
    let outcome = |offset: i64| text(&events[&offset]["attributes"], "makinage.outcome").to_owned();
    assert_eq!([0, 1, 2, 3, 4].map(outcome), ["output", "failed", "skipped", "failed", "output"]);
    let died = &events[&1];
    assert_eq!(names(died).iter().filter(|name| **name == "worker died").count(), 2, "{died}");
    assert!(names(died).iter().filter(|name| **name == "asked").count() >= 2, "{died}");
    assert_eq!(text(&died["attributes"], "error.type"), "WorkerDied");
    assert_eq!(text(&events[&2]["attributes"], "makinage.step"), "predict");
    let raised = &events[&3];
    assert_eq!(
        (text(&raised["status"], "message"), raised["status"]["code"].as_u64()),
        ("seven is no number", Some(FAILED))
    );
    assert_eq!(text(&raised["attributes"], "error.type"), "ValueError");
    for (offset, output) in [(0, &outputs[0]), (4, &outputs[1])] {
        let span = &events[&offset];
        assert_eq!(text(span, "parent"), "", "nobody's");
        assert_eq!(headers(output, "traceparent"), [format!("00-{}-{}-01", text(span, "trace"), text(span, "span"))]);
    }
}

#[test]
fn transactions_end_spans_when_they_are_committed() {
    if left_out() {
        return;
    }
    let collector = Collector::start(Mode::Answers(200));
    let scene = traced(Scene::new("traces-transactions"), &collector, 0.0)
        .topics(1)
        .set("operators.serve.delivery", "exactly_once")
        .set("operators.serve.commit_interval", "300ms")
        .published(any_model());
    let mut service = scene.serve().at_work();
    produce(&scene, &[("1", &[("traceparent", SAMPLED)])]);
    let outputs = scene.reader().read(1);
    service.stop();
    let (events, _) = sorted(collector.spans());
    let span = &events[&0];
    assert_eq!(text(&span["attributes"], "makinage.outcome"), "output");
    assert_eq!(headers(&outputs[0], "traceparent"), [format!("00-{}-{}-01", text(span, "trace"), text(span, "span"))]);
    let output = span["events"].as_array().expect("events").last().expect("one");
    let waited = span["end"].as_u64().expect("a time") - output["at"].as_u64().expect("a time");
    assert!(waited >= 200_000_000, "the transaction is open for longer than {waited} ns");
}

#[test]
fn a_collector_that_is_away_or_hangs_or_refuses_concerns_no_event() {
    if left_out() {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let scene = showing(Scene::new("traces-away"))
        .topics(1)
        .set("traces.endpoint", format!("http://{address}"))
        .set("traces.ratio", 1.0)
        .published(any_model());
    let mut service = scene.serve().at_work();
    let port = Port::of(&service);
    let reader = scene.reader();
    let passes = |number: usize| {
        scene.produce(&[number.to_string()]);
        assert!(value(&reader.read(1)[0]).starts_with(&format!("[{number}")));
    };
    passes(1);
    let line = service.wait_for_line("takes no spans");
    assert!(line.contains(&format!("http://{address}/v1/traces")), "{line}");
    passes(2);
    let collector = Collector::at(address, Mode::Answers(200));
    service.wait_for_line("takes spans again");
    let counted = |outcome: &str| port.metric(&format!("makinage_spans_total{{outcome=\"{outcome}\"}}"));
    wait_until(DEADLINE, "the spans of two events and their batches", || counted("exported") == Some(4.0));

    collector.set(Mode::Answers(400));
    passes(3);
    service.wait_for_line("spans (status 400)");
    wait_until(DEADLINE, "two refused spans", || counted("refused") == Some(2.0));

    collector.set(Mode::Hangs);
    let before = collector.requests().len();
    passes(4);
    wait_until(DEADLINE, "a request that hangs", || collector.requests().len() > before);
    passes(5);
    // The end waits for it only for a moment: a stop that takes too long ends with another code.
    service.stop();
    let lines = service.lines();
    let count = |text: &str| lines.iter().filter(|line| line.contains(text)).count();
    assert_eq!((count("[T001]"), count("[T002]"), count("[S004]")), (1, 1, 0));
}

#[test]
fn a_collector_of_a_private_authority_is_sent_spans_once_the_machine_trusts_that() {
    if left_out() {
        return;
    }
    let authority = Authority::new("a private authority");
    let collector = Collector::secured(&authority.issue(&Says::BROKER));
    let scene = traced(showing(Scene::new("traces-private")), &collector, 1.0)
        .topics(1)
        .published(any_model())
        .with_predict(HOOKS);
    let mut service = scene.serve().at_work();
    scene.produce(&["1"]);
    let line = service.wait_for_line("takes no spans");
    assert!(line.contains("SSL_CERT_FILE") && line.contains("traces.endpoint"), "{line}");
    service.stop();
    assert_eq!(collector.requests().len(), 0);

    let mut trusted = tempfile::NamedTempFile::new().expect("a file");
    trusted.write_all(authority.pem().as_bytes()).expect("it is written");
    let mut command = scene.command(&[]);
    command.env("SSL_CERT_FILE", trusted.path());
    let mut service = Service::spawn(command).at_work();
    let port = Port::of(&service);
    scene.produce(&["2"]);
    let exported = || port.metric("makinage_spans_total{outcome=\"exported\"}");
    wait_until(DEADLINE, "the spans of an event and its batch", || exported() == Some(2.0));
    service.stop();
}

#[test]
fn without_the_section_nothing_is_traced_and_headers_pass_as_they_are() {
    if left_out() {
        return;
    }
    let collector = Collector::start(Mode::Answers(200));
    let scene = Scene::new("traces-off").topics(1).published(any_model());
    let mut command = scene.command(&[]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url());
    let mut service = Service::spawn(command).at_work();
    produce(&scene, &[("1", &[("traceparent", SAMPLED), ("tracestate", STATE), ("traceparent", OTHER)])]);
    let outputs = scene.reader().read(1);
    assert_eq!(headers(&outputs[0], "traceparent"), [SAMPLED, OTHER]);
    service.stop();
    assert_eq!(collector.requests().len(), 0);
}
