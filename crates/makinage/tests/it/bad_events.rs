//! One bad event harms nothing else: each way to fail, on a topic, among good neighbours.

use rdkafka::producer::BaseRecord;

use super::{
    broker::left_out,
    model::model,
    scene::Scene,
    stream::{send, value},
};

/// What the sink topic takes; the client and the broker would take more.
const SINK_BYTES: &str = "10000";

const HOOKS: &str = "
import numpy as np

def pre_transform(config):
    def _transform(event):
        if event.get('fails') == 'pre':
            raise ValueError('in pre\\nand more')
        return None if event.get('none') == 'pre' else event
    return _transform

def predict(model, config):
    def _predict(event):
        if event.get('fails') == 'predict':
            raise KeyError('in predict')
        if event.get('fails') == 'shape':
            return model.predict(np.array([1.0, 2.0, 3.0]))
        return None if event.get('none') == 'predict' else event
    return _predict

def post_transform(config):
    def _transform(event, prediction):
        if event.get('fails') == 'post':
            raise SystemExit('in post')
        if event.get('fails') == 'encode':
            return object()
        if event.get('fails') == 'size':
            return 'x' * 20000
        return None if event.get('none') == 'post' else event['n']
    return _transform
";

/// Bad events, and what their line says after the coordinates.
const BAD: [(Option<&str>, &str); 8] = [
    (Some("not json"), "step decode: "),
    (None, "step decode: Tombstone: "),
    (Some(r#"{"fails": "pre"}"#), "step pre_transform: ValueError: in pre and more"),
    (Some(r#"{"fails": "predict"}"#), "step predict: KeyError: 'in predict'"),
    (Some(r#"{"fails": "shape"}"#), "step predict: ValueError: X has 3 features"),
    (Some(r#"{"fails": "post"}"#), "step post_transform: SystemExit: in post"),
    (Some(r#"{"fails": "encode"}"#), "step encode: TypeError: "),
    (Some(r#"{"fails": "size"}"#), "step encode: OutputTooLarge: "),
];

/// Events that a step drops on purpose: no line.
const NONE: [&str; 3] = [r#"{"none": "pre"}"#, r#"{"none": "predict"}"#, r#"{"none": "post"}"#];

fn numbers(outputs: &[rdkafka::message::OwnedMessage]) -> Vec<usize> {
    outputs.iter().map(|output| value(output).parse().expect("a number")).collect()
}

/// The events that the log says were skipped: a line each, or counted.
fn told(lines: &[String]) -> (usize, usize) {
    // The count of all events at the stop tells of those that a step skipped.
    let lines = lines.iter().filter(|line| !line.contains(" in, "));
    let lines = lines.filter_map(|line| line.split_once("skipped ")).map(|(_, rest)| rest);
    let (counts, single): (Vec<_>, Vec<_>) = lines.partition(|rest| rest.contains(" more events in "));
    let counted = counts.iter().filter_map(|rest| rest.split(' ').next()?.parse::<usize>().ok()).sum();
    (single.len(), counted)
}

#[test]
fn each_way_to_fail_is_one_line_with_coordinates_step_and_reason_and_its_neighbours_are_scored_in_order() {
    if left_out() {
        return;
    }
    let scene =
        Scene::new("bad").topics_of(&[("model", 1), ("data", 1)]).reading_from_the_beginning().with_hooks(HOOKS);
    scene.broker().create_topic_with(&scene.topic("predict"), 1, ("max.message.bytes", SINK_BYTES));
    let topic = scene.topic("data");
    let mut values: Vec<Option<String>> = vec![];
    for (n, bad) in BAD.iter().map(|(bad, _)| *bad).chain(NONE.map(Some)).enumerate() {
        values.push(bad.map(str::to_owned));
        values.push(Some(format!("{{\"n\": {n}}}")));
    }
    send(
        scene.broker(),
        values.iter().map(|value| {
            let record = BaseRecord::<str, str>::to(&topic);
            if let Some(value) = value { record.payload(value) } else { record }
        }),
    );
    scene.publish(&model("shifted"));
    let mut service = scene.serve();
    let reader = scene.reader();
    let good = BAD.len() + NONE.len();
    assert_eq!(numbers(&reader.read(good)), (0..good).collect::<Vec<_>>());
    for (n, (_, reason)) in BAD.iter().enumerate() {
        service.wait_for_line(&format!("skipped {topic}/0/{}: {reason}", 2 * n));
    }
    service.stop();
    assert_eq!(told(&service.lines()), (BAD.len(), 0));
    assert_eq!(scene.committed(0), i64::try_from(values.len()).ok(), "the offset is behind the last event");

    // 1000 bad ones, and good ones whose outputs together are more than the sink takes as one batch.
    let padding = "1".repeat(15);
    let good: Vec<String> = (0..1500).map(|n| format!("{padding}{n:04}")).collect();
    let mut events: Vec<String> = good.iter().map(|n| format!("{{\"n\": {n}}}")).collect();
    (0..1000).for_each(|n| events.insert(2 * n, r#"{"fails": "pre"}"#.to_owned()));
    scene.produce(&events);
    let mut service = scene.serve();
    let outputs = reader.read_until(|read| read.len() >= good.len());
    assert_eq!(outputs.iter().map(value).collect::<Vec<_>>(), good, "nothing is replayed, and all are there in order");
    service.stop();
    let (lines, counted) = told(&service.lines());
    assert_eq!(lines + counted, 1000, "{lines} lines, and {counted} counted");
    assert!(lines <= 100, "{lines} lines");
    assert_eq!(scene.committed(0), i64::try_from(values.len() + events.len()).ok());
}
