//! Outputs against a limit of the sink topic that the service does not know.

use std::collections::BTreeSet;

use super::{broker::left_out, model::model, scene::Scene, stream::value};

#[test]
fn when_the_sink_takes_less_than_it_said_only_the_output_that_is_too_large_is_skipped_and_none_of_its_neighbours() {
    if left_out() {
        return;
    }
    let scene = Scene::new("lowered").topics(1).published(&model("proba"));
    let mut service = scene.serve();
    service.wait_for_line("takes over");
    scene.set_topic("predict", ("max.message.bytes", "2000"));
    // One of about 4000 bytes, as wide as no other, among many small ones.
    let (count, large) = (600, 300);
    let wide = format!("[{}]", vec!["1"; 2000].join(","));
    let event = |n| if n == large { wide.clone() } else { format!("[{n},0.25]") };
    let events: Vec<String> = (0..count).map(event).collect();
    scene.produce(&events);
    let reader = scene.reader();
    let mut distinct = BTreeSet::new();
    reader.read_until(|read| {
        distinct.extend(read.last().map(value));
        distinct.len() == count - 1
    });
    let expected: BTreeSet<_> = (0..count).filter(|n| *n != large).map(|n| format!("[[{n},0.25],{}]", n > 0)).collect();
    assert_eq!(distinct, expected);
    service.wait_for_line(&format!("skipped {}/0/{large}: step produce: Refused", scene.topic("data")));
    service.stop();
    assert_eq!(scene.committed(0), i64::try_from(count).ok());
    let skipped = service.lines().iter().filter(|line| line.contains("skipped ")).count();
    assert_eq!(skipped, 1);
}
