//! The fixtures that the worker's tests read too.

use std::{fs, path::Path, time::Duration};

use serde_json::{Value, json};

use super::*;
use crate::{
    event::{Event, Failure, Place, Step, Ticket, Took, WORKER_STEPS},
    wire::{
        answer::{Answer, Outcome, Prediction},
        counted::{Counted, CountedKind},
        frame::{Encoding, ask_for_values, encode_batch},
        values::Values,
    },
};

fn fixture(name: &str) -> (Vec<u8>, Value) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocol/fixtures");
    let bytes = fs::read(folder.join(format!("{name}.bin"))).expect("the frame");
    let text = fs::read_to_string(folder.join(format!("{name}.json"))).expect("its description");
    (bytes, serde_json::from_str(&text).expect("JSON"))
}

fn answer(name: &str) -> (Answer, Value) {
    let (bytes, description) = fixture(name);
    let frame = read_frame(&mut bytes.as_slice()).expect("a frame").expect("not the end");
    assert_eq!((frame.kind, frame.id), (Kind::Result, description["id"].as_u64().expect("an id")));
    let answer = Answer::parse(frame.payload).expect("well formed");
    assert_eq!(answer.first as u64, description["first"].as_u64().expect("first"));
    assert_eq!(answer.count as u64, description["count"].as_u64().expect("count"));
    let took = |said: &Value| Duration::from_nanos(said.as_u64().expect("nanoseconds"));
    let steps = WORKER_STEPS.map(|step| took(&description["steps"][step]));
    assert_eq!(answer.took, Took { whole: took(&description["nanoseconds"]), steps });
    (answer, description)
}

/// A stream that takes so many bytes at once, and is interrupted before each time.
struct Stingy {
    most: usize,
    taken: Vec<Vec<u8>>,
    is_interrupted: bool,
}

