//! Where a new consumer group starts.

use super::{
    broker::left_out,
    model::model,
    stage::Stage,
    stream::{Reader, value},
};

#[test]
fn a_new_group_starts_at_the_end_says_so_and_skips_nothing_from_then_on_even_if_it_is_killed_before_it_scores() {
    if left_out() {
        return;
    }
    let stage = Stage::new("start", 2, 2).edit(", start_from: beginning", "");
    stage.produce(&["[1, 1]", "[2, 2]"]);
    let mut service = stage.serve();
    let line = service.wait_for_line("reading starts at the end, after the 2 events that are there");
    assert!(line.contains("start_from: beginning"), "{line}");
    service.wait_for_line("assigned");
    assert_eq!((stage.committed(0), stage.committed(1)), (Some(2), Some(0)));
    stage.produce(&["[3, 3]", "[4, 4]"]);
    service.signal("KILL");
    assert!(!service.wait().success());

    stage.produce(&["[5, 5]"]);
    stage.publish(&model("proba"));
    let mut service = stage.serve();
    let outputs = Reader::new(&stage.broker, &stage.topic("predict")).read_until(|read| read.len() >= 3);
    assert_eq!(outputs.iter().map(value).collect::<Vec<_>>(), ["[[3, 3],true]", "[[4, 4],true]", "[[5, 5],true]"]);
    service.stop();
    // Nor does it say what only the client itself would want to know.
    for not_said in ["reading starts at", "reached end of partition", "is a consumer property"] {
        assert!(!service.lines().iter().any(|line| line.contains(not_said)), "{not_said}");
    }
}
