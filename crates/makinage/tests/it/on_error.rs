//! `on_error: stop`: the service ends at the first event that fails.

use super::{broker::left_out, model::model, scene::Scene, stream::value};

#[test]
fn with_on_error_stop_what_is_before_the_bad_event_is_committed_and_the_next_start_goes_on_exactly_there() {
    if left_out() {
        return;
    }
    let scene =
        Scene::new("stop-on-error").topics(1).reading_from_the_beginning().set("operators.serve.on_error", "stop");
    let bad = 500;
    let events: Vec<String> =
        (0..1000).map(|n| if n == bad { "not json".to_owned() } else { format!("[{n}, 0.25]") }).collect();
    scene.produce(&events);
    scene.publish(&model("proba"));
    let mut service = scene.serve();
    assert_eq!(service.wait().code(), Some(1));
    service.wait_for_line(&format!("stopping at {}/0/{bad}: step decode: ", scene.topic("data")));
    assert_eq!(scene.committed(0), i64::try_from(bad).ok());
    let reader = scene.reader();
    let mut outputs = reader.read_until(|read| read.len() >= bad);

    let scene = scene.without("operators.serve.on_error");
    let mut service = scene.serve();
    outputs.extend(reader.read_until(|read| read.len() >= 499));
    service.stop();
    service.wait_for_line(&format!("skipped {}/0/{bad}: step decode: ", scene.topic("data")));
    let expected: Vec<String> = (0..1000).filter(|n| *n != bad).map(|n| format!("[[{n}, 0.25],{}]", n > 0)).collect();
    assert_eq!(outputs.iter().map(value).collect::<Vec<_>>(), expected);
}