impl Write for Stingy {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.is_interrupted = !self.is_interrupted;
        if self.is_interrupted {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let bytes: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).take(self.most).collect();
        self.taken.push(bytes);
        Ok(self.taken.last().map_or(0, Vec::len))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_frame_is_written_at_once_or_in_the_parts_that_the_stream_takes() {
    for payload in [&b""[..], b"payload"] {
        for most in 1..40 {
            let mut stream = Stingy { most, taken: vec![], is_interrupted: false };
            write_frame(&mut stream, Kind::Batch, 7, payload).expect("it is taken");
            let size = 13 + payload.len();
            assert_eq!(stream.taken.len(), size.div_ceil(most));
            let frame = read_frame(&mut stream.taken.concat().as_slice()).expect("a frame").expect("not the end");
            assert_eq!((frame.kind, frame.id, frame.payload.as_slice()), (Kind::Batch, 7, payload));
        }
    }
    let mut full = Stingy { most: 0, taken: vec![], is_interrupted: false };
    assert_eq!(write_frame(&mut full, Kind::Batch, 7, b"").expect_err("full").kind(), io::ErrorKind::WriteZero);
}

#[test]
fn a_batch_is_encoded_as_the_fixture_has_it() {
    let (bytes, description) = fixture("batch_mixed");
    let count = usize::try_from(description["events"].as_u64().expect("a number")).expect("small");
    let mut values: Vec<(u16, String)> = vec![(0, String::new()); count];
    for group in description["groups"].as_array().expect("groups") {
        let source = u16::try_from(group["source"].as_u64().expect("a source")).expect("small");
        let places = group["places"].as_array().expect("places");
        for (n, place) in places.iter().enumerate() {
            let place = usize::try_from(place.as_u64().expect("a place")).expect("small");
            let text = if let Some(events) = group["events"].as_array() {
                events[n].as_str().expect("text").to_owned()
            } else {
                let axes = group["axes"].as_array().expect("axes").iter();
                let axes: Vec<usize> =
                    axes.map(|axis| usize::try_from(axis.as_u64().expect("a length")).expect("small")).collect();
                let size = axes.iter().product::<usize>();
                nested(&axes, &group["values"].as_array().expect("values")[n * size..(n + 1) * size]).to_string()
            };
            values[place] = (source, text);
        }
    }
    let event = |(offset, (source, text)): (i64, &(u16, String))| {
        let place = Place { source: *source, partition: 0, offset };
        Event::new(Ticket::new(0, 0), place, None, Some(text.as_bytes()))
    };
    let events: Vec<Event> = (0..).zip(&values).map(event).collect();
    let mut frame = Vec::new();
    write_frame(&mut frame, Kind::Batch, 7, &encode_batch(&events, &Encoding { dense: true, ..Encoding::default() }))
        .expect("written");
    assert_eq!(frame, bytes);
}

fn nested(axes: &[usize], values: &[Value]) -> Value {
    match axes {
        [] => values[0].clone(),
        [length, rest @ ..] => values.chunks(values.len() / length).map(|part| nested(rest, part)).collect(),
    }
}

#[test]
fn values_that_are_wanted_are_asked_for_as_the_fixture_has_it() {
    let (bytes, description) = fixture("batch_asked");
    let event = |(offset, text): (i64, &Value)| {
        let place = Place { source: 0, partition: 0, offset };
        Event::new(Ticket::new(0, 0), place, None, Some(text.as_str().expect("text").as_bytes()))
    };
    let events: Vec<Event> =
        (0..).zip(description["groups"][0]["events"].as_array().expect("events")).map(event).collect();
    let mut payload = encode_batch(&events, &Encoding::default());
    let asked = description["asked"].as_array().expect("places").iter();
    let asked: Vec<u32> = asked.map(|place| u32::try_from(place.as_u64().expect("a place")).expect("small")).collect();
    ask_for_values(&mut payload, &asked);
    let mut frame = Vec::new();
    write_frame(&mut frame, Kind::Batch, 7, &payload).expect("written");
    assert_eq!(frame, bytes);
}

#[test]
fn what_events_had_after_each_step_is_read_from_the_fixture() {
    let (bytes, description) = fixture("values");
    let frame = read_frame(&mut bytes.as_slice()).expect("a frame").expect("not the end");
    assert_eq!((frame.kind, frame.id), (Kind::Values, description["id"].as_u64().expect("an id")));
    let values = Values::parse(&frame.payload).expect("well formed");
    for event in description["message"]["events"].as_array().expect("events") {
        let steps = values.at(usize::try_from(event["place"].as_u64().expect("a place")).expect("small"));
        let said = event["steps"].as_array().expect("steps");
        assert_eq!(steps.len(), said.len());
        for (step, said) in steps.iter().zip(said) {
            assert_eq!((Some(step.step), step.value.as_deref()), (said["step"].as_str(), said["value"].as_str()));
            assert_eq!(step.took, said["nanoseconds"].as_u64().map(Duration::from_nanos));
        }
    }
}

#[test]
fn the_result_of_one_event_of_many_has_its_place() {
    let (answer, description) = answer("result_singly");
    assert_eq!(description["first"], 5);
    assert_eq!(answer.outcome(0), Outcome::Prediction(Prediction::Json(b"[1, 2]")));
}

#[test]
fn why_a_worker_ends_is_read_from_the_fixture() {
    let (bytes, description) = fixture("ending");
    let frame = read_frame(&mut bytes.as_slice()).expect("a frame").expect("not the end");
    assert_eq!(frame.kind, Kind::Ending);
    let ending: Ending = serde_json::from_slice(&frame.payload).expect("its form");
    assert_eq!(description["message"]["why"], ending.why);
}

#[test]
fn what_hooks_have_counted_is_read_from_the_fixture() {
    let (bytes, description) = fixture("metrics");
    let frame = read_frame(&mut bytes.as_slice()).expect("a frame").expect("not the end");
    assert_eq!(frame.kind, Kind::Metrics);
    let Counted { metrics } = serde_json::from_slice(&frame.payload).expect("its form");
    let kinds = [CountedKind::Counter, CountedKind::Gauge, CountedKind::Histogram];
    let described = description["message"]["metrics"].as_array().expect("metrics");
    assert_eq!((metrics.len(), described.len()), (3, 3));
    for ((metric, kind), expected) in metrics.iter().zip(kinds).zip(described) {
        assert_eq!(
            (metric.shape.kind, json!(metric.name), json!(metric.help)),
            (kind, expected["name"].clone(), expected["help"].clone())
        );
        assert_eq!(json!(metric.shape.labels), expected["labels"]);
        let bounds = expected.get("bounds").cloned().unwrap_or_else(|| json!([]));
        assert_eq!(json!(metric.shape.bounds), bounds);
        for (series, expected) in metric.series.iter().zip(expected["series"].as_array().expect("series")) {
            assert_eq!(
                (json!(series.labels), json!(series.value)),
                (expected["labels"].clone(), expected["value"].clone())
            );
            let counts = expected.get("counts").cloned().unwrap_or_else(|| json!([]));
            assert_eq!(json!(series.counts), counts);
        }
    }
}

#[test]
fn items_of_every_status_are_read_from_the_fixture() {
    let (answer, description) = answer("result_items");
    for (n, item) in description["items"].as_array().expect("items").iter().enumerate() {
        let bytes = item["bytes"].as_str().expect("text").as_bytes();
        let expected = match item["status"].as_u64().expect("a status") {
            0 => Outcome::Output(bytes),
            1 => Outcome::Prediction(Prediction::Json(bytes)),
            2 => Outcome::Skipped(Step::from_name(bytes).expect("a step")),
            5 => Outcome::Prediction(Prediction::Float(2.0)),
            _ => Outcome::Failed(Failure {
                location: Some("hooks.py:12".into()),
                ..Failure::new("predict", "ValueError", "no such fruit")
            }),
        };
        assert_eq!(answer.outcome(n), expected);
    }
}

#[test]
fn numbers_and_booleans_are_read_from_the_fixtures() {
    for name in ["result_int64", "result_float64", "result_bool"] {
        let (answer, description) = answer(name);
        for (n, value) in description["values"].as_array().expect("values").iter().enumerate() {
            match answer.outcome(n) {
                Outcome::Prediction(Prediction::Integer(read)) => assert_eq!(value.as_i64(), Some(read)),
                Outcome::Prediction(Prediction::Boolean(read)) => assert_eq!(value.as_bool(), Some(read)),
                Outcome::Prediction(Prediction::Float(read)) => {
                    let expected = value.as_f64().or_else(|| value.as_str()?.parse().ok()).expect("a float");
                    assert!(
                        read.total_cmp(&expected).is_eq() || (read.is_nan() && expected.is_nan()),
                        "{read} {expected}"
                    );
                }
                other => panic!("{name}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_frame_that_is_cut_or_too_long_or_of_an_unknown_kind_is_an_error() {
    let (bytes, _) = fixture("result_items");
    assert!(read_frame(&mut &bytes[..0]).expect("the end between frames").is_none());
    for end in 1..bytes.len() {
        assert!(read_frame(&mut &bytes[..end]).is_err(), "cut after {end}");
    }
    assert!(read_frame(&mut [0xff; 13].as_slice()).is_err());
    assert!(read_frame(&mut [9, 0, 0, 0, 99, 0, 0, 0, 0, 0, 0, 0, 0].as_slice()).is_err());
}

#[test]
fn a_result_that_lies_about_its_items_is_refused() {
    let (bytes, _) = fixture("result_items");
    let payload = &bytes[13..];
    for end in 0..payload.len() {
        assert!(Answer::parse(payload[..end].to_vec()).is_err(), "cut after {end}");
    }
    let mut longer = payload.to_vec();
    longer.push(0);
    assert!(Answer::parse(longer).is_err());
}

#[test]
fn a_result_that_spent_more_time_in_its_steps_than_in_all_is_refused() {
    let with = |steps: [u64; 2]| {
        let mut payload = one_item(0, b"x");
        payload[8..16].copy_from_slice(&7_u64.to_le_bytes());
        for (step, nanoseconds) in steps.into_iter().enumerate() {
            payload[16 + 8 * step..24 + 8 * step].copy_from_slice(&nanoseconds.to_le_bytes());
        }
        Answer::parse(payload)
            .map(|answer| answer.took.steps.map(|took| took.as_nanos()))
            .map_err(|error| error.to_string())
    };
    assert_eq!(with([3, 4]), Ok([3, 4, 0, 0, 0]));
    for steps in [[8, 0], [4, 4], [u64::MAX, 2], [u64::MAX, u64::MAX]] {
        assert!(with(steps).is_err_and(|error| error.contains("more time in its steps")), "{steps:?}");
    }
}

/// A result of one item in form `items`.
fn one_item(status: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).expect("short").to_le_bytes();
    [[0; 4].as_slice(), &1_u32.to_le_bytes(), &[0; 48], &[0, status], &length, bytes].concat()
}

#[test]
fn an_event_that_was_skipped_comes_with_its_step() {
    for (name, step) in
        [("pre_transform", Step::PreTransform), ("predict", Step::Predict), ("post_transform", Step::PostTransform)]
    {
        let answer = Answer::parse(one_item(2, name.as_bytes())).expect("well formed");
        assert_eq!(answer.outcome(0), Outcome::Skipped(step));
    }
}

#[test]
fn a_result_with_an_event_whose_fate_nobody_could_tell_is_refused() {
    for (status, bytes) in
        [(2, "".as_bytes()), (2, b"decode"), (2, b"predict "), (5, b"x"), (5, b"9 bytes ."), (6, b""), (255, b"")]
    {
        let refused = Answer::parse(one_item(status, bytes)).expect_err("refused").to_string();
        assert!(refused.contains("an event"), "{refused}");
    }
}
