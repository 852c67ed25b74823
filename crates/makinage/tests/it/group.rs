//! Instances of one consumer group that come and go.

use super::{
    broker::{Broker, left_out},
    flow::{Flow, Oracle},
    scene::Scene,
    service::DEADLINE,
};

#[test]
fn instances_that_join_and_leave_under_a_flowing_load_lose_nothing_repeat_nothing_and_keep_order() {
    if left_out() {
        return;
    }
    let broker = Broker::shared();
    let scene = Scene::set("group", &broker, 4);
    let (reader, mut oracle) = (scene.reader(&broker), Oracle::default());
    let mut first = scene.serve(&broker);
    first.wait_for_line("assigned");
    let flow = Flow::start(&broker, &scene, 4);
    oracle.watch(&reader, 1);
    let mut second = scene.serve(&broker);
    first.wait_for_line("revoked");
    second.wait_for_line("takes over");
    oracle.watch(&reader, 2000);
    let logged = second.logged();
    first.stop();
    second.wait_for_line_after(logged, "assigned", DEADLINE);
    let mut third = scene.serve(&broker);
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
