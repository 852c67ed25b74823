//! Where a new consumer group starts.

use super::{broker::left_out, model::model, scene::Scene, stream::value};

#[test]
fn a_new_group_starts_at_the_end_says_so_and_skips_nothing_from_then_on_even_if_it_is_killed_before_it_scores() {
    if left_out() {
        return;
    }
    let scene = Scene::new("start").topics(2).impatient();
    scene.produce(&["[1, 1]", "[2, 2]"]);
    let mut service = scene.serve();
    let line = service.wait_for_line("reading starts at the end, after the 2 events that are there");
    assert!(line.contains("start_from: beginning"), "{line}");
    service.wait_for_line("waiting for a model");
    assert_eq!((scene.committed(0), scene.committed(1)), (Some(2), Some(0)));
    scene.produce(&["[3, 3]", "[4, 4]"]);
    service.signal("KILL");
    assert!(!service.wait().success());

    scene.produce(&["[5, 5]"]);
    scene.publish(&model("proba"));
    let mut service = scene.serve();
    let outputs = scene.reader().read_until(|read| read.len() >= 3);
    assert_eq!(outputs.iter().map(value).collect::<Vec<_>>(), ["[[3, 3],true]", "[[4, 4],true]", "[[5, 5],true]"]);
    service.stop();
    // Nor does it say what only the client itself would want to know.
    for not_said in ["reading starts at", "reached end of partition", "is a consumer property"] {
        assert!(!service.lines().iter().any(|line| line.contains(not_said)), "{not_said}");
    }
}
