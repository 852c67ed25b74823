//! Instances of one consumer group that come and go.

use super::{
    broker::left_out,
    flow::{Flow, Oracle},
    model::any_model,
    scene::Scene,
    service::DEADLINE,
};

#[test]
fn instances_that_join_and_leave_under_a_flowing_load_lose_nothing_repeat_nothing_and_keep_order() {
    if left_out() {
        return;
    }
    let scene = Scene::new("group").topics(4).published(any_model());
    let (reader, mut oracle) = (scene.reader(), Oracle::default());
    let mut first = scene.serve().assigned();
    let flow = Flow::start(&scene, 4);
    oracle.watch(&reader, 1);
    let mut second = scene.serve();
    first.wait_for_line("revoked");
    second.wait_for_line("takes over");
    oracle.watch(&reader, 2000);
    let logged = second.logged();
    first.stop();
    second.wait_for_line_after(logged, "assigned", DEADLINE);
    let mut third = scene.serve();
    second.wait_for_line_after(logged, "revoked", DEADLINE);
    // In the middle of the rebalance that the other's joining began.
    second.stop();
    third.wait_for_line("takes over");
    oracle.watch(&reader, 2000);
    let each = flow.stop();
    oracle.read_all(&reader, each);
    third.stop();
    oracle.assert_nothing_twice(&reader);
}
