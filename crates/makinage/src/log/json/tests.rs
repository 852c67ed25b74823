use serde_json::{Value, json};
use tracing::{Level, subscriber::with_default};
use tracing_subscriber::fmt;

use super::{Json, line};
use crate::logged::Log;

/// The lines, less their times, which are looked at.
fn objects(text: &str) -> Vec<Value> {
    let objects = text.lines().map(|line| {
        let mut object: Value = serde_json::from_str(line).expect("a JSON object a line");
        let time = object.as_object_mut().and_then(|object| object.remove("timestamp")).expect("its time");
        let time = time.as_str().expect("a text");
        assert!(humantime::parse_rfc3339(time).is_ok(), "{time}");
        object
    });
    objects.collect()
}

fn said(say: impl FnOnce()) -> Vec<Value> {
    let log = Log::default();
    let writer = log.clone();
    with_default(fmt().event_format(Json).with_writer(move || writer.clone()).finish(), say);
    objects(&log.text())
}

#[test]
fn a_line_has_its_code_and_its_coordinates_each_as_what_it_is() {
    let lines = said(|| {
        tracing::warn!(
            code = "E003",
            topic = "data",
            partition = 3,
            offset = i64::MAX,
            "skipped data/3/7: \"odd\"\n\x1b[31m"
        );
        tracing::info!("nothing more");
    });
    assert_eq!(
        lines,
        [
            json!({"level": "warn", "code": "E003", "message": "skipped data/3/7: \"odd\"\n\x1b[31m",
                   "topic": "data", "partition": 3, "offset": i64::MAX}),
            json!({"level": "info", "message": "nothing more"}),
        ]
    );
}

#[test]
fn a_worker_s_name_is_a_field_and_not_in_its_words_as_well() {
    let name = "worker 1.0";
    let lines = said(|| tracing::info!(worker = name, "{name}: loaded: worker 1.0: yes"));
    assert_eq!(lines, [json!({"level": "info", "message": "loaded: worker 1.0: yes", "worker": name})]);
}

#[test]
fn what_is_told_before_there_is_a_log_has_the_same_form() {
    let object = line(Level::ERROR, Some("C006"), "a.yaml: line 3".to_owned());
    assert_eq!(objects(&object), [json!({"level": "error", "code": "C006", "message": "a.yaml: line 3"})]);
    let keys = ["{\"timestamp\":", "\"level\":", "\"code\":", "\"message\":"].map(|key| object.find(key));
    assert!(keys.is_sorted() && keys[0] == Some(0), "{object}");
}

#[test]
fn nothing_in_a_line_moves_a_terminal_s_cursor() {
    let object = line(Level::WARN, Some("W012"), "C1 \u{9b}31m, DEL \u{7f}, é".to_owned());
    assert!(object.contains("C1 \\u009b31m, DEL \\u007f, é"), "{object}");
    assert_eq!(objects(&object), [json!({"level": "warn", "code": "W012", "message": "C1 \u{9b}31m, DEL \u{7f}, é"})]);
}
