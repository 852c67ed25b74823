//! `on_error: stop`: the service ends at the first event that fails.

use super::{
    broker::left_out,
    model::model,
    stage::Stage,
    stream::{Reader, value},
};

#[test]
fn with_on_error_stop_what_is_before_the_bad_event_is_committed_and_the_next_start_goes_on_exactly_there() {
    if left_out() {
        return;
    }
    let stop = ("    sinks: [NAME-predict]\n", "    sinks: [NAME-predict]\n    on_error: stop\n");
    let stage = Stage::new("stop-on-error", 1, 1).edit(stop.0, stop.1);
    let bad = 500;
    let events: Vec<String> =
        (0..1000).map(|n| if n == bad { "not json".to_owned() } else { format!("[{n}, 0.25]") }).collect();
    stage.produce(&events.iter().map(String::as_str).collect::<Vec<_>>());
    stage.publish(&model("proba"));
    let mut service = stage.serve();
    assert_eq!(service.wait().code(), Some(1));
    service.wait_for_line(&format!("stopping at {}/0/{bad}: step decode: ", stage.topic("data")));
    assert_eq!(stage.committed(0), i64::try_from(bad).ok());
    let reader = Reader::new(&stage.broker, &stage.topic("predict"));
    let mut outputs = reader.read_until(|read| read.len() >= bad);

    let stage = stage.edit("    on_error: stop\n", "");
    let mut service = stage.serve();
    outputs.extend(reader.read_until(|read| read.len() >= 499));
    service.stop();
    service.wait_for_line(&format!("skipped {}/0/{bad}: step decode: ", stage.topic("data")));
    let expected: Vec<String> = (0..1000).filter(|n| *n != bad).map(|n| format!("[[{n}, 0.25],{}]", n > 0)).collect();
    assert_eq!(outputs.iter().map(value).collect::<Vec<_>>(), expected);
}
